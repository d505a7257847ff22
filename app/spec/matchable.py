# SPDX-License-Identifier: Apache-2.0
"""Resources whose documents are parties that may be there twice (`x-matchable`): what a document says of them."""

from collections.abc import Mapping
from typing import Any

from app.errors import StartError
from app.spec.nesting import PARENT
from app.spec.server_sources import SOURCE

MATCHABLE = "x-matchable"
"""Our keyword below `x-tmf-resources`: `true` where the matching rules are for the documents of a resource, and an
event tells of suspected duplicates."""

_NEVER = (PARENT, SOURCE)


def refuse_wrong_matchable(declared: Mapping[str, Any]) -> None:
    """Raise `StartError` where `x-tmf-resources` have something to be matched that is no party of its own."""
    for resource, declaration in declared.items():
        if declaration.get(MATCHABLE) and (others := [name for name in _NEVER if name in declaration]):
            place = f"x-tmf-resources.{resource}.{MATCHABLE}"
            raise StartError(f"{place}: what has {others[0]} is never matched; take one of both out")
