# SPDX-License-Identifier: Apache-2.0
"""Lists of items that are stored as they are shown; queries are checked as for any other list."""

from collections.abc import Callable
from typing import Any

from app.domain.mapping.reading import Reading
from app.domain.query.attributes import Attribute
from app.domain.query.predicates import Path, Predicate
from app.domain.query.resolution import resolve
from app.resources.lists.filtering import filter_of


class Plain:
    """A list of items with these `attributes`."""

    root: Path = ()

    def __init__(self, attributes: Attribute, url: str = "") -> None:
        self.attributes = attributes
        self.url = url

    def resolve(self, predicate: Predicate) -> Predicate:
        """`predicate`, resolved by the attributes. Raises `InvalidQuery` and `NotSupported`."""
        filter_of(self, predicate)
        return resolve(predicate, self.attributes, self.version_text)

    def to_view(self, id: str, document: dict[str, Any]) -> dict[str, Any]:
        """The item itself."""
        return {"id": id, **document}

    def place(self, path: Path) -> Path:
        """The shown path itself."""
        return path

    def readings(self, path: Path) -> list[Reading]:
        """Empty: each value is at its shown path."""
        return []

    def id_extractor(self, path: Path) -> Callable[[str], str | None] | None:
        """None: URLs are texts like others."""
        return None

    def state(self, path: Path) -> Path | None:
        """None: states are texts like others."""
        return None

    def stored_text(self, path: Path, text: str) -> str:
        """As clients write it."""
        return text

    def version_text(self, path: Path, text: str) -> str:
        """As clients write it."""
        return text
