# SPDX-License-Identifier: Apache-2.0
"""What a document declares about access beside scopes: whose a resource is (`x-owner`), and what of it is sensitive."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.domain.query.attributes import ANYTHING
from app.domain.restriction import RELATED, OwnerPath, RoleCredentials, SensitiveElements
from app.domain.scopes import REVEAL, is_scope
from app.spec.schemas import Schemas

OWNER = "x-owner"
"""The paths in a stored document that lead to the parties whose it is."""

SENSITIVE = "x-sensitive"
"""Attributes, or elements of arrays, that are hidden from whoever lacks the scope beside them."""

_ELEMENTS = re.compile(r"([^\[\]=.]+)\[([^\[\]=.]+)=([^\[\]]+)\]")
"""The elements of an array by the text of a member: `partyCharacteristic[name=religion]`."""


def is_sensitive_place(text: str) -> bool:
    """Whether a text names an attribute, or elements of one; for marshmallow, which raises where it does not."""
    if any(each in text for each in "[]=.") and not _ELEMENTS.fullmatch(text):
        raise ValidationError(f"'{text}' should be an attribute, or such as partyCharacteristic[name=religion]")
    return True


def sensitive_elements(declared: Mapping[str, str]) -> list[SensitiveElements]:
    """The elements of arrays among what is declared as sensitive, by place: its scope."""
    found = ((_ELEMENTS.fullmatch(place), scope) for place, scope in declared.items())
    return [SensitiveElements(match[1], match[2], match[3], scope) for match, scope in found if match]


def is_reveal_scope(text: str) -> bool:
    """Whether a text is a scope that shows sensitive attributes; for marshmallow, which raises where it is not."""
    if not (is_scope(text) and text.endswith(f":{REVEAL}")):
        raise ValidationError(f"'{text}' should be a scope such as identification:{REVEAL}")
    return True


def is_any_scope(text: str) -> bool:
    """Whether a text is the scope of an operation; for marshmallow, which raises where it is not."""
    if not is_scope(text):
        raise ValidationError(f"'{text}' should be a scope such as partyInteraction:update")
    return True


class CredentialsShape(Schema):
    """What taking part in a role needs."""

    scope = fields.String(validate=is_any_scope, load_default="")
    acr = fields.List(fields.String(validate=validate.Regexp(r"[\x21\x23-\x5b\x5d-\x7e]+\Z")), load_default=tuple)
    max_age = fields.Integer(validate=validate.Range(0), data_key="maxAge", load_default=None)

    @post_load
    def _credentials(self, data: dict[str, Any], **_: Any) -> RoleCredentials:
        return RoleCredentials(data["scope"], tuple(data["acr"]), data["max_age"])


class OwnerShape(Schema):
    """An item of `x-owner`."""

    party = fields.String(required=True)
    role = fields.String(load_default="")
    allows = fields.Dict(
        fields.String(), fields.List(fields.String(validate=validate.OneOf(RELATED))), load_default=dict
    )

    credentials = fields.Dict(fields.String(), fields.Nested(CredentialsShape), load_default=dict)

    @validates_schema(skip_on_field_errors=True)
    def _roles_together(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["credentials"] and not data["role"]:
            raise ValidationError({"credentials": "should stand beside `role`: they are those of a role"})
        if bool(data["role"]) != bool(data["allows"]):
            raise ValidationError({"role": "should stand beside `allows`, which says what each role may do"})

    @post_load
    def _owner(self, data: dict[str, Any], **_: Any) -> OwnerPath:
        return OwnerPath(_path(data["party"]), _path(data["role"]), data["allows"], data["credentials"])


def undeclared_paths(
    schemas: Schemas,
    resource: str,
    owners: Iterable[OwnerPath],
    sensitive: Mapping[str, str],
    required: frozenset[str],
) -> Iterator[str]:
    """A line for each path of the two declarations that is no attribute of the resource, or a `required` one."""
    place = f"x-tmf-resources/{resource}"
    for path in (path for owner in owners for path in (owner.party, owner.role) if path):
        if not schemas.declaring_schemas(resource, list(path)):
            yield f"{place}/{OWNER}: '{'.'.join(path)}' is no attribute of {resource}"
    members = schemas.tree(resource).members
    for name in sensitive:
        if name not in members:
            yield f"{place}/{SENSITIVE}: '{name}' is no attribute of {resource}"
        elif name in required:
            yield f"{place}/{SENSITIVE}: '{name}' is required in a {resource}, and cannot be left out"


def undeclared_elements(
    schemas: Schemas, resource: str, elements: Iterable[SensitiveElements], required: frozenset[str]
) -> Iterator[str]:
    """A line for each elements that are in no array of objects with such a member, or in a `required` one."""
    members = schemas.tree(resource).members
    for attribute, member, text, _ in elements:
        place = f"x-tmf-resources/{resource}/{SENSITIVE}: '{attribute}[{member}={text}]'"
        holder = members.get(attribute)
        if holder is None or not holder.array or holder.members.get(member, ANYTHING).kind != "string":
            yield f"{place}: {resource} has no array '{attribute}' of objects with a text '{member}'"
        elif attribute in required:
            yield f"{place}: '{attribute}' is required in a {resource}, and cannot be left out"


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()
