# SPDX-License-Identifier: Apache-2.0
"""Where a server keeps its customers: what the measurements count, copy and wait for behind its back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import uuid4

from pymongo import ASCENDING, MongoClient

from app.storage.documents.rows import UNIQUE
from tests.bench import customer
from tests.waiting import eventually

Row = dict[str, Any]
Client = MongoClient[Row]

BATCH = 1000
SETTLE_SECONDS = 300.0
PENDING = {"pending": {"$exists": True}}
PENDING_INDEX = "pending"


@dataclass(frozen=True)
class Kept:
    """The collection of customers in one database; in each row they are `within` this attribute, or the row itself.

    `new_id` makes ids of the server's kind. With `announcing`, changes wait in the rows until a relay has logged them.
    """

    client: Client
    database: str
    new_id: Callable[[], Any]
    within: str = ""
    announcing: bool = False

    @property
    def rows(self) -> Any:
        """The collection."""
        return self.client[self.database]["customer"]

    @property
    def name(self) -> str:
        """Where in a row the customer's name is."""
        return f"{self.within}.name".lstrip(".")

    def index(self) -> None:
        """Create the index that a list by name needs."""
        self.rows.create_index([(self.name, ASCENDING), ("_id", ASCENDING)])

    def multiply(self, number: int) -> list[str]:
        """Copy the one row that is there, under other ids and names, and remove it; answers the ids."""
        original = self.rows.find_one({self.name: customer.CREATED})
        copies = self._copies(original, number)
        ids: list[str] = []
        while batch := list(islice(copies, BATCH)):
            ids += map(str, self.rows.insert_many(batch, ordered=False).inserted_ids)
        self.rows.delete_one({"_id": original["_id"]})
        return ids

    def created(self) -> int:
        """How many customers measurements have created."""
        return int(self.rows.count_documents({self.name: customer.CREATED}))

    def settle(self) -> None:
        """Wait until the relay has logged every change."""
        if self.announcing:
            eventually(lambda: not self.waiting(), "events are logged", SETTLE_SECONDS)

    def waiting(self) -> bool:
        """Whether a change is not logged yet."""
        return self.rows.find_one(PENDING, {"_id": 1}, hint=PENDING_INDEX) is not None

    def _copies(self, original: Row, number: int) -> Iterator[Row]:
        bare = {name: value for name, value in original.items() if name not in ("pending", UNIQUE)}
        for place in range(number):
            copy = {**bare, "_id": self.new_id()}
            if UNIQUE in original:  # As if each engaged a party of its own
                copy[UNIQUE] = [f"engagement:{uuid4().hex}"]
            named = {"name": customer.group(place)}
            yield {**copy, self.within: {**original[self.within], **named}} if self.within else {**copy, **named}
