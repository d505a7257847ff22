# SPDX-License-Identifier: Apache-2.0
"""Delete guards (referential integrity): refuse the deletion of a document that others need while they live."""

from dataclasses import dataclass
from typing import Protocol

from app.domain.nested_keys import split_key
from app.domain.rules import Dependent, Lifecycle
from app.errors import Conflict
from app.storage.documents.repository import Repository
from app.storage.mongod.driver import Session

MOST_DEPENDENTS = 1000
"""Dependent documents that are read at most."""


class Guard(Protocol):
    """The interface of a check before a deletion."""

    async def refuse_while_alive(self, needed: str, id: str, session: Session) -> None: ...


@dataclass(frozen=True)
class NestedGuard:
    """The resources called `name` within the one that is to be deleted: nobody could find them without it."""

    name: str
    documents: Repository

    async def refuse_while_alive(self, needed: str, id: str, session: Session) -> None:
        """Raise `Conflict` naming one that there is, in whatever state.

        It looks in the transaction of `session`, which deletes the `needed` (a resource's name) with this id.
        """
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

    async def refuse_while_alive(self, needed: str, id: str, session: Session) -> None:
        """Raise `Conflict` naming a live document that needs the `needed` (a resource's name) with this id.

        It reads in the transaction of `session`, which deletes that.
        """
        state, path = [self.lifecycle.field] if self.lifecycle.field else [], self.dependence.path
        for dependent in await self.documents.naming(path, id, MOST_DEPENDENTS, state, session):
            if not self.lifecycle.is_over(dependent.document):
                name = f"{self.dependence.resource} {dependent.id}"
                raise Conflict(f"{needed} {id} is needed by the {name}; delete or end that first")
