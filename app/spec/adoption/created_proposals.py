# SPDX-License-Identifier: Apache-2.0
"""Proposals of what the server sets on create (`x-created`): dates, first states, flags, empty arrays, by names.

The server sets attributes that are shown and that clients may not send, and states and dates with usual names.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.domain.create_defaults import NOW, dated_state, says_last_change, says_when
from app.domain.events import lower_camel
from app.domain.query.attributes import ANY, DATE_TIME, Attribute
from app.domain.rules import IDENTITY
from app.spec.adoption.lifecycle_proposals import STATES, initial_state, state_attribute
from app.spec.adoption.report import Report, pointer
from app.spec.adoption.views import Views
from app.spec.expansion import noun
from app.spec.schemas import PREFIX, Schemas

_OF_THE_CREATE = re.compile(
    r"(creation|request(ed)?|confirmation|\w*(recording|reporting|registration))(date|time|datetime)"
    r"|creation|created?(on|at|date|time|datetime)",
    re.IGNORECASE,
)
_NOT_YET = re.compile(
    r"expected|requested|complet|cancel|effective|start|end|due|expir|next|plan|schedul|until|valid|resol|confirm", re.I
)
"""Words in the name of a date that is not that of the create."""
_DATES = ("Date", "Time", "DateTime")
_FLAG = re.compile(r"is[A-Z]")
_ITEMS = re.compile(r"\w*[iI]tem")
_IN_STUDY, _FIRST = "In study", "initialized"
"""The first states where no enum lists any: of resources that are designed before they are used, and of others."""
_FORMS = {"format", "pattern", "enum", "minLength", "maxLength"}
"""Keywords that restrict a text."""
_MOST_WITHIN = 2
"""Levels of items within items that are given states."""


def propose_created(schemas: Schemas, views: Views, lifecycle: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The `x-created` of a resource with this `x-lifecycle`; what else the server would have to set is reported."""
    return {
        **_Proposals(schemas, views, lifecycle).of_attributes(report),
        **dict(_item_states(schemas, views.shown, lifecycle)),
    }


class _Proposals:
    """The proposals for the attributes of one resource."""

    def __init__(self, schemas: Schemas, views: Views, lifecycle: Mapping[str, Any]) -> None:
        self._schemas, self._shown = schemas, views.shown
        self._members = schemas.tree(views.shown).members
        self._sent = schemas.tree(views.new).members
        self._demanded = schemas.required_members({"$ref": PREFIX + views.new})
        self._lacking = schemas.required_members({"$ref": PREFIX + views.shown}) - self._demanded
        self._states = {name for name in STATES if name in self._members and self._members[name].kind == "string"}
        self._states |= {state} if (state := state_attribute(schemas, views.shown)) else set()
        self._settled = {*IDENTITY, lifecycle.get("field"), lifecycle.get("changed")}

    def of_attributes(self, report: Report) -> dict[str, Any]:
        defaults: dict[str, Any] = {}
        for name, attribute in self._members.items():
            if name in self._settled:
                continue
            if (value := self._default(name, attribute)) is not None:
                defaults[name] = value
            elif name in self._lacking:
                kind = "anything" if attribute.kind == ANY else attribute.kind
                told = f"is always shown, and a create need not have it ({kind})"
                place = pointer("components", "schemas", self._shown, "properties", name)
                report.add(place, told, "a value in x-created")
        return defaults

    def _default(self, name: str, attribute: Attribute) -> Any:
        if attribute.array:
            is_its_own = name not in self._sent or name in self._lacking
            return [] if is_its_own and self._may_be_empty(name) else None
        if self._is_when(name, attribute):
            return NOW if self._is_of_the_create(name) else None
        if attribute.kind == "boolean":
            is_off = name == "isBundle" or (name in self._lacking and _FLAG.match(name))
            return False if is_off else None
        is_first = name in self._states and name not in self._demanded
        return _first_state(self._schemas, [self._shown, name], _usual_state(name)) if is_first else None

    def _is_when(self, name: str, attribute: Attribute) -> bool:
        """Whether an attribute holds a date: a date-time, or an unrestricted text with such a name."""
        if attribute.kind != "string" or not says_when(name):
            return attribute.kind == DATE_TIME
        declared = self._schemas.properties({"$ref": PREFIX + self._shown})[name]
        return _is_free(self._schemas, declared)

    def _is_of_the_create(self, name: str) -> bool:
        """Whether a date is that of the create, by its name; any that clients do not send is, unless it lies ahead."""
        if _OF_THE_CREATE.fullmatch(name) or says_last_change(name) or dated_state(name) in self._states:
            return True
        if name in {kind + ending for kind in _kinds(self._shown) for ending in _DATES}:
            return True
        return name not in self._sent and name.endswith(_DATES) and _NOT_YET.search(name) is None

    def _may_be_empty(self, name: str) -> bool:
        declared = self._schemas.properties({"$ref": PREFIX + self._shown})[name]
        return not any(part.get("minItems") for part in self._schemas.parts(declared))


def _kinds(shown: str) -> tuple[str, str]:
    """The words for the resource in names of its dates: `partyInteraction`, and `interaction`."""
    return lower_camel(shown), noun(shown).rpartition(" ")[2]


def _usual_state(attribute: str) -> str:
    return _IN_STUDY if "lifecycle" in attribute.lower() else _FIRST


def _first_state(schemas: Schemas, place: Sequence[str], usual: str) -> str | None:
    """The first state of the attribute at a place within a resource: one that its enum lists, else the `usual` one.

    None where its schema may not take that.
    """
    resource, *path = place
    (declared, *_) = schemas.declaring_schemas(resource, path)
    listed = [text for part in schemas.parts(declared) for text in part.get("enum", ()) if isinstance(text, str)]
    if listed:
        return initial_state(listed)
    return usual if _is_free(schemas, declared) else None


def _is_free(schemas: Schemas, declared: Mapping[str, Any]) -> bool:
    """Whether a schema takes any text."""
    return not any(_FORMS & part.keys() for part in schemas.parts(declared))


def _item_states(
    schemas: Schemas, resource: str, lifecycle: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """The path and first state of items, such as those of an order; without an enum they begin as the order does."""
    attributes = schemas.tree(resource).along(path)[-1] if path else schemas.tree(resource)
    for name, attribute in attributes.members.items():
        if not (attribute.array and attribute.kind == "object" and _ITEMS.fullmatch(name)):
            continue
        inside = (*path, name)
        for state in (each for each in STATES if each in attribute.members):
            usual = lifecycle.get("initial", _usual_state(state))
            if first := _first_state(schemas, [resource, *inside, state], usual):
                yield ".".join((*inside, state)), first
        if len(inside) < _MOST_WITHIN:
            yield from _item_states(schemas, resource, lifecycle, inside)
