# SPDX-License-Identifier: Apache-2.0
"""References to resources of this server: which must lead somewhere, in each mode."""

from typing import Any

import httpx
import pytest

from app.apis import APIS
from tests.contract.answers import created, patched, refused
from tests.contract.bodies import customer, individual, interaction, organization
from tests.contract.conftest import Deploy
from tests.contract.documents import V4
from tests.paths import CUSTOMER, INDIVIDUAL, INTERACTION, ORGANIZATION
from tests.served import NEWEST

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def strict(deploy: Deploy) -> httpx.Client:
    """A deployment that checks every reference to one of its types."""
    return deploy(references="strict")


@pytest.fixture(scope="module")
def lax(deploy: Deploy) -> httpx.Client:
    """A deployment that checks none."""
    return deploy(references="off")


def referring(reference: dict[str, Any]) -> list[tuple[str, dict[str, Any], str]]:
    """(path, body, place) of resources that hold a reference at a place."""
    party = {"@referredType": "Organization", **reference}
    item = {"item": {"role": "subject", **reference}}
    return [
        (CUSTOMER, customer(engagedParty=party), "/engagedParty"),
        (CUSTOMER, customer(relatedParty=[{"id": "1", "@referredType": "x"}, party]), "/relatedParty/1"),
        (INDIVIDUAL, individual(relatedParty=[party]), "/relatedParty/0"),
        (ORGANIZATION, organization(organizationParentRelationship={"organization": party}), "/organization"),
        (INTERACTION, interaction(channel=[reference]), "/channel/0"),
        (INTERACTION, interaction(interactionItem=[item]), "/interactionItem/0/item"),
        (INTERACTION, interaction(x={"y": [reference]}), "/x/y/0"),
    ]


def addresses(client: httpx.Client, path: str, id: str) -> list[str]:
    """The ways to point at a resource of this server."""
    return [f"{path}/{id}", f"{client.base_url}{path}/{id}"]


@pytest.mark.parametrize("target", [each.path for each in V4])
def test_an_address_at_this_server_must_lead_somewhere(client: httpx.Client, target: str) -> None:
    for href in addresses(client, target, NOBODY):
        for path, body, place in referring({"id": NOBODY, "href": href}):
            message = refused(client.post(path, json=body), 400, "24")
            assert place in message
            assert NOBODY in message


def test_an_address_of_something_that_is_here_is_taken(client: httpx.Client) -> None:
    target = created(client, ORGANIZATION, organization())
    for href in addresses(client, ORGANIZATION, target["id"]):
        for path, body, _ in referring({"id": target["id"], "href": href}):
            shown = created(client, path, body)
            client.delete(shown["href"]).raise_for_status()  # A party is one customer at a time.


def test_id_and_address_must_name_the_same(client: httpx.Client) -> None:
    target = created(client, ORGANIZATION, organization())
    for path, body, place in referring({"id": "another", "href": target["href"]}):
        message = refused(client.post(path, json=body), 400, "24")
        assert (place in message, "another" in message) == (True, True)


@pytest.mark.parametrize(
    "reference",
    [
        {"id": NOBODY},
        {"id": NOBODY, "href": ""},
        {"id": NOBODY, "href": f"https://elsewhere.example.com{INDIVIDUAL}/{NOBODY}"},
        {"id": NOBODY, "href": f"/tmf-api/billing/v4/bill/{NOBODY}"},
        {"id": NOBODY, "href": f"{INDIVIDUAL}/{NOBODY}/more"},
        {"id": NOBODY, "href": INDIVIDUAL},
        {"id": NOBODY, "href": "urn:uuid:1"},
    ],
)
def test_what_does_not_point_here_is_not_checked(client: httpx.Client, reference: dict[str, str]) -> None:
    for path, body, _ in referring(reference):
        created(client, path, body)


def test_a_patch_checks_the_references_that_it_brings(client: httpx.Client) -> None:
    target = created(client, ORGANIZATION, organization())
    shown = created(client, INDIVIDUAL, individual())
    good = {"id": target["id"], "href": target["href"], "@referredType": "Organization"}
    bad = {**good, "id": NOBODY, "href": f"{client.base_url}{ORGANIZATION}/{NOBODY}"}
    assert "/relatedParty/1" in refused(client.patch(shown["href"], json={"relatedParty": [good, bad]}), 400, "24")
    assert patched(client, shown, {"relatedParty": [good]})["relatedParty"] == [good]


