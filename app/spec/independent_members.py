# SPDX-License-Identifier: Apache-2.0
"""Whether a schema checks each member of an object apart from the others, so that after a change few are checked."""

from app.spec.schemas import Schema

_APART = frozenset({"type", "properties", "required", "allOf"})
"""Keywords that say of each member by itself how it must be, or that it must be there."""

_SILENT = frozenset({"title", "description", "example"})


def required_members(schema: Schema) -> frozenset[str] | None:
    """The members that `schema`, whose parts are no references, demands of an object, if it checks each apart.

    None if it may look at several at a time: `if` the one, `then` the other.
    """
    if not schema.keys() <= _APART | _SILENT | {"components"}:
        return None
    parts = [required_members(part) for part in schema.get("allOf", ())]
    demanded = [part for part in parts if part is not None]
    return frozenset(schema.get("required", ())).union(*demanded) if len(demanded) == len(parts) else None
