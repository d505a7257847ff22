# SPDX-License-Identifier: Apache-2.0
"""What a document declares of unique identifiers (`x-unique`): what only one document of a resource may have."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.domain.query.predicates import Path
from app.domain.unique_identifiers import UniqueIdentifier, comparable
from app.spec.schemas import Schemas

UNIQUE = "x-unique"
"""The identifiers of a resource of which no two documents have the same."""


class IdentifierShape(Schema):
    """An item of `x-unique`; paths in `parts` are those within an element of the array `of`, if there is one."""

    of = fields.String(load_default="")
    parts = fields.List(fields.String(), required=True, validate=validate.Length(1))
    needed = fields.List(fields.String(), load_default=list)
    where = fields.Dict(fields.String(), fields.Raw(), load_default=dict)
    placeholders = fields.List(fields.String(), load_default=list)
    while_live = fields.Boolean(data_key="whileLive", load_default=False)
    resolved = fields.List(fields.String(), load_default=list)
    optional = fields.Boolean(load_default=False)

    @validates_schema(skip_on_field_errors=True)
    def _needs_its_parts(self, data: Mapping[str, Any], **_: Any) -> None:
        if strange := [path for path in data["needed"] if path not in data["parts"]]:
            raise ValidationError({"needed": f"names '{strange[0]}', which is none of parts"})

    @post_load
    def _identifier(self, data: dict[str, Any], **_: Any) -> UniqueIdentifier:
        parts = tuple(map(_path, data["parts"]))
        return UniqueIdentifier(
            name="",
            holder=_path(data["of"]),
            parts=parts,
            needed=tuple(map(_path, data["needed"])) or parts,
            where=tuple(sorted(data["where"].items())),
            placeholders=tuple(map(comparable, data["placeholders"])),
            while_live=data["while_live"],
            resolved=tuple(data["resolved"]),
            optional=data["optional"],
        )


def undeclared_identifiers(
    schemas: Schemas, resource: str, identifiers: Iterable[UniqueIdentifier], *, has_lifecycle: bool
) -> Iterator[str]:
    """A line for each path of the identifiers that is no attribute of the resource, and for what it cannot have."""
    for each in identifiers:
        place = f"x-tmf-resources/{resource}/{UNIQUE}/{each.name}"
        for path in each.parts:
            if not schemas.declaring_schemas(resource, [*each.holder, *path]):
                yield f"{place}: '{'.'.join((*each.holder, *path))}' is no attribute of {resource}"
        if each.while_live and not has_lifecycle:
            yield f"{place}/whileLive: {resource} has no x-lifecycle, and never ends"


def _path(text: str) -> Path:
    return tuple(text.split(".")) if text else ()