def test_a_reference_whose_target_has_gone_stops_no_other_patch(client: httpx.Client) -> None:
    target = created(client, ORGANIZATION, organization())
    party = {"id": target["id"], "href": target["href"], "@referredType": "Organization"}
    shown = created(client, INDIVIDUAL, individual(relatedParty=[party]))
    assert client.delete(target["href"]).status_code == 204
    assert patched(client, shown, {"title": "Dr"}) == {**shown, "title": "Dr"}
    assert patched(client, shown, {"relatedParty": [{**party, "role": "x"}]})["relatedParty"] == [
        {**party, "role": "x"}
    ]
    refused(client.post(INDIVIDUAL, json=individual(relatedParty=[party])), 400, "24")


OF_OUR_TYPES = [name for api in APIS if api.referred_by_type for name in api.rules]


@pytest.mark.parametrize("kind", [*OF_OUR_TYPES, "organization"])
def test_strict_wants_everything_of_our_types(strict: httpx.Client, kind: str) -> None:
    party = {"id": NOBODY, "@referredType": kind}
    assert "/engagedParty" in refused(strict.post(CUSTOMER, json=customer(engagedParty=party)), 400, "24")
    assert "/relatedParty/0" in refused(strict.post(INDIVIDUAL, json=individual(relatedParty=[party])), 400, "24")


def test_strict_takes_what_is_here_and_what_is_of_other_types(strict: httpx.Client) -> None:
    target = created(strict, ORGANIZATION, organization())
    created(strict, CUSTOMER, customer(engagedParty={"id": target["id"], "@referredType": "Organization"}))
    for kind in ("Supplier", *(name for name in NEWEST if name not in OF_OUR_TYPES)):
        created(strict, CUSTOMER, customer(engagedParty={"id": NOBODY, "@referredType": kind}))
    created(strict, INTERACTION, interaction(channel=[{"id": NOBODY, "@referredType": "Channel"}]))
    elsewhere = {"id": NOBODY, "@referredType": "Individual", "href": "https://elsewhere.example.com/individual/1"}
    created(strict, CUSTOMER, customer(engagedParty=elsewhere))


def test_off_takes_everything(lax: httpx.Client) -> None:
    for href in [*addresses(lax, INDIVIDUAL, NOBODY), f"{INDIVIDUAL}/another"]:
        for path, body, _ in referring({"id": NOBODY, "href": href}):
            created(lax, path, body)


def engaging(client: httpx.Client, path: str, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A new party at `path`, and a customer that it engages."""
    party = created(client, path, individual() if path == INDIVIDUAL else organization())
    engaged = {"id": party["id"], "@referredType": "Party"}
    return party, created(client, CUSTOMER, customer(engagedParty=engaged, **more))


@pytest.mark.parametrize("path", [INDIVIDUAL, ORGANIZATION])
@pytest.mark.parametrize("status", ["Created", "approved", "Active", "inactive", "Suspended"])
def test_a_party_that_a_living_customer_engages_is_not_deleted(client: httpx.Client, path: str, status: str) -> None:
    party, buyer = engaging(client, path, status=status)
    assert buyer["id"] in refused(client.delete(party["href"]), 409, "69")
    assert client.get(party["href"]).json() == party


@pytest.mark.parametrize("path", [INDIVIDUAL, ORGANIZATION])
@pytest.mark.parametrize("status", ["Terminated", "Closed", "TERMINATED"])
def test_a_party_outlives_a_customer_whose_life_is_over(client: httpx.Client, path: str, status: str) -> None:
    party, _ = engaging(client, path, status=status)
    assert client.delete(party["href"]).status_code == 204


def test_a_party_is_free_when_its_customer_is_gone_or_has_another(client: httpx.Client) -> None:
    party, buyer = engaging(client, INDIVIDUAL)
    assert client.delete(buyer["href"]).status_code == 204
    assert client.delete(party["href"]).status_code == 204
    party, buyer = engaging(client, INDIVIDUAL)
    patched(client, buyer, {"engagedParty": {"id": "7301"}})
    assert client.delete(party["href"]).status_code == 204


def test_other_mentions_of_a_party_do_not_keep_it(client: httpx.Client) -> None:
    party = created(client, INDIVIDUAL, individual())
    mention = {"id": party["id"], "href": party["href"], "@referredType": "Individual"}
    created(client, CUSTOMER, customer(relatedParty=[mention]))
    created(client, INTERACTION, interaction(relatedParty=[mention]))
    assert client.delete(party["href"]).status_code == 204


def test_off_deletes_what_a_customer_engages(lax: httpx.Client) -> None:
    party, _ = engaging(lax, ORGANIZATION)
    assert lax.delete(party["href"]).status_code == 204
