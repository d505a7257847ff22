# SPDX-License-Identifier: Apache-2.0
"""The bundled documents as the contract tests go through them: collections, examples, paths and lifecycles."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from app.domain.events import lower_camel
from app.domain.rules import STATUS
from app.settings import Settings
from app.spec.bundle import bundle, names
from app.spec.offered_operations import remove_disabled_operations
from app.spec.operations import METHODS
from app.spec.reach import in_use
from app.spec.security import without_security
from app.spec.unsupported_operations import is_unsupported
from tests.contract.formats import FORMATS
from tests.served import NEWEST, RESOURCES
from tests.unit import examples

Document = dict[str, Any]

GUARDED: dict[str, Document] = {
    name: in_use(remove_disabled_operations(bundle(name), Settings().on)) for name in names()
}
"""As they are served with the default settings to who has an access token."""
DOCUMENTS: dict[str, Document] = {name: without_security(document) for name, document in GUARDED.items()}
"""As they are served with the default settings; nobody is asked for a token."""

OFFERED = [name for name, document in DOCUMENTS.items() if document["paths"]]
"""Those with an operation; of others a setting switches all on."""


@dataclass(frozen=True)
class Collection:
    """A collection of resources in one document; `template` is its path below the base path."""

    document: str
    template: str

    def __str__(self) -> str:
        return f"{self.document} {self._item['x-tmf-resource']}"

    @property
    def path(self) -> str:
        """Where it is served."""
        return base_path(self.document) + self.template

    @property
    def resource(self) -> str:
        return str(self._item["x-tmf-resource"])

    @property
    def version(self) -> str:
        return self.document.rpartition("-")[2]

    @property
    def lifecycle(self) -> Document:
        """What the document declares of the states."""
        declared: Document = DOCUMENTS[self.document]["x-tmf-resources"][self.resource]["x-lifecycle"]
        return declared

    @property
    def state(self) -> str:
        """The attribute that holds the state."""
        return str(self.lifecycle.get("field", STATUS))

    def declares(self, path: str) -> bool:
        """Whether the version declares the attribute at the path."""
        attribute = RESOURCES[self.resource, self.version].attributes
        for name in path.split("."):
            if name not in attribute.members:
                return False
            attribute = attribute.members[name]
        return True

    @cached_property
    def creates(self) -> dict[str, Document]:
        """The example bodies of a create, by name."""
        return _examples(self._item["post"])

    @cached_property
    def patches(self) -> dict[str, Document]:
        """The example bodies of a patch, by name."""
        return _examples(DOCUMENTS[self.document]["paths"][f"{self.template}/{{id}}"]["patch"])

    @cached_property
    def patches_by_type(self) -> dict[str, dict[str, Any]]:
        """The example bodies of a patch, by media type and name; the types in the order of the document."""
        operation = DOCUMENTS[self.document]["paths"][f"{self.template}/{{id}}"]["patch"]
        return {media_type: _examples(operation, media_type) for media_type in operation["requestBody"]["content"]}

    @property
    def kept_in(self) -> str:
        """The collection of the database."""
        return lower_camel(self.resource)

    @property
    def mandatory(self) -> set[str]:
        """What every answer carries."""
        return examples.mandatory(
            DOCUMENTS[self.document], _answer(DOCUMENTS[self.document], self.template, "post", 201)
        )

    @property
    def _item(self) -> Document:
        item: Document = DOCUMENTS[self.document]["paths"][self.template]
        return item


def base_path(document: str) -> str:
    """Where a document is served."""
    return str(DOCUMENTS[document]["servers"][0]["url"])


def concrete(document: str, template: str) -> str:
    """A path of a document with ids in the place of its parameters; there is nothing at it, but for a topic."""
    ids = {"id": "some-id", "processFlowId": "some-id", "topicId": "customer-v4", "attachmentId": "some-id"}
    return base_path(document) + template.format_map(ids)


def violations(document: Document, template: str, method: str, status: int, body: Any) -> list[str]:
    """What in `body` is not as a served document declares the answer of an operation."""
    return examples.violations(document, _answer(document, template, method, status), body, FORMATS)


def _answer(document: Document, template: str, method: str, status: int) -> Document:
    """The schema that an operation declares for what it answers with a status, when no `fields` select less."""
    answer = document["paths"][template][method]["responses"][str(status)]
    if "$ref" in answer:
        answer = document["components"]["responses"][answer["$ref"].rsplit("/", 1)[-1]]
    schema: Document = answer["content"]["application/json"]["schema"]
    return whole(schema)


def whole(schema: Document) -> Document:
    """Of the schema of an answer, or of a list of them, the one that holds when `fields` select nothing."""
    if schema.get("type") == "array":
        return {**schema, "items": whole(schema["items"])}
    return dict(schema["anyOf"][0]) if "anyOf" in schema else schema


def _examples(operation: Document, media_type: str = "application/json") -> dict[str, Any]:
    declared = operation["requestBody"]["content"][media_type]["examples"]
    return {name: example["value"] for name, example in declared.items()}


COLLECTIONS = [
    Collection(document, template)
    for document, content in DOCUMENTS.items()
    for template, item in content["paths"].items()
    if item["x-tmf-resource"] in NEWEST and "post" in item
]
"""The collections of resources with every standard operation. Others have tests of their own, as do topics and their
events, which no client creates."""
EACH_COLLECTION = pytest.mark.parametrize("collection", COLLECTIONS, ids=str)
EACH_RELATED = pytest.mark.parametrize(
    "collection", [each for each in COLLECTIONS if each.declares("relatedParty")], ids=str
)
"""The collections of resources that have related parties."""
V4 = [each for each in COLLECTIONS if each.document.endswith("-v4")]
"""The collections where a client's own `id` counts for nothing."""
V5 = [each for each in COLLECTIONS if each.document.endswith("-v5")]
"""The collections whose shape is the stored one."""
VERSIONS = [(old, new) for old in V4 for new in V5 if old.resource == new.resource]
"""Each resource as version 4 and as version 5 serves it."""
HUBS = [
    base_path(document) + template
    for document, content in DOCUMENTS.items()
    for template, item in content["paths"].items()
    if template == "/hub"
]
"""The hub of each API. That of a topic is another door to the same registrations."""
PATHS = {
    concrete(document, template): [method for method in METHODS if method in item]
    for document, content in DOCUMENTS.items()
    for template, item in content["paths"].items()
}
"""Every declared path, with the methods that it takes."""
UNSUPPORTED = {
    (concrete(document, template), method)
    for document, content in DOCUMENTS.items()
    for template, item in content["paths"].items()
    for method in METHODS
    if is_unsupported(item.get(method))
}
"""The path and method of the operations that are declared and answer 501, which have tests of their own."""
WRITES = [
    pytest.param(method.upper(), path, id=f"{method} {path}")
    for document, content in DOCUMENTS.items()
    for template, item in content["paths"].items()
    for path in [concrete(document, template)]
    for method in METHODS
    if "application/json" in item.get(method, {}).get("requestBody", {}).get("content", {})
    and (path, method) not in UNSUPPORTED
]
"""The method and path of every operation that reads a body of JSON. Files are sent as they are; see
`test_attachments.py`."""


def each_version_of(resource: str) -> pytest.MarkDecorator:
    """For tests of one resource: its `path` in every version."""
    return pytest.mark.parametrize("path", [each.path for each in COLLECTIONS if each.resource == resource])
