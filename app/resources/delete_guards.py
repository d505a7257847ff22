# SPDX-License-Identifier: Apache-2.0
"""Which documents need another one while they live, so that it must not be deleted (referential integrity)."""

from dataclasses import dataclass
from typing import Protocol

from app.domain.nested_keys import split_key
from app.domain.rules import Dependent, Lifecycle
from app.errors import Conflict
from app.storage.documents.repository import Repository
from app.storage.mongod.driver import Session

MOST_DEPENDENTS = 1000
"""How many documents that name the one to be deleted are looked at."""


class Guard(Protocol):
    """What may speak against a deletion."""

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
    """Documents that may need the one that is to be deleted, and how to tell which of them live."""

    dependence: Dependent
    documents: Repository
    lifecycle: Lifecycle

    async def refuse_while_alive(self, needed: str, id: str, session: Session) -> None:
        """Raise `Conflict` naming a live document that needs the `needed` (a resource's name) with this id.

        It looks in the transaction of `session`, which deletes that.
        """
        state, path = [self.lifecycle.field] if self.lifecycle.field else [], self.dependence.path
        for dependent in await self.documents.naming(path, id, MOST_DEPENDENTS, state, session):
            if not self.lifecycle.is_over(dependent.document):
                name = f"{self.dependence.resource} {dependent.id}"
                raise Conflict(f"{needed} {id} is needed by the {name}; delete or end that first")
