# SPDX-License-Identifier: Apache-2.0
"""Expansion of the standard operations (TMF630) for the resources that a document declares (ADR 0035).

The template, of a resource called `Thing`, is in `shared/operations-v4.yaml` and `-v5.yaml`. A document has only what
is particular to it, which takes precedence.
"""

import re
from collections.abc import Mapping
from typing import Any

from app.domain.events import ATTRIBUTES, CREATE, DELETE, DUPLICATE_SUSPECTED, STATE, event_type, lower_camel
from app.domain.media_types import JSON, MERGE
from app.errors import StartError
from app.spec.contents import content_methods
from app.spec.hooks import HOOK, HOOK_RESPONSES, refuse_wrong_hooks
from app.spec.matchable import MATCHABLE, refuse_wrong_matchable
from app.spec.mergeable import MERGEABLE, MERGED_RESPONSES, refuse_wrong_mergeable
from app.spec.nesting import PARENT, collection_path, nested_paths, refuse_wrong_parents
from app.spec.operations import METHODS, OPERATIONS, standard_methods
from app.spec.process_resources import PROCESS, refuse_wrong_process_resources
from app.spec.server_sources import SOURCE, refuse_wrong_sources
from app.spec.track_records import TRACK_RECORD, change_methods, change_path, refuse_wrong_track_records
from app.spec.unsupported_operations import mark_unsupported

Node = Any
Document = dict[str, Any]

TEMPLATE, TEMPLATE_FIELD = "Thing", "thing"
HUB = "/hub"
FOLDER = "shared"
"""The folder of the shared files, below that of the documents."""
VERSIONS = ("4", "5")
"""The major versions of TM Forum's APIs that are expanded."""
EVENTS = {CREATE: "create", ATTRIBUTES: "patch", STATE: "patch", DELETE: "delete"}
"""The operation that causes each kind of event."""

_RESPONSES = {HOOK: ("create", HOOK_RESPONSES), MERGEABLE: ("retrieve", MERGED_RESPONSES)}
"""What a keyword adds to the answers of an operation."""

_NAMES = re.compile(
    "|".join((event_type(TEMPLATE, STATE), lower_camel(event_type(TEMPLATE, STATE)), "Things", "Thing", "thing"))
)
_PROSE = frozenset({"summary", "description"})
_A_THING = re.compile(r"\b([Aa]) thing\b")
_AS_VOWEL = re.compile(r"(?!eu|uni|us|one)[aeiou]")
_HISSING = re.compile(r"(s|x|z|ch|sh)$")


def template_file(document: Mapping[str, Any]) -> str:
    """The file of the standard operations, by the major version that the document's `info` names.

    Raises `StartError` where it names none of `VERSIONS`.
    """
    return f"{FOLDER}/operations-v{_major(document)}.yaml"


def shared_file(document: Mapping[str, Any]) -> str:
    """The file of the components that the APIs of a version share."""
    return f"{FOLDER}/v{_major(document)}.yaml"


def is_versioned(document: Mapping[str, Any]) -> bool:
    """Whether the document's `info` names one of `VERSIONS`."""
    return str(document.get("info", {}).get("version")).partition(".")[0] in VERSIONS


def _major(document: Mapping[str, Any]) -> str:
    version = document.get("info", {}).get("version")
    if not is_versioned(document):
        raise StartError(f"/info/version should begin with one of {', '.join(VERSIONS)}, not {version!r}")
    return str(version).partition(".")[0]


def expand(document: Document, template: Document, resources: Mapping[str, Any]) -> tuple[Document, Document]:
    """The expanded `document`, which declares `resources`, and the standard components that it may refer to.

    Changes nothing that it is given. Raises `StartError` for an operation or a parent that there is not.
    """
    refuse_wrong_parents(resources)
    refuse_wrong_hooks(resources)
    refuse_wrong_sources(resources)
    refuse_wrong_process_resources(resources)
    refuse_wrong_mergeable(resources)
    refuse_wrong_track_records(resources)
    refuse_wrong_matchable(resources)
    standard: Document = {}
    for resource, declared in resources.items():
        expanded = _of_resource(template, resource, declared)
        if standard:  # All resources share one hub: the first resource brings it, the others add their events.
            expanded["paths"][HUB] = {"post": {"callbacks": expanded["paths"][HUB]["post"]["callbacks"]}}
        standard = merge(standard, expanded)
    components = standard.pop("components", {})
    paths = standard.get("paths", {})
    standard["paths"] = {path: paths[path] for path in sorted(paths, key=lambda path: path.startswith(HUB))}
    tags = [*document.get("tags", []), *standard.pop("tags", [])]
    whole = merge(standard, _with_merge_patches(document))
    hub = dict.fromkeys((path for path in paths if path.startswith(HUB)), METHODS)
    changes = change_methods(resources)
    collections = [collection_path(resource, resources) for resource in resources]
    standard_paths = {**standard_methods(collections), **content_methods(resources), **changes, **hub}
    whole["paths"] = mark_unsupported(whole["paths"], standard_paths)
    return {**whole, "tags": list({tag["name"]: tag for tag in reversed(tags)}.values())[::-1]}, components


def merge(standard: Node, own: Node) -> Node:
    """`standard` overridden by a document's `own` part: mappings are merged, references and all else replaced."""
    if not (isinstance(standard, dict) and isinstance(own, dict)) or "$ref" in standard or "$ref" in own:
        return own
    return {
        **standard,
        **{key: merge(standard[key], value) if key in standard else value for key, value in own.items()},
    }


