# SPDX-License-Identifier: Apache-2.0
"""Resources whose creates are computed by a hook of the deployment (`x-hook`): what the document says of them."""

from collections.abc import Mapping
from typing import Any

from app.errors import StartError
from app.spec.nesting import PARENT

HOOK = "x-hook"
"""Our keyword below `x-tmf-resources`: the URL of what computes the result of a create."""

HOOK_RESPONSES = {
    "502": {"$ref": "#/components/responses/BadGateway"},
    "504": {"$ref": "#/components/responses/GatewayTimeout"},
}
"""What such a create may be answered besides."""


def refuse_wrong_hooks(declared: Mapping[str, Any]) -> None:
    """Raise `StartError` where `x-tmf-resources` have a hook that nothing would call."""
    for resource, declaration in declared.items():
        if HOOK not in declaration:
            continue
        place = f"x-tmf-resources.{resource}.{HOOK}"
        if "create" not in declaration.get("x-operations", ["create"]):
            raise StartError(f"{place}: nothing is created, so it would never be called; offer create, or take it out")
        if PARENT in declaration:
            raise StartError(f"{place}: what is within another resource has none; take out the hook, or {PARENT}")
