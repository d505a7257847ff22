# SPDX-License-Identifier: Apache-2.0
"""Loads generated households in batches, each kind of resource after those that it refers to."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

from app.seed.contacts import Body
from app.seed.generator import Household
from app.seed.organizations import Reference
from app.seed.privacy import SPECIFICATION

BATCH = 250
"""Households that are loaded together."""

CreatedView = dict[str, Any]


class Sink(Protocol):
    """The interface of the target of the data: the store itself, or a server over HTTP."""

    async def create(self, resource: str, bodies: list[Body]) -> list[CreatedView]:
        """Create a resource (`Individual`, …) of every body, and return their views in the same order."""


async def load(households: Iterable[Household], sink: Sink) -> AsyncIterator[int]:
    """Load them all; yields how many more are done after each batch."""
    stream = iter(households)
    (specification,) = await _create_all(sink, "PartyPrivacyProfileSpecification", [SPECIFICATION])
    while batch := tuple(islice(stream, BATCH)):
        parties = await _parties(batch, sink)
        bodies = [house.customer(party) for house, party in zip(batch, parties, strict=True)]
        customers = await _create_all(sink, "Customer", bodies)
        both = zip(batch, parties, customers, strict=True)
        await sink.create("PartyRole", [role for house, *two in both for role in house.roles(*two)])
        await _privacy(batch, parties, specification, sink)
        await _interactions(batch, parties, customers, sink)
        yield len(batch)


async def _parties(batch: tuple[Household, ...], sink: Sink) -> list[Reference]:
    relatives = await _create_parties([(one.kind, one.body) for house in batch for one in house.kin], sink)
    known = iter(relatives)
    bodies = [(house.party[0], house.party_naming([next(known) for _ in house.kin])) for house in batch]
    return await _create_parties(bodies, sink)


async def _create_parties(bodies: Sequence[tuple[str, Body]], sink: Sink) -> list[Reference]:
    """Create individuals and organizations, and return references to them in the order of `bodies`."""
    made: dict[str, Iterator[Reference]] = {}
    for kind in ("individual", "organization"):
        resource = kind.capitalize()
        made[kind] = iter(await _create_all(sink, resource, [body for each, body in bodies if each == kind]))
    return [next(made[kind]) for kind, _ in bodies]


async def _privacy(
    batch: tuple[Household, ...], parties: list[Reference], specification: Reference, sink: Sink
) -> None:
    profiles = [
        (house, body)
        for house, party in zip(batch, parties, strict=True)
        for body in house.privacy_profiles(party, specification)
    ]
    made = await _create_all(sink, "PartyPrivacyProfile", [body for _, body in profiles])
    agreements = [house.privacy_agreement(body, one) for (house, body), one in zip(profiles, made, strict=True)]
    await sink.create("PartyPrivacyAgreement", agreements)


async def _create_all(sink: Sink, resource: str, bodies: list[Body]) -> list[Reference]:
    """Create a resource of every body, and answer their references in the same order."""
    return [_reference(view, resource) for view in await sink.create(resource, bodies)]


async def _interactions(
    batch: tuple[Household, ...], parties: list[Reference], customers: list[Reference], sink: Sink
) -> None:
    """The first of every household, then the second, …: one may follow an earlier one of its household."""
    histories = [house.interactions(*both) for house, *both in zip(batch, parties, customers, strict=True)]
    done: list[list[Reference]] = [[] for _ in batch]
    for turn in range(max(map(len, histories), default=0)):
        now = [place for place, history in enumerate(histories) if turn < len(history)]
        bodies = []
        for place in now:
            interaction = histories[place][turn]
            earlier = interaction.follows
            bodies.append(interaction.body if earlier is None else interaction.with_relationship(done[place][earlier]))
        for place, view in zip(now, await sink.create("PartyInteraction", bodies), strict=True):
            done[place].append(_reference(view, "PartyInteraction"))


def _reference(view: CreatedView, resource: str) -> Reference:
    name = view.get("name") or view.get("fullName") or view.get("tradingName") or ""
    named = {"name": name} if name else {}
    return {"id": view["id"], "href": view["href"], **named, "@referredType": resource}
