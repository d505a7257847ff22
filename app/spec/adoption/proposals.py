# SPDX-License-Identifier: Apache-2.0
"""Proposes what a resource declares (`x-tmf-resources`): lifecycle, indexes, operations, what the server sets."""

import re
from collections.abc import Collection
from typing import Any

from app.domain.create_defaults import NOW, says_last_change
from app.domain.events import lower_camel
from app.domain.query.attributes import ANY, DATE_TIME, Attribute
from app.domain.rules import IDENTITY
from app.spec.adoption.lifecycle_proposals import propose_lifecycle, state_attribute
from app.spec.adoption.report import Report, pointer
from app.spec.adoption.views import Views
from app.spec.expansion import OPERATIONS, noun
from app.spec.schemas import PREFIX, Schemas

_INDEXES = ("relatedParty.id", "relatedParty.partyOrPartyRole.id", "engagedParty.id")
_CREATION = re.compile(r"creation(date|time|datetime)?|created?(on|at|date|time|datetime)", re.IGNORECASE)
_NOT_YET = re.compile(
    r"expected|requested|complet|cancel|effective|start|end|due|expir|next|plan|schedul|until|valid|resol|confirm", re.I
)
"""In the name of a date: that it is none of the create."""
_FLAG = re.compile(r"is[A-Z]")


def propose_declaration(
    components: dict[str, Any], views: Views, operations: Collection[str], report: Report
) -> dict[str, Any]:
    """What `x-tmf-resources` says of a resource, in the order in which it reads best."""
    schemas = Schemas({"components": {"schemas": components}})
    declared: dict[str, Any] = {}
    lifecycle = propose_lifecycle(schemas, views.shown)
    state = state_attribute(schemas, views.shown)
    if lifecycle:
        declared["x-lifecycle"] = lifecycle
    elif state:
        reason = "has no enum of a few states: none is proposed, and there are no events of a change of state"
        report.add(pointer("components", "schemas", views.shown, "properties", state), reason, "an x-lifecycle")
    if indexes := _indexes(schemas, views.shown, state):
        declared["x-indexes"] = [[path] for path in indexes]
    if len(operations) < len(OPERATIONS):
        declared["x-operations"] = [name for name in OPERATIONS if name in operations]
    if views.new and (created := _defaults(schemas, views, lifecycle or {}, report)):
        declared["x-created"] = created
    return declared


def _indexes(schemas: Schemas, shown: str, state: str | None) -> list[str]:
    members = schemas.tree(shown).members
    names = [name for name in ("name", state) if name is not None and name in members]
    texts = [name for name in names if members[name].kind == "string" and not members[name].array]
    return texts + [path for path in _INDEXES if schemas.declaring_schemas(shown, path.split("."))]


def _defaults(schemas: Schemas, views: Views, lifecycle: dict[str, Any], report: Report) -> dict[str, Any]:
    """What the server sets on create: dates, flags, empty arrays; what else it would have to set is reported."""
    members, new = schemas.tree(views.shown).members, schemas.tree(views.new).members
    always = schemas.required_members({"$ref": PREFIX + views.shown})
    lacking = always - schemas.required_members({"$ref": PREFIX + views.new})
    settled = {*IDENTITY, lifecycle.get("field"), lifecycle.get("changed")}
    defaults: dict[str, Any] = {}
    for name, attribute in members.items():
        if name in settled:
            continue
        if not attribute.array and attribute.kind == DATE_TIME and _is_of_the_create(name, views.shown, name in new):
            defaults[name] = NOW
        elif not attribute.array and attribute.kind == "boolean" and _is_off(name, name in lacking):
            defaults[name] = False
        elif name in lacking and attribute.array and _may_be_empty(schemas, views.shown, name):
            defaults[name] = []
        elif name in lacking:
            _report_lacking(views.shown, name, attribute, report)
    return defaults


def _is_of_the_create(name: str, shown: str, is_sent: bool) -> bool:
    """Whether a date-time is that of the create, by its name; one that no client sends is, unless it lies ahead."""
    if _CREATION.fullmatch(name) or says_last_change(name):
        return True
    if name in (f"{lower_camel(shown)}Date", f"{noun(shown).rpartition(' ')[2]}Date"):
        return True
    return not is_sent and name.endswith("Date") and _NOT_YET.search(name) is None


def _is_off(name: str, is_lacking: bool) -> bool:
    return name == "isBundle" or (is_lacking and _FLAG.match(name) is not None)


def _may_be_empty(schemas: Schemas, shown: str, name: str) -> bool:
    declared = schemas.properties({"$ref": PREFIX + shown})[name]
    return not any(part.get("minItems") for part in schemas.parts(declared))


def _report_lacking(shown: str, name: str, attribute: Attribute, report: Report) -> None:
    kind = "anything" if attribute.kind == ANY else attribute.kind
    told = f"is always shown, and a create need not have it ({kind})"
    report.add(pointer("components", "schemas", shown, "properties", name), told, "a value in x-created")
