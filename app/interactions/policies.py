# SPDX-License-Identifier: Apache-2.0
"""Policies of interactions (eTOM 1.6.9): which one applies, and the versions under which promises were made."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.channels import plain_direction
from app.domain.ownership import texts_at
from app.domain.query.predicates import Path
from app.errors import Unavailable
from app.interactions.notices.terms import NO_TERMS, NoticeTerms
from app.interactions.promises import Policy

CRITERIA: Mapping[str, Path] = {
    "reason": ("reason",),
    "priority": ("priority",),
    "role": ("relatedParty", "role"),
    "channel": ("relatedChannel", "channel", "id"),
    "direction": ("direction",),
}
"""What decides which policy applies, each with its path in the stored document."""

Document = dict[str, Any]


@dataclass(frozen=True)
class PolicyVersion:
    """The policies of one state of the policies file and of all that it refers to; `digest` tells it from others.

    They apply to interactions of the class `applies_to`, or of one of its classes. `withdrawn` are the final states, in
    lower case, in which nobody wants a resolution any more. `notices` say who is told, and who does not want to be.
    `content` is what is kept of it.
    """

    digest: str
    applies_to: str
    withdrawn: frozenset[str]
    policies: tuple[Policy, ...]
    notices: NoticeTerms = NO_TERMS
    content: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def match(self, document: Mapping[str, Any]) -> Policy | None:
        """The first policy whose criteria a stored document meets: of each criterion one of the values."""
        return next((policy for policy in self.policies if _meets(document, policy)), None)

    def by_name(self, name: object) -> Policy | None:
        """The policy of this name."""
        return next((policy for policy in self.policies if policy.name == name), None)


def _meets(document: Mapping[str, Any], policy: Policy) -> bool:
    return all(not values.isdisjoint(_values(document, name)) for name, values in policy.when.items())


def _values(document: Mapping[str, Any], name: str) -> Iterator[str]:
    """The values of a criterion that a stored document has, in lower case; all spellings of a direction are one."""
    for text in texts_at(document, CRITERIA[name]):
        yield plain_direction(text) if name == "direction" else text.lower()


class PolicyVersions:
    """The version in force (`current`), and the earlier ones under which promises were made that still hold."""

    def __init__(self, current: PolicyVersion) -> None:
        self.current = current
        self._by_digest = {current.digest: current}
        self.load: Callable[[str], Awaitable[PolicyVersion | None]] | None = None
        """Set where there is a database: gives a version that another server has kept there."""

    def __iter__(self) -> Iterator[PolicyVersion]:
        return iter(self._by_digest.values())

    def get(self, digest: str) -> PolicyVersion:
        """The version with this digest. Raises `Unavailable` for one that is not known (yet)."""
        if digest not in self._by_digest:
            raise Unavailable(f"the policies of version {digest} are not known here; try again")
        return self._by_digest[digest]

    def add(self, version: PolicyVersion) -> None:
        """Let a version be known."""
        self._by_digest[version.digest] = version

    async def ready(self, document: Mapping[str, Any]) -> None:
        """See to it that the version is known under which the promises of a stored document were made."""
        digest = document.get("policyVersion")
        if digest is None or digest in self._by_digest or self.load is None:
            return
        if found := await self.load(digest):
            self.add(found)
