# SPDX-License-Identifier: Apache-2.0
"""The examples in the documents and in TM Forum's own, and what is wrong with a value: in the server's words, and
by a slow check that reads discriminators itself, so that what `@type` names decides between classes."""

from collections.abc import Iterator
from typing import Any

import yaml
from jsonschema import Draft4Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from app.errors import TmfError
from app.spec.operations import METHODS
from app.spec.validation import Validator
from tests.specs import SPECS

Document = dict[str, Any]

COMPONENT = "#/components/schemas/"
UNIONS = {"anyOf", "oneOf"}
OF_AN_EXTENSION = "no class of"
"""What `violations` says of an object of a class that no union names: an extension's, such as an embedded ProductOrder.
The server takes and shows it."""


def examples(document: Document) -> Iterator[tuple[str, str, Any]]:
    """(where it is, name of its schema, value) of every example of a request body."""
    for item in document["paths"].values():
        for operation in (item[method] for method in METHODS if method in item):
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                for name, example in content.get("examples", {}).items():
                    where = f"{operation['operationId']} {media_type} {name}"
                    yield where, content["schema"]["$ref"].removeprefix(COMPONENT), example["value"]


def full_example(document: Document, resource: str) -> Any:
    """The example of the creation of a resource that has almost every attribute."""
    return _example_of_create(document, resource, "full")


def minimal_example(document: Document, resource: str) -> Any:
    """The example of the creation of a resource that has only what is mandatory."""
    return _example_of_create(document, resource, "minimal")


def _example_of_create(document: Document, resource: str, name: str) -> Any:
    return next(
        value for where, _, value in examples(document) if where.startswith(f"create{resource} ") and name in where
    )


def published(file: str) -> Iterator[tuple[str, str, Any]]:
    """(name, name of its schema, value) of the examples in a document that TM Forum publishes; none if it is absent."""
    path = SPECS / file
    components = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)["components"] if path.is_file() else {}
    bodies = [body for kind in ("requestBodies", "responses") for body in components.get(kind, {}).values()]
    for content in (content for body in bodies for content in body.get("content", {}).values()):
        for reference in (example["$ref"] for example in content.get("examples", {}).values() if "$ref" in example):
            name = reference.rsplit("/", 1)[-1]
            value = components["examples"][name]["value"]
            schema = str(content["schema"]).partition(COMPONENT)[2].partition("'")[0]
            whole = isinstance(value, dict) or schema == "JsonPatchOperations"
            yield from ((name, schema, each) for each in ([value] if whole else value))


def told(checks: Validator, body: Any) -> str:
    """Code and message of the server's refusal of a body; empty if it takes it."""
    try:
        checks.check(body)
    except TmfError as error:
        return f"{error.code} {error.message}"
    return ""


def violations(document: Document, schema: Document, value: Any, formats: FormatChecker | None = None) -> list[str]:
    """What is wrong with a value; of a union or a base class, the class that its `@type` names decides."""
    whole = {**schema, "components": document["components"]}
    validator = _following_discriminators()(whole, format_checker=formats or FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def _following_discriminators() -> Any:
    under_way: set[int] = set()

    def discriminator(validator: Any, declared: Document, value: Any, schema: Document) -> Iterator[ValidationError]:
        reference = declared["mapping"].get(value["@type"]) if isinstance(value, dict) and "@type" in value else None
        if reference is None and UNIONS & schema.keys():
            yield ValidationError(f"{OF_AN_EXTENSION} {sorted(declared['mapping'])}")
        if reference is not None and id(value) not in under_way:
            # A subtype is composed of its base, which has the discriminator: it is followed once for each value.
            under_way.add(id(value))
            yield from list(validator.descend(value, {"$ref": reference}))
            under_way.remove(id(value))

    def union(keyword: str) -> Any:
        def check(validator: Any, branches: list[Document], value: Any, schema: Document) -> Iterator[ValidationError]:
            if "discriminator" not in schema:
                yield from Draft4Validator.VALIDATORS[keyword](validator, branches, value, schema)

        return check

    keywords = {"discriminator": discriminator, **{keyword: union(keyword) for keyword in UNIONS}}
    return extend(Draft4Validator, keywords)  # type: ignore[no-untyped-call]  # its stub has no types


def mandatory(document: Document, schema: Document) -> set[str]:
    """The attributes that a schema demands, those of its parts included."""
    if "$ref" in schema:
        return mandatory(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]])
    return set(schema.get("required", ())).union(*(mandatory(document, part) for part in schema.get("allOf", ())))
