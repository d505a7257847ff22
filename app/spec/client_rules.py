# SPDX-License-Identifier: Apache-2.0
"""Lint rules: what generators of clients need in a document."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonschema_rs import Draft4Validator, ValidationError

from app.domain.media_types import JSON_PATCH, JSON_PATCH_QUERY
from app.domain.patching.operations import COMPANIONS
from app.errors import shorten
from app.spec.composition import is_alias_with_more
from app.spec.places import Mappings, mappings
from app.spec.reach import target
from app.spec.removal import lasting, merge_patch_schema
from app.spec.schemas import PREFIX, Schemas

Document = dict[str, Any]
_HEADER_LIMITS = ("minLength", "maxLength", "pattern")


def _security(document: Document) -> Iterator[str]:
    if "security" not in document:
        yield "security should say who may call the operations; `[]` lets everybody"


def _composition(_document: Document, found: Mappings) -> Iterator[str]:
    for place, node in found:
        if is_alias_with_more(node):
            yield f"{place} should have what it adds to its only base as a second part of `allOf`"


def _patterns(document: Document, found: Mappings) -> Iterator[str]:
    for place, node in found:
        parts = node.get("allOf")
        limits = [_limit(document, part) for part in (*parts, node)] if isinstance(parts, list) else []
        if sum(limits) > 1:
            yield f"{place} should have one `pattern` or `enum`, not those of several parts of `allOf`"


def _limit(document: Document, part: Document) -> int:
    whole = target(document, part["$ref"]) or {} if "$ref" in part else part
    return int("pattern" in whole or "enum" in whole)


def _inline_objects(_document: Document, found: Mappings) -> Iterator[str]:
    for place, node in found:
        if isinstance(node.get("properties"), dict) and not _is_named(place):
            yield f"{place} should have a name: put the object into components/schemas"


def _is_named(place: str) -> bool:
    """Whether the object at a place is a component, a part of one, or the value of a member called `properties`."""
    keys = place.split("/")[1:]
    return keys[:2] == ["components", "schemas"] and (len(keys) == 3 or (keys[3:4] == ["allOf"] and len(keys) == 5))


def _merge_patches(document: Document) -> Iterator[str]:
    schemas = Schemas(document)
    for resource in document.get("x-tmf-resources", {}):
        if (name := merge_patch_schema(document, resource)) is None:
            continue
        stays = lasting(document, resource)
        for member, schema in schemas.properties({"$ref": PREFIX + name}).items():
            takes_null = "$ref" not in schema and (schema.get("nullable", False) or _is_free(schema))
            if takes_null is (member in stays or schema.get("nullable") is False):
                reason = (
                    "may not be null, as null does not remove it"
                    if takes_null
                    else "should be nullable, as null removes it"
                )
                yield f"components/schemas/{name}: {member} {reason}"


def _is_free(schema: Mapping[str, Any]) -> bool:
    return not {"type", "allOf", "anyOf", "oneOf", "enum"} & schema.keys()


def _json_patches(document: Document) -> Iterator[str]:
    told: dict[str, list[str]] = {}
    for place, node in mappings(document["paths"]):
        for media_type in (JSON_PATCH, JSON_PATCH_QUERY):
            content = node.get("content")
            if isinstance(content, dict) and media_type in content:
                schema = content[media_type]["schema"]
                if (said := str(schema)) not in told:  # Most resources have the same patches.
                    told[said] = list(_steps({**schema, "components": document["components"]}))
                yield from (f"{place}: {media_type} {reason}" for reason in told[said])


def _steps(schema: Document) -> Iterator[str]:
    try:
        patch = Draft4Validator(schema, validate_formats=False)
    except ValidationError as wrong:
        yield f"should have a schema that can be compiled: {shorten(wrong.message)}"
        return
    for op, companion in COMPANIONS.items():
        step = {"op": op, "path": ""}
        whole = {**step, companion: ""} if companion else step
        if not patch.is_valid([whole]):
            yield f"should take the step {whole}"
        if companion and patch.is_valid([step]):
            yield f"should demand `{companion}` of the operation {op}"


def _idempotency_keys(_document: Document, found: Mappings) -> Iterator[str]:
    for place, node in found:
        if node.get("name") == "Idempotency-Key" and node.get("in") == "header":
            missing = [keyword for keyword in _HEADER_LIMITS if keyword not in node["schema"]]
            yield from (f"{place} should say how a key may be: no {keyword}" for keyword in missing)


RULES: tuple[Callable[[Document], Iterator[str]], ...] = (
    _security,
    _merge_patches,
    _json_patches,
)
WALK_RULES: tuple[Callable[[Document, Mappings], Iterator[str]], ...] = (
    _composition,
    _patterns,
    _inline_objects,
    _idempotency_keys,
)
