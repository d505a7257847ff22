# SPDX-License-Identifier: Apache-2.0
"""Reads what a document declares about its resources under `x-tmf-resources`: lifecycles, indexes, parents."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as File
from typing import Any

import yaml
from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from app.domain.amendments import Amendable
from app.domain.create_defaults import NOW
from app.domain.events import STATE
from app.domain.query.attributes import ANYTHING, DATE_TIME
from app.domain.query.predicates import Path
from app.domain.ranges import ValueRange
from app.domain.relationships import RelationshipDeclaration
from app.domain.restriction import OwnerPath, SensitiveElements
from app.domain.rules import IDENTITY, NO_LIFECYCLE, STATUS, Lifecycle
from app.domain.unique_identifiers import UniqueIdentifier
from app.errors import StartError
from app.spec.access_declarations import (
    OWNER,
    SENSITIVE,
    OwnerShape,
    is_reveal_scope,
    is_sensitive_place,
    sensitive_elements,
    undeclared_elements,
    undeclared_paths,
)
from app.spec.amendments import AMENDABLE, AmendableShape, undeclared_amendments
from app.spec.chain_declarations import ACYCLIC, undeclared_chains
from app.spec.compiling import JsonSchemas, compile_schema
from app.spec.contents import CONTENT, undeclared_contents
from app.spec.hooks import HOOK
from app.spec.identifier_declarations import UNIQUE, IdentifierShape, undeclared_identifiers
from app.spec.matchable import MATCHABLE
from app.spec.mergeable import MERGEABLE
from app.spec.nesting import PARENT
from app.spec.operations import OPERATIONS, operations
from app.spec.process_resources import PROCESS
from app.spec.range_declarations import RANGES, RangeShape, undeclared_ranges
from app.spec.relationship_declarations import RELATIONSHIPS, RelationshipShape, undeclared_relationships
from app.spec.roll_up import RollUpShape, undeclared_items
from app.spec.schemas import Schemas, component_name
from app.spec.server_sources import SOURCE
from app.spec.track_records import TRACK_RECORD, TrackRecordShape, undeclared_channels

Overrides = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Declaration:
    """What a document declares about one resource, beside its schemas.

    `selected` are the attributes that come with id and href whatever `fields` selects; None where nothing is said.
    """

    lifecycle: Lifecycle
    indexes: list[list[str]]
    operations: list[str] = field(default_factory=lambda: list(OPERATIONS))
    created: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""
    hook: str = ""
    source: str = ""
    process: str = ""
    selected: list[str] | None = None
    owners: list[OwnerPath] = field(default_factory=list)
    sensitive: Mapping[str, str] = field(default_factory=dict)
    sensitive_elements: list[SensitiveElements] = field(default_factory=list)
    unique: list[UniqueIdentifier] = field(default_factory=list)
    mergeable: bool = False
    relationships: list[RelationshipDeclaration] = field(default_factory=list)
    amendable: Amendable | None = None
    track_record: Path | None = None
    acyclic: Mapping[str, str] = field(default_factory=dict)
    matchable: bool = False
    content: list[str] = field(default_factory=list)
    ranges: list[ValueRange] = field(default_factory=list)


class _LifecycleShape(Schema):
    field = fields.String(load_default=STATUS)
    initial = fields.String(required=True)
    moves = fields.Dict(fields.String(), fields.List(fields.String()), required=True)
    aliases = fields.Dict(fields.String(), fields.String(), load_default=dict)
    process_moves = fields.Dict(
        fields.String(), fields.Dict(fields.String(), fields.String()), data_key="processMoves", load_default=dict
    )
    changed = fields.String(load_default=None)
    event = fields.String(load_default=STATE)
    roll_up = fields.Nested(RollUpShape, data_key="rollUp", load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def _known_states_only(self, data: Mapping[str, Any], **_: Any) -> None:
        moves = data["moves"]
        wrong = {
            "initial": {data["initial"]} - moves.keys(),
            "aliases": set(data["aliases"].values()) - moves.keys(),
            **{f"moves.{state}": set(targets) - moves.keys() for state, targets in moves.items()},
            **({"rollUp": data["roll_up"].states - moves.keys()} if data["roll_up"] else {}),
            **{f"processMoves.{state}": {state, *to} - moves.keys() for state, to in data["process_moves"].items()},
        }
        reasons = {
            place: f"names {', '.join(sorted(states))}, which is not among the states of moves: {', '.join(moves)}"
            for place, states in wrong.items()
            if states
        }
        if reasons:
            raise ValidationError(reasons)

    @validates_schema(skip_on_field_errors=True)
    def _refuse_same_spellings(self, data: Mapping[str, Any], **_: Any) -> None:
        """Refuse states and aliases that differ only in letter case: states compare without it."""
        spellings = Counter(text.lower() for text in (*data["moves"], *data["aliases"]))
        if twice := [text for text, times in spellings.items() if times > 1]:
            raise ValidationError({"moves": f"names '{twice[0]}' twice; states and aliases compare without case"})

    @post_load
    def _lifecycle(self, data: dict[str, Any], **_: Any) -> Lifecycle:
        moves = {state: frozenset(targets) for state, targets in data.pop("moves").items()}
        return Lifecycle(moves=moves, **data)


class _DeclarationShape(Schema):
    lifecycle = fields.Nested(_LifecycleShape, data_key="x-lifecycle", load_default=NO_LIFECYCLE)
    indexes = fields.List(fields.List(fields.String()), data_key="x-indexes", load_default=list)
    operations = fields.List(fields.String(), data_key="x-operations", load_default=lambda: list(OPERATIONS))
    created = fields.Dict(fields.String(), fields.Raw(allow_none=False), data_key="x-created", load_default=dict)
    parent = fields.String(data_key=PARENT, load_default="")
    hook = fields.String(data_key=HOOK, load_default="")
    source = fields.String(data_key=SOURCE, load_default="")
    process = fields.String(data_key=PROCESS, load_default="")
    selected = fields.List(fields.String(), data_key="x-selected", load_default=None)
    owners = fields.List(fields.Nested(OwnerShape), data_key=OWNER, load_default=list)
    sensitive = fields.Dict(
        fields.String(validate=is_sensitive_place),
        fields.String(validate=is_reveal_scope),
        data_key=SENSITIVE,
        load_default=dict,
    )

    unique = fields.Dict(fields.String(), fields.Nested(IdentifierShape), data_key=UNIQUE, load_default=dict)
    mergeable = fields.Boolean(data_key=MERGEABLE, load_default=False)
    relationships = fields.List(fields.Nested(RelationshipShape), data_key=RELATIONSHIPS, load_default=list)
    amendable = fields.Nested(AmendableShape, data_key=AMENDABLE, load_default=None)
    acyclic = fields.Dict(fields.String(), fields.String(), data_key=ACYCLIC, load_default=dict)
    track_record = fields.Nested(TrackRecordShape, data_key=TRACK_RECORD, load_default=None)
    matchable = fields.Boolean(data_key=MATCHABLE, load_default=False)
    content = fields.List(fields.String(), data_key=CONTENT, load_default=list)
    ranges = fields.Dict(fields.String(), fields.Nested(RangeShape), data_key=RANGES, load_default=dict)

    @post_load
    def _declaration(self, data: dict[str, Any], **_: Any) -> Declaration:
        data["unique"] = [replace(each, name=name) for name, each in data["unique"].items()]
        data["ranges"] = [replace(each, attribute=name) for name, each in data["ranges"].items()]
        elements = sensitive_elements(data["sensitive"])
        attributes = {name: scope for name, scope in data["sensitive"].items() if "[" not in name}
        return Declaration(**{**data, "sensitive": attributes, "sensitive_elements": elements})


def declarations(document: Mapping[str, Any], source: str) -> dict[str, Declaration]:
    """The declarations of a bundled document, by resource. Raises `StartError` naming the place in `source`."""
    by_resource: dict[str, Declaration] = {}
    for resource, declared in document["x-tmf-resources"].items():
        if resource not in document["components"]["schemas"]:
            raise StartError(f"{source}: x-tmf-resources.{resource}: the document has no schema of this name")
        declaration = _load(_DeclarationShape(), declared, f"{source}: x-tmf-resources.{resource}")
        lifecycle = replace(declaration.lifecycle, closed=bool(_closing(document, resource)))
        by_resource[resource] = replace(declaration, lifecycle=lifecycle)
    return by_resource


def undeclared_attributes(
    document: Mapping[str, Any], declared: Mapping[str, Declaration], json_schemas: JsonSchemas | None = None
) -> Iterator[str]:
    """What declarations name that the document, whose shape is stored, does not declare: a line each.

    `declared` are those of its resources, by name; `json_schemas` those of the document, for who needs them, too.
    """
    json_schemas = json_schemas or JsonSchemas(document)
    for resource, declaration in declared.items():
        yield from _undeclared_attributes(document, resource, declaration, json_schemas)


def _undeclared_attributes(
    document: Mapping[str, Any], resource: str, declaration: Declaration, json_schemas: JsonSchemas
) -> Iterator[str]:
    schemas, place = Schemas(document), f"x-tmf-resources/{resource}"
    if wrong := list(_shapeless(document, resource)):
        yield from wrong
        return
    for path in sorted({path for paths in declaration.indexes for path in paths if "=" not in path}):
        if not schemas.declaring_schemas(resource, path.split(".")):
            yield f"{place}/x-indexes: '{path}' is no attribute of {resource}"
    owned = declaration.owners and not declaration.process
    if (owned or declaration.sensitive or declaration.sensitive_elements) and (declaration.parent or declaration.hook):
        yield f"{place}: what has {PARENT} or {HOOK} can have no {OWNER} and no {SENSITIVE}"
    views = operations(document, resource)
    required = schemas.required_members(views.whole) | schemas.required_members(views.new)
    yield from undeclared_paths(schemas, resource, declaration.owners, declaration.sensitive, required)
    yield from undeclared_elements(schemas, resource, declaration.sensitive_elements, required)
    yield from undeclared_contents(schemas, document, resource, declaration.content)
    has_lifecycle = bool(declaration.lifecycle.field)
    yield from undeclared_amendments(schemas, resource, declaration.amendable, has_lifecycle=has_lifecycle)
    yield from undeclared_chains(schemas, resource, declaration.acyclic)
    yield from undeclared_channels(schemas, resource, declaration.track_record)
    yield from undeclared_identifiers(schemas, resource, declaration.unique, has_lifecycle=has_lifecycle)
    yield from undeclared_ranges(schemas, resource, declaration.ranges)
    unfit = {*required, *declaration.sensitive, *(each.attribute for each in declaration.sensitive_elements)}
    yield from undeclared_relationships(schemas, resource, declaration.relationships, declaration.indexes, unfit)
    if declaration.relationships and (declaration.parent or declaration.hook or declaration.source):
        yield f"{place}/{RELATIONSHIPS}: what has {PARENT}, {HOOK} or {SOURCE} has none"
    yield from (
        f"{place}/x-created/{line}" for line in _undeclared_defaults(document, resource, declaration, json_schemas)
    )
    lifecycle = declaration.lifecycle
    yield from undeclared_items(schemas, resource, lifecycle.roll_up)
    if lifecycle.field and schemas.tree(resource).members.get(lifecycle.field, ANYTHING).kind != "string":
        yield f"{place}/x-lifecycle/field: '{lifecycle.field}' is no attribute of {resource} that holds text"
    changed = lifecycle.changed and schemas.tree(resource).members.get(lifecycle.changed, ANYTHING).kind
    if changed and changed != DATE_TIME:
        yield f"{place}/x-lifecycle/changed: '{lifecycle.changed}' is no attribute of {resource} that holds a date-time"


def _shapeless(document: Mapping[str, Any], resource: str) -> Iterator[str]:
    """Views of a resource that are a choice of several and no class: what it is, is not said where no kind is named."""
    schemas, views = Schemas(document), operations(document, resource)
    for view in (views.whole, views.new):
        if any(union in part for part in schemas.parts(view) for union in ("anyOf", "oneOf")):
            name = component_name(view) if "$ref" in view else resource
            told = "should be what its kinds have in common, with a discriminator that maps '@type' to each of them"
            yield f"components/schemas/{name}: {told}, not a union"


def _undeclared_defaults(
    document: Mapping[str, Any], resource: str, declaration: Declaration, json_schemas: JsonSchemas
) -> Iterator[str]:
    schemas = Schemas(document)
    members = schemas.tree(resource).members
    for name, value in declaration.created.items():
        declared = schemas.declaring_schemas(resource, name.split("."))
        if name in (*IDENTITY, declaration.lifecycle.field):
            yield f"{name}: the server sets '{name}' of itself"
        elif not declared:
            yield f"{name}: '{name}' is no attribute of {resource}"
        elif name in members and members[name].kind == DATE_TIME and not members[name].array:
            if value != NOW:
                yield f"{name}: a date-time should be `{NOW}`, not {value!r}"
        elif not all(compile_schema(json_schemas.schema(each)).is_valid(value) for each in declared):
            yield f"{name}: {value!r} is not what '{name}' may be"


def refuse_undeclared(
    document: Mapping[str, Any], declared: Mapping[str, Declaration], source: str, json_schemas: JsonSchemas
) -> None:
    """Raise `StartError` when `undeclared_attributes` finds any."""
    if found := list(undeclared_attributes(document, declared, json_schemas)):
        raise StartError("; ".join(f"{source}: {line}" for line in found))


def read_lifecycles(file: str) -> Overrides:
    """The lifecycles of `LIAISON_LIFECYCLES`, by resource, checked. Raises `StartError` saying where it is wrong."""
    if not file:
        return {}
    try:
        content = yaml.safe_load(File(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        raise StartError(f"LIAISON_LIFECYCLES={file}: cannot be read: {wrong}") from None
    if not isinstance(content, dict) or not all(isinstance(value, dict) for value in content.values()):
        raise StartError(f"LIAISON_LIFECYCLES={file}: must map the name of a resource to its lifecycle")
    for resource, lifecycle in content.items():
        _load(_LifecycleShape(), lifecycle, f"LIAISON_LIFECYCLES={file}: {resource}")
    return content


def apply_overrides(document: dict[str, Any], overrides: Overrides) -> dict[str, Any]:
    """The bundled document with a deployment's own lifecycles in the place of the declared ones.

    Where the document closes the spelling of the states with an enum, the enum becomes the deployment's states:
    what is served is what is checked. Changes and returns `document`.
    """
    for resource, declared in document["x-tmf-resources"].items():
        if resource in overrides:
            if "x-lifecycle" not in declared:
                raise StartError(f"LIAISON_LIFECYCLES: {resource} has no states: its document declares no x-lifecycle")
            lifecycle = declared["x-lifecycle"]
            own = {name: lifecycle[name] for name in ("field", "changed", "event") if name in lifecycle}
            declared["x-lifecycle"] = own | dict(overrides[resource])
            for schema in _closing(document, resource):
                schema["enum"] = list(overrides[resource]["moves"])
    return document


def _closing(document: Mapping[str, Any], resource: str) -> list[Any]:
    schemas = Schemas(document)
    declared = document["x-tmf-resources"][resource]
    if "x-lifecycle" not in declared:
        return []
    field = declared["x-lifecycle"].get("field", STATUS)
    state = schemas.properties(document["components"]["schemas"][resource]).get(field, {})
    return [part for part in schemas.parts(state) if "enum" in part]


def _load(shape: Schema, declared: Any, place: str) -> Any:
    try:
        return shape.load(declared)
    except ValidationError as error:
        raise StartError("; ".join(f"{place}.{where}: {said}" for where, said in _leaves(error.messages))) from None


def _leaves(messages: Any, place: str = "") -> list[tuple[str, str]]:
    if isinstance(messages, dict):
        pairs = [_leaves(inner, f"{place}.{name}".strip(".")) for name, inner in messages.items()]
        return [leaf for pair in pairs for leaf in pair]
    return [(place, " ".join(map(str, messages)) if isinstance(messages, list) else str(messages))]
