# SPDX-License-Identifier: Apache-2.0
"""Party roles (TMF669) stand beside customers (TMF629), of whatever class of the family they are."""

import httpx
import pytest

from tests.contract.answers import created, patched, refused
from tests.contract.bodies import customer, organization
from tests.contract.documents import each_version_of
from tests.paths import CUSTOMER, CUSTOMER_V5, ORGANIZATION, PARTY_ROLE, PARTY_ROLE_SPECIFICATION, PARTY_ROLE_V5

V5 = {"name": "Northern Cables", "engagedParty": {"@type": "PartyRef", "id": "7450"}}


def test_what_version_4_does_not_declare_of_a_role_comes_back_in_either_version(client: httpx.Client) -> None:
    kind = {"name": "dealer", "id": 7}
    shown = created(client, PARTY_ROLE, {"name": "North", "roleType": kind})
    newer = client.get(f"{PARTY_ROLE_V5}/{shown['id']}").json()
    assert (shown["roleType"], newer["roleType"], shown["status"]) == (kind, kind, "Created")
    assert patched(client, newer, {"name": "South"})["roleType"] == kind
    assert client.get(shown["href"]).json()["roleType"] == kind


def test_a_role_that_version_4_created_without_its_party_is_patched_by_version_5(client: httpx.Client) -> None:
    shown = created(client, PARTY_ROLE, {"name": "North"})
    newer = f"{PARTY_ROLE_V5}/{shown['id']}"
    assert "engagedParty" not in client.get(newer).json()
    assert client.patch(newer, json={"name": "South"}).json()["name"] == "South"
    assert "/engagedParty is mandatory" in refused(
        client.post(PARTY_ROLE_V5, json={"@type": "PartyRole", "name": "North"}), 400, "23"
    )


@pytest.mark.parametrize(
    "kind", ["PartyRole", "Supplier", "Producer", "Consumer", "BusinessPartner", "Customer", "Own"]
)
def test_a_role_may_be_of_any_class_and_is_listed_where_it_was_created(client: httpx.Client, kind: str) -> None:
    role = created(client, PARTY_ROLE_V5, {**V5, "@type": kind})
    buyer = created(client, CUSTOMER_V5, {**V5, "@type": kind})
    assert (role["@type"], buyer["@type"]) == (kind, kind)
    for path, shown in ((PARTY_ROLE_V5, role), (PARTY_ROLE, role), (CUSTOMER_V5, buyer), (CUSTOMER, buyer)):
        assert [each["id"] for each in client.get(path, params={"@type": kind}).json()] == [shown["id"]]


@each_version_of("PartyRole")
def test_a_role_is_no_party(client: httpx.Client, path: str) -> None:
    message = refused(client.post(path, json={**V5, "@type": "Organization"}), 400, "24")
    assert "'Organization' does not belong into this collection; send 'PartyRole' or a class of it" in message


def test_a_role_and_a_customer_may_have_the_same_id(client: httpx.Client) -> None:
    created(client, PARTY_ROLE_V5, {**V5, "@type": "PartyRole", "id": "7"})
    created(client, CUSTOMER_V5, {**V5, "@type": "Customer", "id": "7", "name": "Buyer"})
    assert client.delete(f"{PARTY_ROLE}/7").status_code == 204
    assert client.get(f"{CUSTOMER}/7").json()["name"] == "Buyer"


def test_a_party_stays_until_its_last_role_is_over(client: httpx.Client) -> None:
    party = created(client, ORGANIZATION, organization())
    engaged = {"id": party["id"], "href": party["href"], "@referredType": "Organization"}
    role = created(client, PARTY_ROLE, {"name": "North", "engagedParty": engaged, "status": "active"})
    buyer = created(client, CUSTOMER, customer(engagedParty=engaged, status="Closed"))
    assert f"PartyRole {role['id']}" in refused(client.delete(party["href"]), 409, "69")
    patched(client, role, {"status": "Terminated"})
    assert client.delete(party["href"]).status_code == 204
    assert client.get(buyer["href"]).status_code == 200


def test_a_role_goes_the_way_that_tm_forums_examples_and_version_4_speak_of(client: httpx.Client) -> None:
    role = created(client, PARTY_ROLE_V5, {**V5, "@type": "Supplier", "status": "validationInProgress"})
    assert "Active" not in refused(client.patch(role["href"], json={"status": "Suspended"}), 409, "69")
    assert patched(client, role, {"status": "Approved"})["status"] == "Approved"
    assert [each["id"] for each in client.get(PARTY_ROLE, params={"status": "validated"}).json()] == [role["id"]]
    assert patched(client, role, {"status": "active"})["status"] == "active"


def test_a_specification_is_there_for_its_roles_until_the_last_is_over(client: httpx.Client) -> None:
    body = {"@type": "PartyRoleSpecification", "name": "Supplier of cables"}
    specification = created(client, PARTY_ROLE_SPECIFICATION, body)
    reference = {"@type": "PartyRoleSpecificationRef", "id": specification["id"], "href": specification["href"]}
    nowhere = {**reference, "id": "nobody", "href": f"{PARTY_ROLE_SPECIFICATION}/nobody"}
    refused_body = {**V5, "@type": "Supplier", "partyRoleSpecification": nowhere}
    assert "nobody" in refused(client.post(PARTY_ROLE_V5, json=refused_body), 400, "24")
    role = created(client, PARTY_ROLE_V5, {**V5, "@type": "Supplier", "partyRoleSpecification": reference})
    older = client.get(f"{PARTY_ROLE}/{role['id']}").json()
    assert older["partyRoleSpecification"]["href"] == specification["href"]
    assert f"PartyRole {role['id']}" in refused(client.delete(specification["href"]), 409, "69")
    patched(client, role, {"status": "Closed"})
    assert client.delete(specification["href"]).status_code == 204


def test_version_4_has_no_specifications(client: httpx.Client) -> None:
    created(client, PARTY_ROLE_SPECIFICATION, {"@type": "PartyRoleSpecification", "name": "Supplier of cables"})
    refused(client.get(PARTY_ROLE_SPECIFICATION.replace("v5", "v4")), 404, "60")
