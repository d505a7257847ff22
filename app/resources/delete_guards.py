# SPDX-License-Identifier: Apache-2.0
"""Which documents need another one while they live, so that it must not be deleted (referential integrity)."""

from dataclasses import dataclass

from app.domain.rules import Dependent, Lifecycle
from app.errors import Conflict
from app.storage.documents.repository import Repository
from app.storage.mongod.driver import Session

MOST_DEPENDENTS = 1000
"""How many documents that name the one to be deleted are looked at."""


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
