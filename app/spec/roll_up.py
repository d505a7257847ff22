# SPDX-License-Identifier: Apache-2.0
"""What a document declares of the state that follows from the states of items (`rollUp` in `x-lifecycle`)."""

from collections.abc import Iterator
from typing import Any

from marshmallow import Schema, fields, post_load

from app.domain.roll_up import RollUp, RollUpRule
from app.spec.schemas import Schemas


class RollUpRuleShape(Schema):
    """An item of `rules`."""

    becomes = fields.String(required=True)
    all = fields.List(fields.String(), load_default=list)
    some = fields.List(fields.String(), load_default=list)

    @post_load
    def _rule(self, data: dict[str, Any], **_: Any) -> RollUpRule:
        return RollUpRule(data["becomes"], frozenset(data["all"]), frozenset(data["some"]))


class RollUpShape(Schema):
    """The value of `rollUp`."""

    of = fields.String(required=True)
    state = fields.String(required=True)
    rules = fields.List(fields.Nested(RollUpRuleShape), required=True)

    @post_load
    def _roll_up(self, data: dict[str, Any], **_: Any) -> RollUp:
        return RollUp(data["of"], data["state"], tuple(data["rules"]))


def undeclared_items(schemas: Schemas, resource: str, roll_up: RollUp | None) -> Iterator[str]:
    """A line where the items are no array of the resource, or have no attribute for their state."""
    if roll_up is None:
        return
    place, members = f"x-tmf-resources/{resource}/x-lifecycle/rollUp", schemas.tree(resource).members
    if roll_up.of not in members or not members[roll_up.of].array:
        yield f"{place}: '{roll_up.of}' is no array of {resource}"
    elif roll_up.state not in members[roll_up.of].members:
        yield f"{place}: '{roll_up.state}' is no attribute of {resource}.{roll_up.of}"
