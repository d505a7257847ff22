# SPDX-License-Identifier: Apache-2.0
"""Independent members: whether a schema checks each member by itself, so that a patch need check changed ones alone."""

from app.spec.schemas import Schema

_APART = frozenset({"type", "properties", "required", "allOf"})
"""Keywords that constrain each member by itself."""

_SILENT = frozenset({"title", "description", "example"})


def required_members(schema: Schema) -> frozenset[str] | None:
    """The required members of `schema`, whose parts are no references, if it checks each member by itself.

    None if it may depend on several together, as with `if` and `then`.
    """
    if not schema.keys() <= _APART | _SILENT | {"components"}:
        return None
    parts = [required_members(part) for part in schema.get("allOf", ())]
    demanded = [part for part in parts if part is not None]
    return frozenset(schema.get("required", ())).union(*demanded) if len(demanded) == len(parts) else None
