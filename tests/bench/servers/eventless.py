"""Liaison with its events off, to see what they cost: nothing is announced with a write. Only for measuring."""

from collections.abc import Mapping
from typing import Any

from app import engine
from app.factory import create_app
from app.storage import repository

_envelope = repository._envelope


def _silent(*, revision: int, at: Any, **_: Any) -> dict[str, Any]:
    """The change that an engine asks for, without what it would tell."""
    return {"revision": revision, "at": at}


def _unannounced(id: str, document: dict[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """A new row, without what the relay would look for."""
    return {name: value for name, value in _envelope(id, document, change).items() if name != "pending"}


engine.change = _silent  # type: ignore[attr-defined]
repository._envelope = _unannounced
app = create_app()
