# SPDX-License-Identifier: Apache-2.0
"""Roles as TMF672 tells them: a PermissionSpecificationSet for each, with a PermissionSpecification for each grant."""

from collections.abc import Sequence
from typing import Any

from app.access.roles import Roles
from app.domain.scopes import ANY, NAMED_ALONE, VERBS


def permission_specification_sets(roles: Roles) -> dict[str, dict[str, Any]]:
    """The PermissionSpecificationSet (TMF672) of each role, without `href`, by the role's name, which is its `id`."""
    return {name: _specification_set(name, grants) for name, grants in roles.grants.items()}


def component_roles(roles: Roles) -> list[dict[str, str]]:
    """The `componentRole` entries of an ODA component manifest, one for each role: `name` and `description`."""
    return [
        {"name": each["name"], "description": each["description"]}
        for each in permission_specification_sets(roles).values()
    ]


def _specification_set(name: str, grants: Sequence[str]) -> dict[str, Any]:
    return {
        "@type": "PermissionSpecificationSet",
        "id": name,
        "name": name,
        "description": _description(grants),
        "involvementRole": name,
        "permissionSpecification": [_specification(grant) for grant in grants],
    }


def _specification(grant: str) -> dict[str, Any]:
    function, _, action = grant.partition(":")
    return {
        "@type": "PermissionSpecification",
        "name": grant,
        "description": _description([grant]),
        "function": function,
        "action": action,
    }


def _description(grants: Sequence[str]) -> str:
    """What the grants allow, in words: what is done alike to several resources is said once."""
    verbs: dict[str, list[str]] = {}
    for grant in grants:
        function, _, action = grant.partition(":")
        verbs.setdefault(function, []).extend(VERBS if action == ANY else [action])
    functions: dict[tuple[str, bool], list[str]] = {}
    for function, actions in verbs.items():
        done = [verb for verb in VERBS if verb in actions]
        functions.setdefault((_enumeration(done), function == ANY), []).append(_resource(function, grants))
    told = "; ".join(f"{done} {_enumeration(names)}" for (done, _), names in functions.items())
    return told[:1].upper() + told[1:] or "Nothing"


def _resource(function: str, grants: Sequence[str]) -> str:
    if function != ANY:
        return function
    return "every resource" if f"{ANY}:{ANY}" in grants else f"every resource but {_enumeration(sorted(NAMED_ALONE))}"


def _enumeration(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
