# SPDX-License-Identifier: Apache-2.0
"""Preconditions of requests on the present revision of a resource (RFC 9110 §13, conditional requests)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from app.domain.identifiers import Revision
from app.domain.query.selection import Selection
from app.errors import InvalidHeader, PreconditionFailed, PreconditionRequired, shorten
from app.http.messages import Request

Tags = tuple[str, ...]

_HEADERS = frozenset({b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since"})
_ANY: Tags = ("*",)
_TAG = re.compile(r'[ \t,]*((?:W/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,[ \t,]*|\Z)')
_DATES = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
"""The formats of an HTTP date (RFC 9110 §5.6.7): the present one, and two obsolete ones."""

_MISSED = "The resource is not, or no longer, the one that If-Match names; read it again and send its ETag"
_CHANGED = "The resource was changed after the If-Unmodified-Since date; read it again and send its ETag as If-Match"
_KNOWN = "The resource is one that If-None-Match rules out; leave the header out, or send the ETag as If-Match"
_UNCONDITIONAL = "PATCH and DELETE need an If-Match header; GET the resource and send its ETag as If-Match"


@dataclass(frozen=True)
class Preconditions:
    """The conditional headers of a request; None where it has not sent one."""

    match: Tags | None
    none_match: Tags | None
    modified_since: datetime | None
    unmodified_since: datetime | None

    @classmethod
    def of(cls, request: Request) -> "Preconditions":
        """Parse the conditional headers; malformed dates are ignored. Raises `InvalidHeader` for entity tags."""
        if _HEADERS.isdisjoint(request.headers):
            return _NONE
        return cls(
            match=_tags(request, "If-Match"),
            none_match=_tags(request, "If-None-Match"),
            modified_since=_date(request, "If-Modified-Since"),
            unmodified_since=_date(request, "If-Unmodified-Since"),
        )

    def require(self, edition: Revision) -> None:
        """Raise `PreconditionFailed` when `If-Match` or `If-Unmodified-Since` does not hold on the present revision."""
        if self.match is not None:
            _require(_names(self.match, edition), edition, _MISSED)
        elif self.unmodified_since is not None and (modified := edition.last_modified) is not None:
            _require(_second(modified) <= self.unmodified_since, edition, _CHANGED)

    def require_match(self) -> None:
        """Raise `PreconditionRequired` (428, RFC 6585) for a request without `If-Match`."""
        if self.match is None:
            raise PreconditionRequired(_UNCONDITIONAL)

    def require_for_write(self, edition: Revision, *, explicit: bool) -> None:
        """As `require`, for a write: `If-None-Match` must not name the present revision either.

        With `explicit`, `If-Match` is mandatory.
        """
        if explicit:
            self.require_match()
        self.require(edition)
        if self.none_match is not None:
            _require(not _names(map(_strong, self.none_match), edition), edition, _KNOWN)

    def is_not_modified(self, edition: Revision, selection: Selection | None) -> bool:
        """Whether the client has the present representation of `selection` already, so that the answer is 304."""
        if self.none_match is not None:
            return self.none_match == _ANY or edition.tag(selection) in map(_strong, self.none_match)
        modified = edition.last_modified
        return self.modified_since is not None and modified is not None and _second(modified) <= self.modified_since


_NONE = Preconditions(match=None, none_match=None, modified_since=None, unmodified_since=None)


def _require(holds: bool, edition: Revision, message: str) -> None:
    if not holds:
        raise PreconditionFailed(message, {"ETag": edition.tag()})


def _names(tags: Iterable[str], edition: Revision) -> bool:
    return any(tag in _ANY or edition.is_named_by(tag) for tag in tags)


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _strong(tag: str) -> str:
    """An entity tag for weak comparison: without `W/` (RFC 9110 §8.8.3.2)."""
    return tag.removeprefix("W/")


def _tags(request: Request, name: str) -> Tags | None:
    header = request.find_header(name.lower().encode())
    if header is None:
        return None
    if header.strip() == "*":
        return _ANY
    tags: list[str] = []
    end = 0
    while end < len(header) or not tags:
        match = _TAG.match(header, end)
        if match is None:
            raise InvalidHeader(f"{name} must be * or a list of quoted entity tags, not {shorten(header, 60)}")
        tags.append(match[1])
        end = match.end()
    return tuple(tags)


def _date(request: Request, name: str) -> datetime | None:
    header = request.header(name.lower().encode()).strip()
    for form in _DATES if header else ():
        try:
            return datetime.strptime(header, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
