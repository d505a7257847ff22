# SPDX-License-Identifier: Apache-2.0
"""What a list must know of the things in it: which attributes clients see, and where in the database these are kept."""

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
    """What a list shows, such as the resources of a collection; `url` is that of the list.

    `root` is where in a row the paths of sort keys begin.
    """

    @property
    def url(self) -> str: ...

    @property
    def attributes(self) -> Attribute: ...

    @property
    def root(self) -> Path: ...

    def to_view(self, id: str, document: dict[str, Any]) -> dict[str, Any]:
        """What a client sees of the row with this id that holds `document`."""

    def place(self, path: Path) -> Path:
        """Where in a row the attribute at a shown path is; of an address, where the id in it is."""

    def readings(self, path: Path) -> list[Reading]:
        """Where in a row the value at a shown path is, when it is not always at its `place`; else none."""

    def id_extractor(self, path: Path) -> Callable[[str], str | None] | None:
        """What finds the id in an address at the shown `path`, where the id is kept instead; None elsewhere."""

    def state(self, path: Path) -> Path | None:
        """Where in a row the state at the shown `path` is in lower case, beside its text; None for what is no state.

        Rows of former releases have none.
        """

    def stored_text(self, path: Path, text: str) -> str:
        """How the `text` of a filter on the shown `path` is spelt in the database."""


class Rows(Protocol):
    """Where the rows of a list are found, such as a `Repository`."""

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
