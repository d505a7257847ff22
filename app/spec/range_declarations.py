# SPDX-License-Identifier: Apache-2.0
"""Ranges of numbers that depend on another attribute, as a document declares them under `x-ranges`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from app.domain.ranges import Bounds, ValueRange
from app.spec.schemas import Schemas

RANGES = "x-ranges"


def _ascend(bounds: Sequence[int]) -> None:
    if list(bounds) != sorted(bounds):
        raise ValidationError(f"the least number, {min(bounds)}, should come first")


class RangeShape(Schema):
    """The range of one number: `by` which attribute, and the bounds `of` each of its texts."""

    by = fields.String(required=True)
    of = fields.Dict(
        fields.String(),
        fields.List(fields.Integer(strict=True), validate=[validate.Length(equal=2), _ascend]),
        required=True,
    )

    @post_load
    def _range(self, data: Mapping[str, Any], **_: Any) -> ValueRange:
        return ValueRange("", data["by"], {text: Bounds(*bounds) for text, bounds in data["of"].items()})


def undeclared_ranges(schemas: Schemas, resource: str, ranges: Sequence[ValueRange]) -> Iterator[str]:
    """A line for each name in `ranges` that is no attribute of the resource of the kind that it should be."""
    members = schemas.tree(resource).members
    for each in ranges:
        for name, kinds in ((each.attribute, ("integer", "number")), (each.by, ("string",))):
            if name not in members or members[name].kind not in kinds:
                told = f"'{name}' is no attribute of {resource} that is a {kinds[-1]}"
                yield f"x-tmf-resources/{resource}/{RANGES}: {told}"
