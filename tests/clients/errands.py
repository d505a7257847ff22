# SPDX-License-Identifier: Apache-2.0
"""What every generated client is to do: the errands of one resource of one document, and those of a topic's hub."""

import re
from dataclasses import dataclass

from tests.contract.documents import COLLECTIONS, DOCUMENTS, Collection, Document

CHANGED = {"Individual": "title", "Organization": "nameType", "Customer": "statusReason", "PartyRole": "statusReason"}
"""The attribute that a client gives a value, and takes away again, of resources where that is not `description`."""


@dataclass(frozen=True)
class Errand:
    """Create, read, list, patch and delete; each name as the document has it."""

    document: str
    resource: str
    path: str
    body: Document
    least: Document

    def __str__(self) -> str:
        return f"{self.document} {self.resource}"

    @property
    def attribute(self) -> str:
        """The attribute to change; a hub is not changed."""
        return CHANGED.get(self.resource, "description") if self.resource != HUB.resource else ""

    @property
    def patch(self) -> Document:
        """What a merge patch repeats: some generators demand in version 5 what tells classes apart."""
        return {"@type": self.resource} if self.document.endswith("-v5") and self.resource != "PartyInteraction" else {}

    def schema(self, view: str) -> str:
        """The name of a schema of the resource: what creates it (`_Create`), changes it, or is shown."""
        names = {"create": ("_FVO", "_Create"), "patch": ("_MVO", "_Update"), "shown": ("_Representation", "")}[view]
        declared = DOCUMENTS[self.document]["components"]["schemas"]
        return next(self.resource + suffix for suffix in names if self.resource + suffix in declared)


def _errand(collection: Collection) -> Errand:
    return Errand(
        collection.document,
        collection.resource,
        collection.template,
        collection.creates["full"],
        collection.creates["minimal"],
    )


ERRANDS = [_errand(collection) for collection in COLLECTIONS]
TOPIC = "customer-v4"
LISTENER = {"callback": "https://127.0.0.1/events"}
HUB = Errand("event-v4", "Hub", "/topic/{topicId}/hub", LISTENER, LISTENER)
"""What a client may create and delete where topics are not open: a listener of a topic."""


def snake(name: str) -> str:
    """A name as Python writes it."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def camel(name: str) -> str:
    """The name of a schema as that of a class."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
