"""What a view must remember beside a stored object, so that it can show exactly what its client sent."""

from typing import Any

from app.domain.equality import same

MEMORY = "_v4"
"""The private member that holds it; no view ever shows it."""


def difference(rendered: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """What turns `rendered` into `wanted`: members to `set`, members to `drop`, and the same `within` its objects.

    Parts that say nothing are left out; empty when the two are the same.
    """
    within, put = {}, {}
    for name, value in wanted.items():
        if name in rendered and same(rendered[name], value):
            continue
        if isinstance(value, dict) and isinstance(rendered.get(name), dict):
            within[name] = difference(rendered[name], value)
        else:
            put[name] = value
    parts = {"set": put, "drop": [name for name in rendered if name not in wanted], "within": within}
    return {part: said for part, said in parts.items() if said}


def recalled(rendered: dict[str, Any], memory: dict[str, Any]) -> dict[str, Any]:
    """`rendered` with a remembered `difference` applied; changes neither."""
    dropped = memory.get("drop", ())
    result = {name: value for name, value in rendered.items() if name not in dropped}
    for name, inner in memory.get("within", {}).items():
        if isinstance(result.get(name), dict):
            result[name] = recalled(result[name], inner)
    result.update(memory.get("set", {}))
    return result
