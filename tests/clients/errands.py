# SPDX-License-Identifier: Apache-2.0
"""What every generated client is to do: the errands of one resource of one document, and those of a topic's hub."""

import re
from dataclasses import dataclass, replace

from app.spec.optional_classes import with_optional_classes
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
        """What a merge patch repeats: some generators demand what tells classes apart."""
        return _class_of(self.document, self.resource, self.schema("patch")) if self.attribute else {}

    def schema(self, view: str) -> str:
        """The name of a schema of the resource: what creates it (`_Create`), changes it, or is shown."""
        names = {"create": ("_FVO", "_Create"), "patch": ("_MVO", "_Update"), "shown": ("_Representation", "")}[view]
        declared = DOCUMENTS[self.document]["components"]["schemas"]
        return next(self.resource + suffix for suffix in names if self.resource + suffix in declared)


def _class_of(document: str, resource: str, schema: str) -> Document:
    """What tells the class of an object, where a schema is that of several classes, or the version demands it."""
    of_several = "discriminator" in with_optional_classes(DOCUMENTS[document])["components"]["schemas"][schema]
    return {"@type": resource} if of_several or document.endswith("-v5") else {}


def _errand(collection: Collection) -> Errand:
    document, resource, creates = collection.document, collection.resource, collection.creates
    errand = Errand(document, resource, collection.template, creates["full"], creates["minimal"])
    told = _class_of(document, resource, errand.schema("create"))
    return replace(errand, body={**told, **errand.body}, least={**told, **errand.least})


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
