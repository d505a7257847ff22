# SPDX-License-Identifier: Apache-2.0
"""Legal holds: what is held, and what belongs to it, cannot be removed through any door; who, why and when are told."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.contract.answers import created, patched, refused
from tests.contract.bodies import customer, individual, interaction
from tests.contract.conftest import Deploy
from tests.contract.documents import DOCUMENTS, violations
from tests.paths import CUSTOMER, CUSTOMER_V5, INDIVIDUAL, INDIVIDUAL_V5, INTERACTION, LEGAL_HOLD, PARTY_ROLE_V5
from tests.unit.examples import full_example, minimal_example

Body = dict[str, Any]
NAME = "legal-hold-v5"
RELEASE = {"status": "released", "statusReason": "Settled", "releasedBy": "Legal department"}
REFERENCES = ("local", "off")


@pytest.fixture(scope="module")
def lax(deploy: Deploy) -> httpx.Client:
    """A server that checks no references, and so has no delete guards but that of holds."""
    return deploy(references="off")


@pytest.fixture(params=REFERENCES)
def keeper(request: pytest.FixtureRequest, client: httpx.Client, lax: httpx.Client) -> httpx.Client:
    """A server, with either mode of references."""
    return client if request.param == "local" else lax


def hold(client: httpx.Client, *held: tuple[str, Body]) -> Body:
    """A new hold on these resources, each given with its class."""
    entities = [{"@type": "EntityRef", "id": shown["id"], "@referredType": kind} for kind, shown in held]
    body = {"@type": "LegalHold", "reason": "Law suit", "placedBy": "Legal department", "heldEntity": entities}
    return created(client, LEGAL_HOLD, body)


def estate(client: httpx.Client) -> dict[str, Body]:
    """A party with a customer, another role, and an interaction of each of them."""
    party = created(client, INDIVIDUAL, individual())
    engaged = {"id": party["id"], "@referredType": "Individual"}
    buyer = created(client, CUSTOMER, customer(engagedParty=engaged))
    role = {"@type": "PartyRole", "name": "Dealer", "engagedParty": {"@type": "PartyRef", "id": party["id"]}}
    return {
        "Individual": party,
        "Customer": buyer,
        "PartyRole": created(client, PARTY_ROLE_V5, role),
        "its interaction": created(client, INTERACTION, interaction(relatedParty=[related(party, "Individual")])),
        "PartyInteraction": created(client, INTERACTION, interaction(relatedParty=[related(buyer, "Customer")])),
    }


def related(shown: Body, kind: str) -> Body:
    return {"id": shown["id"], "role": "customer", "@referredType": kind}


OF_THE_CUSTOMER = {"Customer", "PartyInteraction"}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Individual", {"Individual", "Customer", "PartyRole", "its interaction", "PartyInteraction"}),
        ("Customer", OF_THE_CUSTOMER),
        ("PartyInteraction", {"PartyInteraction"}),
    ],
)
def test_a_hold_holds_what_it_names_and_what_belongs_to_that(
    keeper: httpx.Client, kind: str, expected: set[str]
) -> None:
    all_held = estate(keeper)
    placed = hold(keeper, (kind, all_held[kind]))
    order = reversed(all_held)  # Dependents first, so that nothing else stands against a deletion.
    kept = set()
    for name in order:
        answer = keeper.delete(all_held[name]["href"])
        if answer.status_code == 409:
            assert placed["id"] in refused(answer, 409, "69") or name not in expected
            kept.add(name)
    assert kept >= expected
    patched(keeper, placed, RELEASE)
    assert all(keeper.delete(all_held[name]["href"]).status_code == 204 for name in reversed(all_held) if name in kept)


def test_a_hold_names_the_class_of_what_it_holds(client: httpx.Client) -> None:
    party = created(client, INDIVIDUAL, individual())
    hold(client, ("Customer", party))
    assert client.delete(party["href"]).status_code == 204


def test_every_live_hold_counts(client: httpx.Client) -> None:
    party = created(client, INDIVIDUAL, individual())
    holds = [hold(client, ("Individual", party)) for _ in range(2)]
    assert "and 1 more" in refused(client.delete(party["href"]), 409, "69")
    patched(client, holds[0], RELEASE)
    assert holds[1]["id"] in refused(client.delete(party["href"]), 409, "69")
    patched(client, holds[1], RELEASE)
    assert client.delete(party["href"]).status_code == 204


@pytest.mark.parametrize("other", [{"id": "elsewhere", "@referredType": "Individual"}, None])
def test_nothing_is_patched_out_of_a_hold(client: httpx.Client, other: Body | None) -> None:
    party = created(client, INDIVIDUAL, individual())
    talk = created(client, INTERACTION, interaction(relatedParty=[related(party, "Individual")]))
    placed = hold(client, ("Individual", party))
    patch = {"relatedParty": other and [{**other, "role": "customer"}]}
    assert placed["id"] in refused(client.patch(talk["href"], json=patch), 409, "69")
    more = [*talk["relatedParty"], {"id": "elsewhere", "role": "agent", "@referredType": "Individual"}]
    patched(client, talk, {"relatedParty": more, "description": "Everything else may change"})


def test_a_release_says_who_and_why(client: httpx.Client) -> None:
    placed = hold(client, ("Individual", created(client, INDIVIDUAL, individual())))
    message = refused(client.patch(placed["href"], json={"status": "Released"}), 400, "23")
    assert "/statusReason" in message
    assert "/releasedBy" in message
    shown = patched(client, placed, RELEASE)
    assert shown["statusDate"] >= placed["statusDate"]
    assert "final" in refused(client.patch(placed["href"], json={"status": "active"}), 409, "69")


@pytest.mark.parametrize(
    "change", [{"heldEntity": [{"@type": "EntityRef", "id": "9", "@referredType": "Customer"}]}, {"reason": "None"}]
)
def test_a_hold_is_released_and_never_narrowed_or_deleted(client: httpx.Client, change: Body) -> None:
    placed = hold(client, ("Individual", created(client, INDIVIDUAL, individual())))
    assert next(iter(change)) in refused(client.patch(placed["href"], json=change), 400, "24")
    assert client.delete(placed["href"]).status_code == 405


@pytest.mark.parametrize("held", [None, [], [{"@type": "EntityRef", "id": "9"}], [{"@referredType": "Customer"}]])
def test_a_hold_must_hold_something_of_a_known_class(client: httpx.Client, held: Any) -> None:
    body = {"@type": "LegalHold", "reason": "Law suit", "placedBy": "Legal", "heldEntity": held}
    assert client.post(LEGAL_HOLD, json={k: v for k, v in body.items() if v is not None}).status_code == 400
    unknown = [{"@type": "EntityRef", "id": "9", "@referredType": "Costumer"}]
    assert "Customer" in refused(client.post(LEGAL_HOLD, json={**body, "heldEntity": unknown}), 400, "24")


@pytest.mark.parametrize("example", [minimal_example, full_example])
def test_an_example_comes_back_as_it_is_declared(client: httpx.Client, example: Callable[[Body, str], Body]) -> None:
    body = example(DOCUMENTS[NAME], "LegalHold")
    shown = created(client, LEGAL_HOLD, body)
    assert shown.items() >= body.items()
    assert shown["status"] == "active"
    assert violations(DOCUMENTS[NAME], "/legalHold/{id}", "get", 200, client.get(shown["href"]).json()) == []
    (listed,) = client.get(LEGAL_HOLD, params={"heldEntity.id": "7301", "status": "active"}).json()
    assert listed == shown


def test_a_hold_can_precede_what_it_holds_and_outlive_its_class(client: httpx.Client) -> None:
    """The id is held as soon as there is something with it, in every version."""
    hold(client, ("Individual", {"id": "mine"}))
    party = created(
        client, INDIVIDUAL_V5, {"@type": "Individual", "id": "mine", "givenName": "Ngozi", "familyName": "Okafor"}
    )
    assert client.delete(party["href"]).status_code == 409
    engaged = {"@type": "PartyRef", "id": "mine", "@referredType": "Individual"}
    buyer = created(client, CUSTOMER_V5, {"@type": "Customer", "name": "Delta", "engagedParty": engaged})
    assert client.delete(buyer["href"]).status_code == 409
