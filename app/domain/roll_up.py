# SPDX-License-Identifier: Apache-2.0
"""Roll-up: the state of a document that follows from the states of its items, by declared rules (`rollUp`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RollUpRule:
    """The state that a document `becomes` where `all` of its items are in some of these states, and `some` of them is.

    An empty set asks for nothing.
    """

    becomes: str
    all: frozenset[str] = frozenset()
    some: frozenset[str] = frozenset()

    def holds(self, states: frozenset[str]) -> bool:
        """Whether it holds of items in these states."""
        return (not self.all or states <= self.all) and (not self.some or bool(states & self.some))


@dataclass(frozen=True)
class RollUp:
    """The rules for the items in the array `of`, each of which has its state in the member `state`; the first one that
    holds counts."""

    of: str
    state: str
    rules: tuple[RollUpRule, ...]

    @property
    def states(self) -> frozenset[str]:
        """The states that the rules name."""
        return frozenset(state for rule in self.rules for state in (rule.becomes, *rule.all, *rule.some))

    def becomes(self, document: Mapping[str, Any], state_of: Callable[[object], str | None]) -> str | None:
        """The state of a stored document; None where no rule holds, or where not all items have a state that is known.

        `state_of` gives the declared state that a text names.
        """
        items = document.get(self.of)
        if not isinstance(items, list) or not items:
            return None
        found = [state_of(item.get(self.state)) if isinstance(item, Mapping) else None for item in items]
        states = frozenset(state for state in found if state is not None)
        if None in found:
            return None
        return next((rule.becomes for rule in self.rules if rule.holds(states)), None)
