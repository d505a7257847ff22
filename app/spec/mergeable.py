# SPDX-License-Identifier: Apache-2.0
"""Resources that can be merged into one another (`x-mergeable`): what a document says of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.domain.events import lower_camel
from app.errors import StartError
from app.spec.chain_declarations import ACYCLIC
from app.spec.hooks import HOOK
from app.spec.nesting import PARENT
from app.spec.operations import OPERATIONS
from app.spec.process_resources import PROCESS
from app.spec.server_sources import SOURCE

MERGEABLE = "x-mergeable"
"""Our keyword below `x-tmf-resources`: `true` where the id of a resource may become an alias of another one's."""

MOVED = "301"
MERGED_RESPONSES = {MOVED: {"$ref": "#/components/responses/MovedPermanently"}}
"""What a read by id may be answered besides."""

_NEVER = (PARENT, HOOK, SOURCE, PROCESS, ACYCLIC)
# Two documents that become one may close a cycle that neither had.


def refuse_wrong_mergeable(declared: Mapping[str, Any]) -> None:
    """Raise `StartError` where `x-tmf-resources` have something to be merged whose ids lead nowhere else."""
    for resource, declaration in declared.items():
        if not declaration.get(MERGEABLE):
            continue
        place = f"x-tmf-resources.{resource}.{MERGEABLE}"
        if others := [name for name in _NEVER if name in declaration]:
            raise StartError(f"{place}: what has {others[0]} is never merged; take one of both out")
        if "retrieve" not in declaration.get("x-operations", ["retrieve"]):
            raise StartError(f"{place}: nobody could follow an alias; offer retrieve, or take it out")


def undeclared_moves(document: Mapping[str, Any]) -> Iterator[str]:
    """A line for each read by id that declares 301 though nothing is merged there, or does not though it is."""
    template, method = OPERATIONS["retrieve"]
    for resource, declaration in document.get("x-tmf-resources", {}).items():
        path = template.format(lower_camel(resource))
        responses = document["paths"].get(path, {}).get(method, {}).get("responses")
        if responses is None or (MOVED in responses) is bool(declaration.get(MERGEABLE)):
            continue
        if MOVED in responses:
            yield f"{method.upper()} {path} should not declare {MOVED}: {resource} has no `{MERGEABLE}: true`"
        else:
            yield f"{method.upper()} {path} should declare {MOVED}: {resource} has `{MERGEABLE}: true`"
