# SPDX-License-Identifier: Apache-2.0
"""E-mail addresses of parties, looked up without regard to case by an index with a collation."""

from collections.abc import Iterable

from pymongo import ASCENDING, IndexModel
from pymongo.collation import Collation, CollationStrength

from app.domain.events import lower_camel
from app.storage.documents.filters import field
from app.storage.documents.indexes import MAIL_INDEX
from app.storage.mongod.durable import Database, durable
from app.storage.mongod.failures import as_tmf_errors

_ANY_CASE = Collation("en", strength=CollationStrength.SECONDARY)
_ADDRESS = field(("contactMedium", "emailAddress"))
MOST = 20
"""Documents with one address that are looked at; with two of them nobody is found already."""


class MailAddresses:
    """The addresses among the contact media of the documents in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def prepare(self, resources: Iterable[str]) -> None:
        """Create the indexes. Only who receives mail needs them, so nobody else's writes carry them."""
        index = IndexModel([(_ADDRESS, ASCENDING)], name=MAIL_INDEX, collation=_ANY_CASE)
        with as_tmf_errors():
            for resource in resources:
                await durable(self._database, lower_camel(resource)).create_indexes([index])

    async def ids(self, resource: str, address: str) -> list[str]:
        """The ids of the documents of a resource that have an address, in whatever case it is."""
        found = durable(self._database, lower_camel(resource)).find(
            {_ADDRESS: {"$eq": address}}, {"_id": True}, collation=_ANY_CASE, limit=MOST
        )
        with as_tmf_errors():
            return [row["_id"] async for row in found]
