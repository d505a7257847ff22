# SPDX-License-Identifier: Apache-2.0
"""Proposes what a resource declares (`x-tmf-resources`): parent, lifecycle, indexes, operations, defaults."""

from typing import Any

from app.spec.adoption.created_proposals import propose_created
from app.spec.adoption.lifecycle_proposals import propose_lifecycle, state_attribute
from app.spec.adoption.report import Report, pointer
from app.spec.adoption.resources import PublishedResource
from app.spec.adoption.views import Views
from app.spec.nesting import PARENT
from app.spec.operations import OPERATIONS
from app.spec.schemas import Schemas

_DONE = "done"
"""The state of a task that nobody will change: it has come to what it was answered with."""
_INDEXES = ("relatedParty.id", "relatedParty.partyOrPartyRole.id", "engagedParty.id")


def propose_declaration(
    components: dict[str, Any], views: Views, resource: PublishedResource, report: Report
) -> dict[str, Any]:
    """What `x-tmf-resources` says of a resource, in the order in which it reads best."""
    schemas = Schemas({"components": {"schemas": components}})
    declared: dict[str, Any] = {PARENT: resource.parent} if resource.parent else {}
    lifecycle = propose_lifecycle(schemas, views.shown)
    state = state_attribute(schemas, views.shown)
    if lifecycle and "patch" not in resource.operations and _DONE in lifecycle["moves"]:
        lifecycle["initial"] = _DONE
    if lifecycle:
        declared["x-lifecycle"] = lifecycle
    elif state:
        reason = "has no enum of a few states: none is proposed, and there are no events of a change of state"
        report.add(pointer("components", "schemas", views.shown, "properties", state), reason, "an x-lifecycle")
    if indexes := _indexes(schemas, views.shown, state):
        declared["x-indexes"] = [[path] for path in indexes]
    if len(resource.operations) < len(OPERATIONS):
        declared["x-operations"] = list(resource.operations)
    if views.new and (created := propose_created(schemas, views, lifecycle or {}, report)):
        declared["x-created"] = created
    if not views.whole:  # Before version 5 no class is mandatory, and conformance runs look for nothing else.
        declared["x-selected"] = ["id", "href"]
    return declared


def _indexes(schemas: Schemas, shown: str, state: str | None) -> list[str]:
    members = schemas.tree(shown).members
    names = [name for name in ("name", state) if name is not None and name in members]
    texts = [name for name in names if members[name].kind == "string" and not members[name].array]
    return texts + [path for path in _INDEXES if schemas.declaring_schemas(shown, path.split("."))]
