# SPDX-License-Identifier: Apache-2.0
"""Views of an adopted resource, to which the standard operations refer: shown, created, patched."""

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from app.spec.adoption.report import Report, pointer
from app.spec.adoption.resources import PublishedResource
from app.spec.expansion import article, noun
from app.spec.schemas import PREFIX, Schemas, component_name

Schema = dict[str, Any]

_OF_THE_SERVER = frozenset({"id", "href"})
_SUFFIXES = {"4": ("_Create", "_Update"), "5": ("_FVO", "_MVO")}
_REPRESENTATION = "_Representation"


@dataclass(frozen=True)
class Views:
    """The names of the views of one resource; those of operations that it does not offer are empty."""

    shown: str
    new: str
    change: str
    whole: str


def view_names(resource: PublishedResource, major: str) -> Views:
    """The names that the standard operations of this version use."""
    new, change = (resource.name + suffix for suffix in _SUFFIXES[major])
    return Views(
        shown=resource.name,
        new=new if "create" in resource.operations else "",
        change=change if "patch" in resource.operations else "",
        whole=resource.name + _REPRESENTATION if major == "5" else "",
    )


def add_views(
    components: dict[str, Schema], resource: PublishedResource, local: Mapping[str, str], major: str, report: Report
) -> Views:
    """Add the views of a resource to the components; returns their names.

    `local` has the names in the adopted document of the published schemas.
    """
    views, words = view_names(resource, major), noun(resource.name)
    thing = f"{article(words)} {words}"
    _copy(components, local[resource.shown], views.shown, f"{thing.capitalize()}, as the server shows it.")
    _declare_identity(components, views.shown, report)
    if views.new:
        source = local[resource.created] if resource.created else views.shown
        _copy(components, source, views.new, f"{thing.capitalize()}, as a client sends it to have it created.")
        # In version 5 a client may choose an id; in version 4 it is the server's, also where a body declares one.
        _drop_demands(components, views.new, _OF_THE_SERVER, declared=major == "4")
    if views.change:
        source = local[resource.patched] if resource.patched else views.shown
        _copy(components, source, views.change, f"The attributes of {thing} that are to change.")
        _drop_demands(components, views.change, None)
    if views.whole:
        schemas = Schemas({"components": {"schemas": components}})
        shown = {"$ref": PREFIX + views.shown}
        demanded = schemas.required_members(shown) | (_OF_THE_SERVER | {"@type"}) & schemas.properties(shown).keys()
        components[views.whole] = {
            "description": f"All of {thing}, as an answer shows it.",
            "allOf": [shown],
            "type": "object",
            "required": sorted(demanded),
        }
    return views


def _copy(components: dict[str, Schema], source: str, name: str, description: str) -> None:
    copied = components[name] if source == name else copy.deepcopy(components[source])
    components[name] = {**copied, "description": description}


def _declare_identity(components: dict[str, Schema], shown: str, report: Report) -> None:
    """Make the shown view declare `id` and `href` as texts, which the server gives to every resource."""
    schemas = Schemas({"components": {"schemas": components}})
    declared = schemas.properties({"$ref": PREFIX + shown})
    if missing := sorted(_OF_THE_SERVER - declared.keys()):
        added = {name: {"type": "string"} for name in missing}
        _own_part(components[shown]).setdefault("properties", {}).update(added)
    for schema in schemas.declaring_schemas(shown, ["id"]):
        if isinstance(schema, dict) and "$ref" not in schema and schema.get("type") != "string":
            kind = schema.get("type", "anything")
            place = pointer("components", "schemas", shown, "properties", "id")
            schema.clear()
            schema["type"] = "string"
            report.add(place, f"is {kind}", "text, as which it is taken")


def _own_part(schema: Schema) -> Schema:
    """The part of a component with its own declarations, beside those that it is composed of."""
    parts: list[Schema] = [part for part in schema.get("allOf", ()) if "properties" in part]
    return parts[-1] if parts and "properties" not in schema else schema


def _drop_demands(
    components: dict[str, Schema], name: str, dropped: Collection[str] | None, *, declared: bool = False
) -> None:
    """Remove `dropped` members, or all, from what a view requires; bases that others share stay as they are.

    Dropped members are not declared either, if they were `declared`. The bases of a merge patch may stay: the bundler
    makes variants of them that require nothing.
    """
    components[name] = _without(components[name], dropped, declared)
    if dropped is None or "allOf" not in components[name]:
        return
    schemas = Schemas({"components": {"schemas": components}})
    parts: list[Schema] = []
    waiting, seen = list(components[name]["allOf"]), set[str]()
    while waiting:
        part = waiting.pop(0)
        members = schemas.required_members(part) | (schemas.properties(part).keys() if declared else set())
        if "$ref" in part and members & set(dropped):
            base = component_name(part)
            if base not in seen:
                seen.add(base)
                inner = components[base]
                own = {each: inner[each] for each in inner if each not in ("allOf", "description", "discriminator")}
                waiting = [*inner.get("allOf", ()), *([own] if own else []), *waiting]
        else:
            parts.append(_without(part, dropped, declared))
    components[name]["allOf"] = parts


def _without(schema: Schema, dropped: Collection[str] | None, declared: bool) -> Schema:
    """A schema that does not require `dropped` members, nor do the parts within it."""
    kept = dict(schema)
    if declared and "properties" in kept:
        kept["properties"] = {
            each: kept["properties"][each] for each in kept["properties"] if each not in (dropped or ())
        }
    if "required" in kept:
        left = [name for name in kept.pop("required") if dropped is not None and name not in dropped]
        kept |= {"required": left} if left else {}
    if "allOf" in kept:
        kept["allOf"] = [part if "$ref" in part else _without(part, dropped, declared) for part in kept["allOf"]]
    return kept
