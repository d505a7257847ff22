"""What no patch may change."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.domain.equality import equal
from app.domain.violations import Violation, refusal


def fixed_violations(before: Mapping[str, Any], after: Mapping[str, Any], fixed: Iterable[str]) -> Iterator[Violation]:
    """The attributes that are not patchable and have another value in `after` than in `before`."""
    for name in fixed:
        was, wanted = before.get(name), after.get(name)
        if was is not wanted and not equal(was, wanted):
            yield Violation(f"/{name}", "is not patchable; leave it out or send its present value", rule="fixed")


def refuse_fixed(before: Mapping[str, Any], after: Mapping[str, Any], fixed: Iterable[str]) -> None:
    """Raise `InvalidField` when there is such an attribute."""
    if found := list(fixed_violations(before, after, fixed)):
        raise refusal(found)
