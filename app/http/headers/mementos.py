# SPDX-License-Identifier: Apache-2.0
"""Mementos (RFC 7089): the parameter `at`, and the headers of a former state."""

from collections.abc import Mapping
from datetime import datetime

from app.domain import dates
from app.domain.identifiers import Revision
from app.domain.query.matching import moment
from app.errors import InvalidQuery, shorten
from app.http.server.clock import http_date
from app.resources.history import AT, address

EXAMPLE = "2024-05-01T10:00:00Z"


def requested_instant(controls: Mapping[str, str]) -> datetime | None:
    """The instant that `at` names; None when the client asks for the present.

    Raises `InvalidQuery` for what is no date-time, and for an instant in the future.
    """
    if AT not in controls:
        return None
    text = controls[AT]
    try:
        at = dates.instant(moment(text))
    except ValueError as wrong:
        raise InvalidQuery(f"'{AT}' is '{shorten(text, 60)}', {wrong}; write a date-time like {EXAMPLE}") from None
    if at > dates.now():
        raise InvalidQuery(f"'{AT}' lies in the future: {shorten(text, 60)}; ask for an instant that has passed")
    return at


def memento(edition: Revision, href: str) -> dict[str, str]:
    """The headers of a former state of the resource at `href`: when it began, its own URL, and the original one."""
    if edition.last_modified is None:
        return {"Link": f'<{href}>; rel="original"'}
    return {
        "Memento-Datetime": http_date(edition.changed),
        "Content-Location": address(href, edition.changed),
        "Link": f'<{href}>; rel="original"',
    }
