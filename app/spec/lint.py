# SPDX-License-Identifier: Apache-2.0
"""The lint of a bundled OpenAPI document: faults that would show only while a server, or a generator, uses it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from app.errors import shorten
from app.spec import client_rules
from app.spec.contents import content_names
from app.spec.mergeable import undeclared_moves
from app.spec.operations import PATH_ITEM_METHODS, UNSUPPORTED
from app.spec.places import Mappings, mappings
from app.spec.reach import own_references, target, unused_components
from app.spec.security import undeclared_scopes
from app.spec.structure import is_well_formed, openapi_schema
from app.spec.track_records import TRACK_RECORD, change_name
from app.spec.unsupported_operations import RESOURCE, is_unsupported

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Document = dict[str, Any]
Rule = Callable[[Document], Iterator[str]]
WalkRule = Callable[[Document, Mappings], Iterator[str]]
"""A rule about every mapping in a document. It is given them all, as finding them takes longer than looking at them."""

NO_REFERENCE = "'$ref' is a required property"
UNDECLARED = frozenset({"EventSubscription", "Hub", "Topic", "Event", "Match", "InteractionInsight"})
"""What a hub keeps, what events are read by, and what is computed when it is asked; none of these is declared.

This is no list of the APIs: every API has a hub, which TM Forum calls by two names, TMF688 shows the events of all, and
a match is computed and not kept.
"""


def problems(document: Document) -> list[str]:
    """What is wrong with a bundled document, a line each: where, and what would be right. Empty if nothing is."""
    if malformed := list(_structure(document)):
        return malformed
    found = list(mappings(document))
    return _findings(document, found, _RULES, _WALK_RULES) or _findings(
        document, found, client_rules.RULES, client_rules.WALK_RULES
    )


def _findings(document: Document, found: Mappings, rules: Sequence[Rule], walk_rules: Sequence[WalkRule]) -> list[str]:
    return [
        *(line for rule in rules for line in rule(document)),
        *(line for walk_rule in walk_rules for line in walk_rule(document, found)),
    ]


def _structure(document: Document) -> Iterator[str]:
    """All violations of OpenAPI 3.0.3, of which the start of a server tells only the first."""
    if is_well_formed(document):  # That takes a hundredth of the time of telling what is wrong.
        return
    from jsonschema import Draft4Validator  # Nobody with a document that is right should wait for it.

    for error in Draft4Validator(openapi_schema()).iter_errors(document):
        nearest = _nearest(error)
        yield f"{nearest.json_path}: {shorten(nearest.message)}"


def _nearest(error: "ValidationError") -> "ValidationError":
    """The fault in an object itself, where the schema of OpenAPI also allows a reference in its place."""
    from jsonschema.exceptions import relevance

    while within := [inner for inner in error.context or () if inner.message != NO_REFERENCE]:
        error = max(within, key=relevance)
    return error


def _server_urls(document: Document) -> Iterator[str]:
    for server in document.get("servers", []):
        if server["url"].endswith("/"):
            yield f"servers: {server['url']} should not end in a slash"


def _media_types(_document: Document, found: Mappings) -> Iterator[str]:
    for place, node in found:
        content = node.get("content")
        for media_type in content if isinstance(content, dict) else ():
            if ";" in media_type:
                yield f"{place}/content: {media_type!r} should be a plain media type, without parameters"


def _operation_ids(document: Document) -> Iterator[str]:
    times = Counter(node["operationId"] for _, node in mappings(document["paths"]) if "operationId" in node)
    yield from (
        f"operationId {name} should stand once, not {count} times" for name, count in times.items() if count > 1
    )
    for place, operation in _operations(document):
        if "operationId" not in operation:
            yield f"{place} should have an operationId"


def _statuses(document: Document) -> Iterator[str]:
    for place, operation in _operations(document):
        statuses = operation["responses"]
        mistaken = any(status.startswith("4") for status in statuses)
        if "default" in statuses and mistaken:
            yield f"{place} should list its statuses one by one, or leave all errors to `default`"
        if "default" not in statuses and not mistaken:
            yield f"{place} should declare what it answers to a mistaken request: no 4xx status"


def _references(document: Document, found: Mappings) -> Iterator[str]:
    for place, node in found:
        for reference in own_references(node):
            if target(document, reference) is None:
                yield f"{place}: {reference} leads nowhere"


def _discriminators(_document: Document, found: Mappings) -> Iterator[str]:
    for place, node in found:
        discriminator = node.get("discriminator")
        # An attribute may be called so, too, and has no such member.
        named = discriminator.get("propertyName") if isinstance(discriminator, dict) else None
        if isinstance(named, str) and not node["discriminator"].get("mapping"):
            yield f"{place}/discriminator should have a `mapping`: without one no class is known"


def _unused_components(document: Document) -> Iterator[str]:
    yield from (
        f"components/{section}/{name} is not used by any operation" for section, name in unused_components(document)
    )


def _resources(document: Document) -> Iterator[str]:
    declarations = document.get("x-tmf-resources", {})
    declared = set(declarations)
    recorded = {change_name(name) for name, declaration in declarations.items() if TRACK_RECORD in (declaration or ())}
    known = declared | recorded | content_names(declarations) | UNDECLARED
    used = {path: item.get("x-tmf-resource") for path, item in document["paths"].items() if not _is_beyond(item)}
    for path, resource in used.items():
        if resource is None:
            yield f"{path} should say which resource it serves: no x-tmf-resource"
        elif resource not in known and not has_own_handler(document["paths"][path]):
            yield f"{path}: x-tmf-resources should declare {resource}"
    for resource in sorted(declared - set(used.values())):
        yield f"x-tmf-resources/{resource} is not served by any path"


def _is_beyond(item: Document) -> bool:
    """Whether a path serves no resource: all that it has is answered with 501."""
    methods = [item[method] for method in PATH_ITEM_METHODS if method in item]
    return RESOURCE not in item and bool(methods) and all(map(is_unsupported, methods))


def has_own_handler(item: Document) -> bool:
    """Whether a path says itself that the server handles its operations, though none is a standard one."""
    return all(item[method].get(UNSUPPORTED) is False for method in PATH_ITEM_METHODS if method in item)


def _lifecycles(document: Document) -> Iterator[str]:
    for resource, declaration in document.get("x-tmf-resources", {}).items():
        lifecycle = declaration.get("x-lifecycle")
        for role, state in _states_named(lifecycle) if lifecycle else ():
            if state not in lifecycle["moves"]:
                states = ", ".join(lifecycle["moves"])
                yield f"x-tmf-resources/{resource}/x-lifecycle: {role} {state} is not one of its states ({states})"


def _states_named(lifecycle: Document) -> Iterator[tuple[str, str]]:
    """(place, state) for each state that a lifecycle names outside the keys of `moves`."""
    yield "initial", lifecycle["initial"]
    for before, states in lifecycle["moves"].items():
        yield from ((f"moves from {before} to", state) for state in states)
    for alias, state in lifecycle.get("aliases", {}).items():
        yield f"alias {alias} of", state
    for before, states in lifecycle.get("processMoves", {}).items():
        yield "processMoves from", before
        yield from ((f"processMoves from {before} to", state) for state in states)


_RULES: tuple[Rule, ...] = (
    _server_urls,
    _operation_ids,
    _statuses,
    _unused_components,
    _resources,
    _lifecycles,
    undeclared_scopes,
    undeclared_moves,
)
_WALK_RULES: tuple[WalkRule, ...] = (_media_types, _references, _discriminators)


def _operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path, item in document["paths"].items():
        yield from ((f"{method.upper()} {path}", item[method]) for method in PATH_ITEM_METHODS if method in item)
