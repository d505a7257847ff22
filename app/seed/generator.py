# SPDX-License-Identifier: Apache-2.0
"""The generator of households for `liaison seed`: one customer at a time, the same for the same seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from app.seed.contacts import Body
from app.seed.customers import customer
from app.seed.interactions import Interaction, interactions
from app.seed.organizations import Kin, Kind, Reference, kin, organization, with_kin
from app.seed.people import individual
from app.seed.privacy import privacy_agreement, privacy_profiles
from app.seed.profile import Profile, profile
from app.seed.roles import roles


@dataclass(frozen=True)
class Household:
    """One customer with all that belongs to it, as v4 create bodies. Create, in this order:

    1. every party of `kin`, 2. the party, with `party_naming` the created kin, 3. `customer` of the created party,
    4. `roles` of both, 5. the `privacy_profiles` of the party, and a `privacy_agreement` on each, 6. `interactions` of
    both, each `with_relationship` to the earlier one that it follows.

    A reference is `{id, href, name, @referredType}` of what was created.
    """

    about: Profile

    @property
    def number(self) -> int:
        """The running number of the customer, from 1."""
        return self.about.number

    @cached_property
    def party(self) -> tuple[Kind, Body]:
        """The customer's own party: its kind, which is the name of the collection, and its body."""
        return (
            ("individual", individual(self.about))
            if self.about.individual
            else ("organization", organization(self.about))
        )

    @cached_property
    def kin(self) -> tuple[Kin, ...]:
        """Parties that must exist before the own one: an organization's contact persons and its parent."""
        return () if self.about.individual else kin(self.about)

    def party_naming(self, references: Sequence[Reference]) -> Body:
        """The party's body, related to the created `kin`, whose references come in the same order."""
        return with_kin(self.party[1], self.kin, references)

    def customer(self, party: Reference) -> Body:
        """The customer's body, engaging the created party."""
        return customer(self.about, self.party[1], party)

    def roles(self, party: Reference, customer: Reference) -> list[Body]:
        """The bodies of the other roles that the created party plays for the operator."""
        return roles(self.about, self.party[1], party, customer)

    def privacy_profiles(self, party: Reference, specification: Reference) -> list[Body]:
        """The bodies of what the created party allows, as the created specification asks."""
        return privacy_profiles(self.about, party, specification)

    def privacy_agreement(self, profile: Body, reference: Reference) -> Body:
        """The body of the agreement on a created profile, of which this was the body."""
        return privacy_agreement(self.about, profile, reference)

    def interactions(self, party: Reference, customer: Reference) -> list[Interaction]:
        """The customer's interactions, oldest first."""
        return interactions(self.about, party, customer)


def generate(customers: int, seed: int, now: datetime) -> Iterator[Household]:
    """That many households, one at a time; a longer run begins with the same ones.

    Nothing happens after `now`. Raises `ValueError` when `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("`now` needs a time zone, such as datetime.now(UTC)")
    moment = now.astimezone(UTC).replace(microsecond=0)
    return (Household(profile(number, seed, moment)) for number in range(1, customers + 1))
