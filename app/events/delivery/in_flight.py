# SPDX-License-Identifier: Apache-2.0
"""The entries in flight to one listener: in order for each resource, of several resources at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

IN_FLIGHT = 8
"""Deliveries to one listener at once."""
LOOKED_AHEAD = 64
"""Entries read ahead of the first one that is not done; after a crash at most so many are sent again."""

Resource = tuple[str, str]


class Trouble(NamedTuple):
    """Failures of a delivery in a row: how many, and since when."""

    attempts: int
    since: datetime | None


NO_TROUBLE = Trouble(0, None)


@dataclass
class Item:
    """An entry to be delivered; `attempts` is the number of failed ones, the first of them at `failing_since`."""

    sequence: int
    resource: Resource
    attempts: int = 0
    failing_since: datetime | None = None
    under_way: bool = False
    done: bool = False


class InFlight:
    """The entries behind `position` that are waiting, in flight and done; all up to `position` are done.

    The number in flight begins with one and doubles with each success (slow start). After a failure nothing else is
    begun until that entry is delivered.
    """

    def __init__(self, position: int) -> None:
        self._items: dict[int, Item] = {}
        self.ahead = position
        self.stored = position
        """The position that is stored in the registration."""
        self._width = 1
        self._owed: Trouble = NO_TROUBLE

    @property
    def position(self) -> int:
        """The last entry up to which all are done."""
        return next(iter(self._items), self.ahead + 1) - 1

    @property
    def resting(self) -> bool:
        """Whether all entries that were read are done."""
        return not self._items

    @property
    def has_room(self) -> bool:
        """Whether another entry may be read, and delivered at once unless it is filtered out."""
        return self._has_a_hand_free and len(self._items) < LOOKED_AHEAD and not self.failed_items

    @property
    def failed_items(self) -> list[Item]:
        """The deliveries that failed and are not delivered yet."""
        return [item for item in self._items.values() if item.attempts and not item.done]

    @property
    def attempts(self) -> int:
        """The largest number of failures in a row among the deliveries; 0 when none is failing."""
        return max((item.attempts for item in self.failed_items), default=0)

    def look(self, sequence: int, resource: Resource | None) -> None:
        """Add the next entry: to be delivered, as it is about `resource`, or filtered out where that is None."""
        self.ahead = sequence
        if resource:
            self._items[sequence] = Item(sequence, resource)
            self._settle_owed()

    def next(self) -> Item | None:
        """The next delivery to begin; None when there is none, or as many as may be are in flight."""
        if not self._has_a_hand_free:
            return None
        return next((each for each in self.failed_items or self._first_of_each() if not each.under_way), None)

    def begin(self, item: Item) -> None:
        """Note that the delivery of the item is in flight."""
        item.under_way = True

    def record_delivery(self, item: Item) -> None:
        """Note that the item was delivered; more may be in flight at once."""
        item.under_way, item.done = False, True
        self._width = 1 if self.failed_items else min(IN_FLIGHT, self._width * 2)
        self._drop_done()

    def record_failure(self, item: Item, at: datetime) -> None:
        """Note that the delivery of the item failed `at` this instant; only one may be in flight from here on."""
        item.under_way = False
        item.attempts += 1
        item.failing_since = item.failing_since or at
        self._width = 1

    def resume(self, position: int, trouble: Trouble) -> None:
        """Go on behind `position`, with nothing in flight.

        Entries delivered beyond it are not delivered again, unless the registration was set back. `trouble` is that of
        the first delivery.
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
        """The first entry of each resource that is not done."""
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
