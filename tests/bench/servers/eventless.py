# SPDX-License-Identifier: Apache-2.0
"""Liaison with its events off, to see what they cost: nothing is announced with a write. Only for measuring."""

from collections.abc import Mapping, Set
from typing import Any

from bson import encode
from bson.raw_bson import RawBSONDocument

from app.composition.factory import create_app
from app.resources import create, engine
from app.storage.documents import repository
from app.storage.documents.rows import NO_KEYS, PLAIN, STATE, DerivedMembers


def _silent(*, revision: int, at: Any, **_: Any) -> dict[str, Any]:
    """The change that a write asks for, without what it would tell."""
    return {"revision": revision, "at": at}


def _unannounced(
    id: str,
    document: dict[str, Any],
    change: Mapping[str, Any],
    derived: DerivedMembers = PLAIN,
    shared: Set[str] = NO_KEYS,
    beside: Mapping[str, Any] | None = None,
) -> RawBSONDocument:
    """A new row, without what the relay would look for."""
    at = change["at"]
    row = {"_id": id, "revision": 1, "created": at, "changed": at, "document": RawBSONDocument(encode(document))}
    if isinstance(text := document.get(derived.state_field), str):
        row[STATE] = text.lower()
    row.update(beside or {})
    return RawBSONDocument(encode(row))


create.change = _silent  # type: ignore[attr-defined]
engine.change = _silent  # type: ignore[attr-defined]
repository.new_row = _unannounced  # type: ignore[attr-defined]
app = create_app()
