"""Which customers there are at each size: as many as are asked for, of whom a thousand always share a name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from app.domain import dates
from app.parts import parts
from app.seed.generator import generate
from app.settings import Settings

Body = dict[str, Any]

NAMESAKES = 1_000
"""Customers of each name, however many customers there are."""

STATUSES = ("Suspended", *8 * ("Active",), "Terminated")
"""What takes turns among those of a name."""

PATTERNS = 500
"""Different customers that all are made of: so many that none is like its neighbours on the disk."""

COLLECTION = "/tmf-api/customerManagement/v5/customer"


@dataclass(frozen=True)
class Stage:
    """The customers that make the collection grow from `first` to `last` of them, by their running numbers."""

    first: int
    last: int

    @property
    def names(self) -> list[str]:
        """The names of these customers. Those of one name are as far apart as can be."""
        return [f"Household {self.first + place:07}" for place in range(self._households)]

    def body(self, number: int) -> Body:
        """The create body of the customer with this number."""
        turn, household = divmod(number - self.first, self._households)
        pattern, name = _patterns()[number % PATTERNS], f"Household {self.first + household:07}"
        accounts = [{**account, "id": f"BA-{number}-{place}"} for place, account in enumerate(pattern["account"])]
        return {
            **pattern,
            "name": name,
            "status": STATUSES[turn % len(STATUSES)],
            "engagedParty": {**pattern["engagedParty"], "id": f"party-{number}", "name": name},
            "account": accounts,
        }

    @property
    def _households(self) -> int:
        return (self.last - self.first) // NAMESAKES


def stages(sizes: Sequence[int]) -> Iterator[Stage]:
    """One stage for each size; these ascend, and are multiples of `NAMESAKES`."""
    return map(Stage, [0, *sizes], sizes)


@cache
def _patterns() -> list[Body]:
    """Customers of the seed that have an account, in the shape of v5."""
    served = [part.resources["Customer"] for part in parts(Settings()) if "Customer" in part.resources]
    older, newer = sorted(served, key=lambda resource: resource.version)
    engaged = {"id": "party", "name": "", "@referredType": "Individual"}
    found: list[Body] = []
    for house in generate(10 * PATTERNS, seed=1, now=datetime(2026, 1, 1, tzinfo=UTC)):
        body = house.customer(engaged)
        if "account" in body and len(found) < PATTERNS:
            shown = newer.shown("", older.kept(older.attributes.typed(older.view.normalised(body))))
            found.append({name: value for name, value in dates.written(shown).items() if name not in ("id", "href")})
    return found
