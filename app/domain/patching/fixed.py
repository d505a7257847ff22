"""What no patch may change."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.equality import same
from app.errors import InvalidField


def refuse_fixed(before: Mapping[str, Any], after: Mapping[str, Any], fixed: Iterable[str]) -> None:
    """Raise `InvalidField` when an attribute that is not patchable has another value in `after` than in `before`."""
    for name in fixed:
        was, wanted = before.get(name), after.get(name)
        if was is not wanted and not same(was, wanted):
            raise InvalidField(f"/{name} is not patchable; leave it out or send its present value")
