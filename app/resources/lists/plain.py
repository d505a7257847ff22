# SPDX-License-Identifier: Apache-2.0
"""Lists whose things are kept as they are shown: what their queries may ask is checked as for any other list."""

from collections.abc import Callable
from typing import Any

from app.domain.mapping.reading import Reading
from app.domain.query.attributes import Attribute
from app.domain.query.predicates import Path, Predicate
from app.domain.query.resolution import resolve
from app.resources.lists.filtering import filter_of


class Plain:
    """A list of things with these `attributes`."""

    root: Path = ()

    def __init__(self, attributes: Attribute, url: str = "") -> None:
        self.attributes = attributes
        self.url = url

    def resolve(self, predicate: Predicate) -> Predicate:
        """`predicate` as it is evaluated on these things. Raises what any list refuses it with."""
        filter_of(self, predicate)
        return resolve(predicate, self.attributes, self.version_text)

    def to_view(self, id: str, document: dict[str, Any]) -> dict[str, Any]:
        """The thing itself."""
        return {"id": id, **document}

    def place(self, path: Path) -> Path:
        """Where it is shown."""
        return path

    def readings(self, path: Path) -> list[Reading]:
        """Everything is where it is shown."""
        return []

    def id_extractor(self, path: Path) -> Callable[[str], str | None] | None:
        """Addresses are texts like others."""
        return None

    def state(self, path: Path) -> Path | None:
        """States are texts like others."""
        return None

    def stored_text(self, path: Path, text: str) -> str:
        """As clients write it."""
        return text

    def version_text(self, path: Path, text: str) -> str:
        """As clients write it."""
        return text
