# SPDX-License-Identifier: Apache-2.0
"""Delete guards (referential integrity): refuse the deletion of a document that others need while they live."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.domain.nested_keys import split_key
from app.domain.rules import Dependent, Lifecycle
from app.errors import Conflict, shorten
from app.storage.documents.legal_holds import LegalHold, LegalHolds
from app.storage.documents.repository import Repository
from app.storage.documents.rows import StoredDocument
from app.storage.mongod.driver import Session

Document = dict[str, Any]

MOST_DEPENDENTS = 1000
"""Dependent documents that are read at most."""


class Guard(Protocol):
    """The interface of a check before a deletion."""

    async def refuse_while_alive(self, needed: str, stored: StoredDocument, session: Session) -> None: ...


@dataclass(frozen=True)
class NestedGuard:
    """The resources called `name` within the one that is to be deleted: nobody could find them without it."""

    name: str
    documents: Repository

    async def refuse_while_alive(self, needed: str, stored: StoredDocument, session: Session) -> None:
        """Raise `Conflict` naming one that there is, in whatever state.

        It looks in the transaction of `session`, which deletes the document `stored` of the resource `needed`.
        """
        id = stored.id
        if key := await self.documents.first_within(id, session):
            raise Conflict(
                f"{needed} {id} holds the {self.name} {split_key(key)[1]}; delete all {self.name} in it first"
            )


@dataclass(frozen=True)
class DeleteGuard:
    """The guard of a dependence: documents that may need the one to be deleted, and their lifecycle."""

    dependence: Dependent
    documents: Repository
    lifecycle: Lifecycle

    async def refuse_while_alive(self, needed: str, stored: StoredDocument, session: Session) -> None:
        """Raise `Conflict` naming a live document that needs the document `stored` of the resource `needed`.

        It reads in the transaction of `session`, which deletes that.
        """
        id = stored.id
        state, path = [self.lifecycle.field] if self.lifecycle.field else [], self.dependence.path
        for dependent in await self.documents.naming(path, id, MOST_DEPENDENTS, state, session):
            if not self.lifecycle.is_over(dependent.document):
                name = f"{self.dependence.resource} {dependent.id}"
                raise Conflict(f"{needed} {id} is needed by the {name}; delete or end that first")


@dataclass(frozen=True)
class HoldGuard:
    """The guard of legal holds: what is held stays, and stays whose it is, whatever references do."""

    holds: LegalHolds

    async def refuse_while_alive(self, needed: str, stored: StoredDocument, session: Session) -> None:
        """Raise `Conflict` naming a live hold on the document `stored` of the resource `needed`, or on its owners.

        It reads in the transaction of `session`, which deletes that.
        """
        if found := await self.holds.holds_on_document(needed, stored.id, stored.document, session):
            raise Conflict(f"{needed} {stored.id} is held by {describe_holds(found)}; it stays until that is released")

    async def refuse_escape(self, resource: str, before: StoredDocument, after: Document) -> None:
        """Raise `Conflict` for a change of owners by which a document would no longer belong to what is held."""
        held = await self.holds.holds_on_document(resource, before.id, before.document)
        kept = await self.holds.holds_on_document(resource, before.id, after) if held else []
        if lost := [hold for hold in held if hold not in kept]:
            names = self.holds.ownership.attributes(resource)
            message = f"the change would take it out of that; {' and '.join(sorted(names))} stay until it is released"
            raise Conflict(f"{resource} {before.id} is held by {describe_holds(lost)}; {message}")


def describe_holds(holds: Sequence[LegalHold]) -> str:
    """Legal holds in messages: the first of them, and how many more there are."""
    first, more = holds[0], f" and {len(holds) - 1} more" if len(holds) > 1 else ""
    return f"the {first.resource} {first.id} ({shorten(first.reason, 100)}){more}"
