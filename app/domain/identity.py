# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the identity that the body of a new resource claims: its class, and its id."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.violations import Violation
from app.errors import shorten

_FIT_FOR_URL = re.compile(r"(?!\.\.?\Z)[^\s/?#\x00-\x1f\x7f]{1,200}")


@dataclass(frozen=True)
class Identity:
    """Finds what is wrong with the `@type` and `id` of new resources of the class `name`.

    `foreign` are the classes that the API uses for something else. With `own_ids` a client may choose an id.
    """

    name: str
    foreign: Collection[str]
    own_ids: bool
    concerns = frozenset({"@type", "id"})

    def violations(self, body: Any) -> Iterator[Violation]:
        """See `app.domain.violations.Finds`."""
        if not isinstance(body, Mapping):
            return
        kind = body.get("@type")
        if isinstance(kind, str) and kind in self.foreign:
            message = f"'{shorten(kind, 60)}' does not belong into this collection; send '{self.name}' or a class of it"
            yield Violation("/@type", message, rule="collection")
        if self.own_ids:
            yield from unfit_id(body)


def unfit_id(body: Mapping[str, Any]) -> Iterator[Violation]:
    """The violation that the `id` of a body, if it has one, cannot be a segment of a URL path."""
    chosen = body.get("id")
    if chosen is not None and not (isinstance(chosen, str) and _FIT_FOR_URL.fullmatch(chosen)):
        message = "will not do; use 1 to 200 visible characters without '/', '?' and '#', not '.' or '..'"
        yield Violation("/id", f"'{shorten(chosen, 60)}' {message}", rule="id")
