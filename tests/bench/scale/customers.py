# SPDX-License-Identifier: Apache-2.0
"""Which customers a collection has: as many as are asked for, of whom a thousand always share a name."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from app.composition.api_resources import api_versions
from app.domain import dates
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
class Customers:
    """The customers of a collection that has `number` of them."""

    number: int

    @property
    def names(self) -> list[str]:
        """The names of these customers. Those of one name are as far apart as can be."""
        return list(map(_name, range(self._households)))

    def body(self, number: int) -> Body:
        """The create body of the customer with this running number."""
        turn, household = divmod(number, self._households)
        pattern, name = _patterns()[number % PATTERNS], _name(household)
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
        return self.number // NAMESAKES


def _name(household: int) -> str:
    return f"Household {household:07}"


@cache
def _patterns() -> list[Body]:
    """Customers of the seed that have an account, in the shape of v5."""
    served = [part.resources["Customer"] for part in api_versions(Settings()) if "Customer" in part.resources]
    older, newer = sorted(served, key=lambda resource: resource.version)
    engaged = {"id": "party", "name": "", "@referredType": "Individual"}
    found: list[Body] = []
    for house in generate(10 * PATTERNS, seed=1, now=datetime(2026, 1, 1, tzinfo=UTC)):
        body = house.customer(engaged)
        if "account" in body and len(found) < PATTERNS:
            shown = newer.to_view("", older.to_stored(older.attributes.with_instants(older.view.normalise(body))))
            found.append(
                {name: value for name, value in dates.with_text_dates(shown).items() if name not in ("id", "href")}
            )
    return found
