"""The bundled documents as the contract tests go through them: collections, examples, paths and lifecycles."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema import Draft4Validator

from app.spec.bundle import bundle, names
from tests.contract.formats import FORMATS

Document = dict[str, Any]

DOCUMENTS: dict[str, Document] = {name: bundle(name) for name in names()}
METHODS = ("get", "post", "patch", "put", "delete")
HUB = "EventSubscription"


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
    def lifecycle(self) -> Document:
        """What the document declares of the states."""
        declared: Document = DOCUMENTS[self.document]["x-tmf-resources"][self.resource]["x-lifecycle"]
        return declared

    @cached_property
    def creates(self) -> dict[str, Document]:
        """The example bodies of a create, by name."""
        return _examples(self._item["post"])

    @cached_property
    def patches(self) -> dict[str, Document]:
        """The example bodies of a patch, by name."""
        return _examples(DOCUMENTS[self.document]["paths"][f"{self.template}/{{id}}"]["patch"])

    @property
    def mandatory(self) -> set[str]:
        """What every answer carries."""
        return set(DOCUMENTS[self.document]["components"]["schemas"][self.resource]["required"])

    @property
    def _item(self) -> Document:
        item: Document = DOCUMENTS[self.document]["paths"][self.template]
        return item


def base_path(document: str) -> str:
    """Where a document is served."""
    return str(DOCUMENTS[document]["servers"][0]["url"])


def violations(document: Document, template: str, method: str, status: int, body: Any) -> list[str]:
    """What in `body` is not as a served document declares the answer of an operation."""
    answer = document["paths"][template][method]["responses"][str(status)]
    if "$ref" in answer:
        answer = document["components"]["responses"][answer["$ref"].rsplit("/", 1)[-1]]
    schema = {**answer["content"]["application/json"]["schema"], "components": document["components"]}
    errors = Draft4Validator(schema, format_checker=FORMATS).iter_errors(body)
    return [f"{error.json_path}: {error.message}" for error in errors]


def _examples(operation: Document) -> dict[str, Document]:
    declared = operation["requestBody"]["content"]["application/json"]["examples"]
    return {name: example["value"] for name, example in declared.items()}


COLLECTIONS = [
    Collection(document, template)
    for document, content in DOCUMENTS.items()
    for template, item in content["paths"].items()
    if item["x-tmf-resource"] != HUB and "post" in item
]
V4 = [each for each in COLLECTIONS if each.document.endswith("-v4")]
"""The collections where a client's own `id` counts for nothing."""
HUBS = [
    base_path(document) + template
    for document, content in DOCUMENTS.items()
    for template, item in content["paths"].items()
    if item["x-tmf-resource"] == HUB and "post" in item
]
PATHS = {
    base_path(document) + template.replace("{id}", "some-id"): {method for method in METHODS if method in item}
    for document, content in DOCUMENTS.items()
    for template, item in content["paths"].items()
}
"""Every declared path, with the methods that it takes."""