def _of_resource(template: Document, resource: str, declared: Mapping[str, Any]) -> Document:
    if f"/{lower_camel(resource)}" == HUB:
        raise StartError(f"x-tmf-resources.{resource}: {HUB} is where listeners register; it needs another name")
    offered = _operation_names(resource, declared)
    state_change = declared.get("x-lifecycle", {}).get("event", STATE)
    expanded: Document = _Renaming(resource, state_change).node(template)
    for name, (path, method) in OPERATIONS.items():
        if name not in offered:
            del expanded["paths"][path.format(lower_camel(resource))][method]
    absent = set() if TRACK_RECORD in declared else {change_path(resource)}
    for name, responses in (each for keyword, each in _RESPONSES.items() if declared.get(keyword)):
        path, method = OPERATIONS[name]
        expanded["paths"][path.format(lower_camel(resource))][method]["responses"] |= responses
    _remove_callbacks(expanded["paths"][HUB]["post"]["callbacks"], resource, declared, offered)
    _keep_example_true(expanded["paths"][HUB]["post"])
    expanded["paths"] = {
        path: item for path, item in expanded["paths"].items() if path not in absent and len(item.keys() - _NO_METHODS)
    }
    if PARENT in declared:
        expanded["paths"] = nested_paths(expanded["paths"], resource, declared[PARENT])
    return expanded


def _remove_callbacks(callbacks: Document, resource: str, declared: Mapping[str, Any], offered: list[str]) -> None:
    """Remove the callbacks of events that never happen to a resource."""
    state_change = declared.get("x-lifecycle", {}).get("event", STATE)
    for kind, operation in EVENTS.items():
        happens = operation in offered or SOURCE in declared or PROCESS in declared
        if not happens or (kind == STATE and "x-lifecycle" not in declared):
            del callbacks[event_type(resource, kind, state_change)]
    if not declared.get(MATCHABLE):
        callbacks.pop(event_type(resource, DUPLICATE_SUSPECTED), None)


def _operation_names(resource: str, declared: Mapping[str, Any]) -> list[str]:
    offered: list[str] = declared.get("x-operations", list(OPERATIONS))
    if unknown := [name for name in offered if name not in OPERATIONS]:
        known_names = ", ".join(OPERATIONS)
        raise StartError(f"x-tmf-resources.{resource}.x-operations: '{unknown[0]}' is none; there are {known_names}")
    return offered


def _keep_example_true(hub: Document) -> None:
    """Make the example of a registration ask for existing events; remove it where there are none."""
    examples = hub["requestBody"]["content"][JSON]["examples"]
    example = examples["full"]["value"]
    if types := [name for name in example["query"].removeprefix(_OF_TYPE).split(",") if name in hub["callbacks"]]:
        example["query"] = _OF_TYPE + ",".join(types)
    elif hub["callbacks"]:
        example["query"] = _OF_TYPE + next(iter(hub["callbacks"]))
    else:
        del examples["full"]


_OF_TYPE = "eventType="
_NO_METHODS = frozenset({"x-tmf-resource", "parameters"})


def _with_merge_patches(document: Document) -> Document:
    """Copy what a document says of patches in `application/json` to merge patches, which are the same."""
    paths = dict(document.get("paths", {}))
    for path, item in paths.items():
        content = item.get("patch", {}).get("requestBody", {}).get("content", {})
        if JSON in content and MERGE not in content:
            paths[path] = merge(item, {"patch": {"requestBody": {"content": {MERGE: content[JSON]}}}})
    return {**document, "paths": paths} if paths else document


class _Renaming:
    """Renames `Thing` in the template to `resource`, and the event of a change of state to the resource's own name."""

    def __init__(self, resource: str, state_change: str) -> None:
        state, own_state = event_type(TEMPLATE, STATE), event_type(resource, STATE, state_change)
        self._names = {
            state: own_state,
            lower_camel(state): lower_camel(own_state),
            f"{TEMPLATE}s": plural(resource),
            TEMPLATE: resource,
            TEMPLATE_FIELD: lower_camel(resource),
        }
        self._words = noun(resource)
        self._article = article(self._words)

    def node(self, node: Node, key: str = "") -> Node:
        """A renamed copy of a node of the template, which is the member `key` there."""
        if isinstance(node, dict):
            if "#" in str(node.get("$ref", "#"))[1:]:
                return {"$ref": f"{FOLDER}/{node['$ref']}"}
            return {self.name(name): self.node(value, name) for name, value in node.items()}
        if isinstance(node, list):
            return [self.node(item) for item in node]
        if not isinstance(node, str):
            return node
        return self.sentence(node) if key in _PROSE else self.name(node)

    def name(self, text: str) -> str:
        """Rename `Thing` in a name, such as `listThing`."""
        return _NAMES.sub(lambda found: self._names[found[0]], text)

    def sentence(self, text: str) -> str:
        """Rename `thing` in a sentence, such as `A thing was created`."""
        text = _A_THING.sub(lambda found: f"{self._article if found[1] == 'a' else self._article.title()} thing", text)
        return re.sub(r"\bthing\b", self._words, re.sub(r"\bthings\b", plural(self._words), text))


def noun(resource: str) -> str:
    """The name of a resource in words: `party interaction`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", resource).lower()


def article(words: str) -> str:
    """The indefinite article of a noun: `a` or `an`."""
    return "an" if _AS_VOWEL.match(words) else "a"


def plural(name: str) -> str:
    """The plural of a name, or of its last word."""
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if _HISSING.search(name) else f"{name}s"
