# SPDX-License-Identifier: Apache-2.0
"""What a document declares of relationships (`x-relationships`): attributes that are the two ends of one."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load

from app.domain.relationships import RelationshipDeclaration
from app.spec.schemas import Schemas

RELATIONSHIPS = "x-relationships"
"""The relationships of the documents of a resource with one another."""


def _is_path_of_id(text: str) -> bool:
    """Whether a text is a path to an id; for marshmallow, which raises where it is not."""
    if text.count(".") < 1 or not text.endswith(".id"):
        raise ValidationError(
            f"'{text}' should be the path of an id, such as organizationParentRelationship.organization.id"
        )
    return True


class RelationshipShape(Schema):
    """An item of `x-relationships`."""

    path = fields.String(required=True, validate=_is_path_of_id)
    inverse = fields.String(required=True, validate=_is_path_of_id)
    hierarchy = fields.Boolean(load_default=False)

    @post_load
    def _declaration(self, data: dict[str, Any], **_: Any) -> RelationshipDeclaration:
        return RelationshipDeclaration(
            tuple(data["path"].split(".")), tuple(data["inverse"].split(".")), data["hierarchy"]
        )


def undeclared_relationships(
    schemas: Schemas,
    resource: str,
    relationships: Iterable[RelationshipDeclaration],
    indexes: Collection[list[str]],
    unfit: Collection[str],
) -> Iterator[str]:
    """A line for each path of the relationships that is no attribute of the resource, or not as an end must be.

    Attributes that are `unfit` are required ones, of which an end could not be taken away, and sensitive ones.
    """
    place, met = f"x-tmf-resources/{resource}/{RELATIONSHIPS}", set[str]()
    for each in relationships:
        for path in (each.path, each.inverse):
            text = ".".join(path)
            if not schemas.declaring_schemas(resource, list(path)):
                yield f"{place}: '{text}' is no attribute of {resource}"
                continue
            if [text] not in indexes:
                yield f"{place}: '{text}' should stand in x-indexes, too: the other end is found by it"
            if any(attribute.array for attribute in schemas.tree(resource).along(path)[1:]):
                yield f"{place}: '{text}' leads through an array within '{path[0]}', which should be one reference"
            if path[0] in unfit:
                yield f"{place}: '{path[0]}' is required or sensitive, and cannot follow the other end"
            if path[0] in met:
                yield f"{place}: '{path[0]}' should be an end once"
            met.add(path[0])
