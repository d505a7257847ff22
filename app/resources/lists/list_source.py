# SPDX-License-Identifier: Apache-2.0
"""The interface of what can be listed: the attributes of its views, and how they map to rows."""

from collections.abc import Callable, Collection
from typing import Any, Protocol

from app.domain.mapping.reading import Reading
from app.domain.query.attributes import Attribute
from app.domain.query.cursor import Position
from app.domain.query.predicates import Path
from app.storage.documents.counting import Counting
from app.storage.documents.filters import Filter
from app.storage.documents.order import Order
from app.storage.documents.repository import Page


class ListSource(Protocol):
    """The items of a list at `url`, such as the resources of a collection.

    `root` is the path in a row from which the paths of sort keys begin.
    """

    @property
    def url(self) -> str: ...

    @property
    def attributes(self) -> Attribute: ...

    @property
    def root(self) -> Path: ...

    def to_view(self, id: str, document: dict[str, Any]) -> dict[str, Any]:
        """The view of the row with this id and `document`."""

    def place(self, path: Path) -> Path:
        """The path in a row of the attribute at a shown path; for a URL, that of the id in it."""

    def readings(self, path: Path) -> list[Reading]:
        """The places in a row where the value at a shown path may be; empty when it is always at its `place`."""

    def id_extractor(self, path: Path) -> Callable[[str], str | None] | None:
        """The function from a URL, at the shown `path`, to the id that is stored for it; None for other paths."""

    def state(self, path: Path) -> Path | None:
        """The path in a row of the state in lower case, if the shown `path` is that of the state; else None.

        Rows of earlier releases may lack it.
        """

    def stored_text(self, path: Path, text: str) -> str:
        """The stored spelling of the `text` of a filter on the shown `path`."""


class Rows(Protocol):
    """The interface of the collection that a list reads, such as `Repository`."""

    async def find(
        self,
        criteria: Filter,
        offset: int,
        limit: int,
        *,
        order: Order,
        behind: Position | None,
        attributes: Collection[str] | None,
        counting: Counting,
        most_bytes: int | None,
    ) -> Page: ...
