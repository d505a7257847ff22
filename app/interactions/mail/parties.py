# SPDX-License-Identifier: Apache-2.0
"""Finds the party with an e-mail address among its contact media."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.query.predicates import Condition, Operator, either
from app.domain.unique_identifiers import comparable
from app.resources.engine import Engine
from app.resources.lists.pages import ListQuery

MEDIA, ADDRESS = "contactMedium", "emailAddress"
MOST = 20


@dataclass(frozen=True)
class FoundParty:
    """A party: the name of its resource, its id, and its address as a reference has it."""

    resource: str
    id: str
    href: str


class PartyFinder:
    """Looks among the resources of these engines, which have contact media."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = engines

    async def having(self, address: str) -> FoundParty | None:
        """The one party with an address; None where nobody has it, or several do.

        It is looked up as it is spelt and in lower case, and compares as unique identifiers do.
        """
        spellings = tuple(dict.fromkeys((address, address.lower(), _lower_domain(address))))
        where = either([Condition((MEDIA, ADDRESS), Operator.EQ, spellings)])
        found = [
            FoundParty(engine.resource.name, view["id"], view["href"])
            for engine in self._engines
            for view in (await engine.find(ListQuery(where, 0, MOST))).items
            if _has(view, address)
        ]
        return found[0] if len(found) == 1 else None


def _has(view: Mapping[str, Any], address: str) -> bool:
    media = view.get(MEDIA, ())
    return any(comparable(str(each.get(ADDRESS, ""))) == comparable(address) for each in media)


def _lower_domain(address: str) -> str:
    name, _, domain = address.rpartition("@")
    return f"{name}@{domain.lower()}"
