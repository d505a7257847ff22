# SPDX-License-Identifier: Apache-2.0
"""What a document declares of amendments (`x-amendable`): attributes that a resource in a final state still takes."""

from collections.abc import Iterator
from typing import Any

from marshmallow import Schema, fields, post_load

from app.domain.amendments import Amendable
from app.spec.schemas import Schemas

AMENDABLE = "x-amendable"
"""Our keyword below `x-tmf-resources`: what changes of a resource that is in a final state; else everything does."""


class AmendableShape(Schema):
    """The value of `x-amendable`."""

    attributes = fields.List(fields.String(), required=True)
    correction = fields.String(load_default="")

    @post_load
    def _amendable(self, data: dict[str, Any], **_: Any) -> Amendable:
        return Amendable(frozenset(data["attributes"]), data["correction"])


def undeclared_amendments(
    schemas: Schemas, resource: str, amendable: Amendable | None, *, has_lifecycle: bool
) -> Iterator[str]:
    """A line for each attribute that is none of the resource; and one where no state is ever final."""
    if amendable is None:
        return
    place = f"x-tmf-resources/{resource}/{AMENDABLE}"
    if not has_lifecycle:
        yield f"{place}: {resource} has no x-lifecycle, and so no final state"
    members = schemas.tree(resource).members
    named = {*amendable.attributes, *([amendable.correction] if amendable.correction else ())}
    yield from (f"{place}: '{name}' is no attribute of {resource}" for name in sorted(named) if name not in members)
