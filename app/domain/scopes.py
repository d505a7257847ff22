# SPDX-License-Identifier: Apache-2.0
"""Scopes: what an access token may do. A scope is a resource and what is done to it, such as `customer:read`."""

import re
from collections.abc import Collection

REVEAL = "reveal"
"""The verb of scopes that show sensitive attributes, such as `identification:reveal`."""
READ = "read"
VERBS = (READ, "create", "update", "delete", REVEAL)
ANY = "*"
EVERYTHING = "*:*"
"""Stands in what a role grants for every resource, or every verb."""
MATCH = f"match:{READ}"
"""The scope of asking who may be the same, and of being told of suspected duplicates."""
NAMED_ALONE = frozenset({"hub", "topic", "event"})
"""What `*:read` and the like do not stand for: who may read customers may not have them
sent to a listener for good, nor read of all that ever happened. `*:*` is everything."""

_GRANT = re.compile(rf"(\*|[a-z][A-Za-z0-9]*):(\*|{'|'.join(VERBS)})")


def is_grant(text: object) -> bool:
    """Whether a text is what a role may grant: a scope, with `*` for its resource or its verb, or for both."""
    return isinstance(text, str) and bool(_GRANT.fullmatch(text))


def is_scope(text: object) -> bool:
    """Whether a text is the scope of an operation: a resource and a verb."""
    return is_grant(text) and ANY not in str(text)


def granting(scope: str) -> frozenset[str]:
    """All grants that cover the scope of an operation: itself, and those with `*`."""
    resource, _, verb = scope.partition(":")
    of_all_resources = set() if resource in NAMED_ALONE else {f"{ANY}:{verb}"}
    return frozenset({scope, f"{resource}:{ANY}", EVERYTHING, *of_all_resources})


def covers(grants: Collection[str], scope: str) -> bool:
    """Whether one of the `grants` covers the scope of an operation."""
    return not granting(scope).isdisjoint(grants)
