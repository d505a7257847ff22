# SPDX-License-Identifier: Apache-2.0
"""Which entries of the log one listener is at: in order for each resource, several resources at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

IN_FLIGHT = 8
"""Deliveries to one listener at once."""
LOOKED_AHEAD = 64
"""How many entries after the first one that is not done are looked at; after a crash so many may be sent again."""

Resource = tuple[str, str]


class Trouble(NamedTuple):
    """How often in a row a delivery failed, and since when."""

    attempts: int
    since: datetime | None


NO_TROUBLE = Trouble(0, None)


@dataclass
class Item:
    """An entry that the listener wants; `attempts` are those that failed, the first of them at `failing_since`."""

    sequence: int
    resource: Resource
    attempts: int = 0
    failing_since: datetime | None = None
    under_way: bool = False
    done: bool = False


class InFlight:
    """What of the log after `position` is wanted, under way and done. All up to `position` is done with.

    It begins with one delivery at a time and doubles with each that succeeds. After one that failed nothing else is
    begun until that one is delivered.
    """

    def __init__(self, position: int) -> None:
        self._items: dict[int, Item] = {}
        self.ahead = position
        self.stored = position
        """The position that the registration has."""
        self._width = 1
        self._owed: Trouble = NO_TROUBLE

    @property
    def position(self) -> int:
        """Up to here everything is done with."""
        return next(iter(self._items), self.ahead + 1) - 1

    @property
    def resting(self) -> bool:
        """Whether all that was looked at is done with."""
        return not self._items

    @property
    def has_room(self) -> bool:
        """Whether another entry may be looked at, and delivered at once if it is wanted."""
        return self._has_a_hand_free and len(self._items) < LOOKED_AHEAD and not self.failed_items

    @property
    def failed_items(self) -> list[Item]:
        """The deliveries that failed and are not delivered yet."""
        return [item for item in self._items.values() if item.attempts and not item.done]

    @property
    def attempts(self) -> int:
        """How often in a row the delivery that fares worst failed; 0 when none is failing."""
        return max((item.attempts for item in self.failed_items), default=0)

    def look(self, sequence: int, resource: Resource | None) -> None:
        """Look at the next entry: to be delivered, as it is about `resource`, or passed over where that is None."""
        self.ahead = sequence
        if resource:
            self._items[sequence] = Item(sequence, resource)
            self._settle_owed()

    def next(self) -> Item | None:
        """The next delivery to begin; None when there is none or enough are under way."""
        if not self._has_a_hand_free:
            return None
        return next((each for each in self.failed_items or self._first_of_each() if not each.under_way), None)

    def begin(self, item: Item) -> None:
        """Note that its delivery is under way."""
        item.under_way = True

    def record_delivery(self, item: Item) -> None:
        """Its listener has taken it: more may be in flight at once."""
        item.under_way, item.done = False, True
        self._width = 1 if self.failed_items else min(IN_FLIGHT, self._width * 2)
        self._drop_done()

    def record_failure(self, item: Item, at: datetime) -> None:
        """Its delivery failed `at` this instant: one at a time from here on."""
        item.under_way = False
        item.attempts += 1
        item.failing_since = item.failing_since or at
        self._width = 1

    def resume(self, position: int, trouble: Trouble) -> None:
        """Go on after `position`, with nothing under way.

        What was delivered beyond it is not delivered again, unless somebody set the registration back. The first
        delivery is taken for the one that is in `trouble`.
        """
        rewound = position < self.stored
        self._width, self.stored = 1, position
        self.ahead = position if rewound else max(self.ahead, position)
        self._items = {} if rewound else {at: item for at, item in self._items.items() if at > position}
        for item in self._items.values():
            item.under_way = False
            item.attempts, item.failing_since = NO_TROUBLE
        self._drop_done()
        self._owed = trouble
        self._settle_owed()

    @property
    def _has_a_hand_free(self) -> bool:
        return sum(item.under_way for item in self._items.values()) < self._width

    def _first_of_each(self) -> Iterable[Item]:
        """Of each resource the first entry that is not done."""
        firsts: dict[Resource, Item] = {}
        for item in self._items.values():
            if not item.done:
                firsts.setdefault(item.resource, item)
        return firsts.values()

    def _settle_owed(self) -> None:
        first = next((item for item in self._items.values() if not item.done), None)
        if first and self._owed.attempts:
            first.attempts, first.failing_since = self._owed
            self._owed = NO_TROUBLE

    def _drop_done(self) -> None:
        while self._items and (first := next(iter(self._items.values()))).done:
            del self._items[first.sequence]
