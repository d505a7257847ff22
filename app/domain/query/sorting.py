# SPDX-License-Identifier: Apache-2.0
"""Sorting (`sort`; TMF630 part 1): the sort keys of a list, and the direction of each."""

from dataclasses import dataclass

from app.domain.query.predicates import Path
from app.errors import InvalidQuery, shorten

MOST_KEYS = 8
"""Sort keys of a list at most."""

DEEPEST = 64
"""Names in the path of a sort key at most: as many as a body has levels; MongoDB's limit is 100."""

_NEVER_IN_A_NAME = frozenset("[](){}?*\0")


@dataclass(frozen=True)
class SortKey:
    """A sort key: the path of an attribute, and whether the order is descending."""

    path: Path
    descending: bool = False

    @property
    def name(self) -> str:
        """The path as clients write it."""
        return ".".join(self.path)


def parse_sort(text: str | None) -> tuple[SortKey, ...]:
    """The keys of a decoded `sort`, the most important first; none when it is missing or empty.

    `-name` is descending, `name` and `+name` ascending; a `+` that stood raw in the URL has become a blank. Raises
    `InvalidQuery` for what is no name, for the same name twice and for more than `MOST_KEYS`.
    """
    if text is None or not text.strip():
        return ()
    keys = tuple(_key(part.strip()) for part in text.split(","))
    paths = [key.path for key in keys]
    if twice := [key.name for key in keys if paths.count(key.path) > 1]:
        raise InvalidQuery(f"'{shorten(twice[0], 60)}' stands twice in 'sort'; name it once")
    if len(keys) > MOST_KEYS:
        raise InvalidQuery(f"'sort' names {len(keys)} attributes; {MOST_KEYS} are the most")
    return keys


def _key(part: str) -> SortKey:
    signed = part[:1] in ("-", "+")
    path = tuple(part[signed:].split("."))
    if len(path) > DEEPEST or any(_is_no_name(segment) for segment in path):
        raise InvalidQuery(f"'{shorten(part, 60)}' in 'sort' is no attribute; write names like '-status,name'")
    return SortKey(path, descending=part.startswith("-"))


def _is_no_name(segment: str) -> bool:
    return segment[:1] in ("", "$") or not _NEVER_IN_A_NAME.isdisjoint(segment)
