# SPDX-License-Identifier: Apache-2.0
"""Paging (TMF630 part 1): `offset` and `limit`, status 206, `Content-Range` and `X-Total-Count`."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import InvalidQuery, shorten
from app.resources.lists.pages import ListPage

LARGEST_OFFSET = 2**31 - 1
LARGEST_LIMIT = 10**18 - 1
"""The largest number that is parsed; any limit above the maximum is lowered to that anyway."""


@dataclass(frozen=True)
class Paging:
    """The requested part of a list; `requested` is false when the client sent neither `offset` nor `limit`."""

    offset: int
    limit: int
    requested: bool

    def is_partial(self, page: ListPage) -> bool:
        """Whether the list has items that the answer has not, before or behind it.

        An empty page beyond the end is not partial.
        """
        return page.more or (self.offset > 0 and bool(page.items))

    def status(self, page: ListPage, partial: int = 206) -> int:
        """`partial` when the client asked for a part and got one, else 200 (TMF630 part 1, paging)."""
        return partial if self.requested and self.is_partial(page) else 200

    def headers(self, page: ListPage) -> dict[str, str]:
        """The headers with the total of the list, as far as it is known, and the range of the answer."""
        headers = {"X-Result-Count": str(len(page.items))}
        if page.total is not None:
            headers["X-Total-Count"] = str(page.total.number)
        if self.is_partial(page) and (page.items or page.total):
            headers["Content-Range"] = self._range(page)
        return headers

    def _range(self, page: ListPage) -> str:
        """The `Content-Range`: first and last item, counted from 1, and the total: `items 11-20/34`."""
        end = self.offset + len(page.items)
        # When others delete while a client pages, the total may be smaller than the offset.
        total = page.total.number if page.total is not None and page.total.number >= end else "*"
        return f"items {self.offset + 1}-{end}/{total}" if page.items else f"items */{total}"


def paging(controls: Mapping[str, str], default_limit: int, max_limit: int) -> Paging:
    """Parse `offset` and `limit`. A limit above `max_limit` is lowered to it. Raises `InvalidQuery` for no number."""
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
