# SPDX-License-Identifier: Apache-2.0
"""How much of a list an answer holds, and how it says so (TMF630 part 1, paging)."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import InvalidQuery, shorten
from app.resources.lists.pages import ListPage

LARGEST_OFFSET = 2**31 - 1
LARGEST_LIMIT = 10**18 - 1
"""A limit that is still taken for a number; each above the maximum comes to that."""


@dataclass(frozen=True)
class Paging:
    """The part of a list that a client asked for; `requested` is whether it asked for a part at all."""

    offset: int
    limit: int
    requested: bool

    def is_partial(self, page: ListPage) -> bool:
        """Whether the list has more than the answer, behind it or before.

        Past the end there is nothing to be part of: the empty list is complete.
        """
        return page.more or (self.offset > 0 and bool(page.items))

    def status(self, page: ListPage, partial: int = 206) -> int:
        """`partial` when the client asked for a part and got one, else 200 (TMF630 part 1, paging)."""
        return partial if self.requested and self.is_partial(page) else 200

    def headers(self, page: ListPage) -> dict[str, str]:
        """The headers that tell how long the list is, as far as that is known, and which part the answer holds."""
        headers = {"X-Result-Count": str(len(page.items))}
        if page.total is not None:
            headers["X-Total-Count"] = str(page.total.number)
        if self.is_partial(page) and (page.items or page.total):
            headers["Content-Range"] = self._range(page)
        return headers

    def _range(self, page: ListPage) -> str:
        """First and last item, counted from 1, and how many there are: `items 11-20/34`."""
        end = self.offset + len(page.items)
        # Where others delete while a client pages, fewer may be left than it has seen.
        total = page.total.number if page.total is not None and page.total.number >= end else "*"
        return f"items {self.offset + 1}-{end}/{total}" if page.items else f"items */{total}"


def paging(controls: Mapping[str, str], default_limit: int, max_limit: int) -> Paging:
    """Read `offset` and `limit`. A limit above the maximum is lowered to it; raises `InvalidQuery` for no number."""
    offset = _count(controls, "offset", 0, LARGEST_OFFSET, f" up to {LARGEST_OFFSET}")
    limit = _count(controls, "limit", default_limit, LARGEST_LIMIT, f"; {max_limit} is the most that is answered")
    return Paging(offset, min(limit, max_limit), requested="offset" in controls or "limit" in controls)


def _count(controls: Mapping[str, str], name: str, default: int, largest: int, bound: str) -> int:
    text = controls.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) > largest:
        raise InvalidQuery(f"'{name}' must be a whole number from 0{bound}, not '{shorten(text, 40)}'")
    return int(text)
