# SPDX-License-Identifier: Apache-2.0
"""Privacy (TMF644): what is particular to its profiles, specifications and agreements."""

from typing import Any

import httpx
import pytest

from tests.contract.answers import created, found, patched, refused
from tests.contract.bodies import customer
from tests.contract.documents import COLLECTIONS, Collection
from tests.paths import (
    CUSTOMER,
    PRIVACY_AGREEMENT,
    PRIVACY_AGREEMENT_V5,
    PRIVACY_PROFILE,
    PRIVACY_PROFILE_V5,
    PRIVACY_SPECIFICATION,
    PRIVACY_SPECIFICATION_V5,
)

BACKWARDS = {"startDateTime": "2020-09-06T00:00:00Z", "endDateTime": "2019-09-06T00:00:00Z"}
OURS = [each for each in COLLECTIONS if each.document.startswith("privacy-")]
EACH = pytest.mark.parametrize("collection", OURS, ids=str)
STATE = {PRIVACY_SPECIFICATION: "status", PRIVACY_SPECIFICATION_V5: "lifecycleStatus"}


def minimal(path: str) -> dict[str, Any]:
    """As little as a create takes."""
    return next(each.creates["minimal"] for each in OURS if each.path == path)


@pytest.mark.parametrize(("path", "state"), STATE.items())
def test_each_version_calls_the_state_of_a_specification_what_it_is_called_there(
    client: httpx.Client, path: str, state: str
) -> None:
    shown = created(client, path, {**minimal(path), state: "Active"})
    other = next(each for each in STATE if each != path)
    assert (shown[state], client.get(f"{other}/{shown['id']}").json()[STATE[other]]) == ("Active", "Active")
    message = refused(client.patch(shown["href"], json={state: "in design"}), 409, "69")
    assert message.startswith(f"{state} may not go from active to inDesign")
    assert f"/{state} 'gone' is not a known {state}" in refused(
        client.patch(shown["href"], json={state: "gone"}), 400, "24"
    )
    assert refused(client.patch(shown["href"], json={state: None}), 400, "24")
    for served, name in STATE.items():
        assert found(client, served, f"{name}=ACTIVE") == [shown["id"]]
        assert f"not a known {name}" in refused(client.get(f"{served}?{name}=gone"), 400, "28")
    assert patched(client, shown, {state: "retired"})[state] == "retired"


def test_what_stands_in_a_profile_beside_a_value_stands_beside_it_in_version_4(client: httpx.Client) -> None:
    answer = {"@type": "BooleanCharacteristic", "name": "location", "value": True}
    one = {"@type": "PartyPrivacyProfileCharacteristic", "privacyUsagePurpose": "RESEARCH", "characterisitc": answer}
    shown = created(
        client, PRIVACY_PROFILE_V5, {**minimal(PRIVACY_PROFILE_V5), "partyPrivacyProfileCharacteristic": [one]}
    )
    older = client.get(f"{PRIVACY_PROFILE}/{shown['id']}").json()
    assert older["partyPrivacyProfileCharacteristic"] == [
        {"name": "location", "value": True, "privacyUsagePurpose": "RESEARCH"}
    ]
    within = "partyPrivacyProfileCharacteristic"
    for path, query in ((PRIVACY_PROFILE, f"{within}.name"), (PRIVACY_PROFILE_V5, f"{within}.characterisitc.name")):
        assert found(client, path, f"{query}=location;{within}.privacyUsagePurpose=RESEARCH") == [shown["id"]]
        assert found(client, path, f"{query}=emailAddress") == []


def test_a_role_of_a_specification_goes_by_its_id_in_version_4(client: httpx.Client) -> None:
    role = {"@type": "PartyPrivacyRoleSpecification", "id": "owner"}
    shown = created(client, PRIVACY_SPECIFICATION_V5, {**minimal(PRIVACY_SPECIFICATION_V5), "applicableRole": [role]})
    older = client.get(f"{PRIVACY_SPECIFICATION}/{shown['id']}").json()
    assert older["applicableRole"] == [{"id": "owner", "name": "owner"}]
    assert found(client, PRIVACY_SPECIFICATION, "applicableRole.name=owner") == [shown["id"]]


def test_a_part_of_an_agreement_is_about_products_where_it_names_one(client: httpx.Client) -> None:
    items = [{"id": "1", "product": [{"id": "7"}]}, {"id": "2"}]
    shown = created(client, PRIVACY_AGREEMENT, {**minimal(PRIVACY_AGREEMENT), "agreementItem": items})
    newer = client.get(f"{PRIVACY_AGREEMENT_V5}/{shown['id']}").json()
    assert [each["@type"] for each in newer["agreementItem"]] == ["ProductAgreementItem", "AgreementItem"]
    assert shown["agreementItem"] == items


@pytest.mark.parametrize(
    ("path", "dates"),
    [
        (PRIVACY_PROFILE_V5, {"creationDate", "lastUpdate"}),
        (PRIVACY_SPECIFICATION_V5, {"lastUpdate"}),
        (PRIVACY_AGREEMENT_V5, {"initialDate"}),
    ],
)
def test_the_server_says_since_when_it_has_something(client: httpx.Client, path: str, dates: set[str]) -> None:
    shown = created(client, path, minimal(path))
    assert dates <= shown.keys()
    changed = patched(client, shown, {"description": "x"})
    assert {name for name in dates if shown[name] != changed[name]} == dates & {"lastUpdate"}
    if "creationDate" in dates:
        refused(client.patch(shown["href"], json={"creationDate": "2020-01-01T00:00:00Z"}), 400, "24")


@EACH
def test_a_period_may_end_before_it_starts_as_in_tm_forums_samples(
    client: httpx.Client, collection: Collection
) -> None:
    name = "agreementPeriod" if collection.resource == "PartyPrivacyAgreement" else "validFor"
    shown = created(client, collection.path, {**collection.creates["minimal"], name: BACKWARDS})
    assert shown[name] == BACKWARDS
    assert patched(client, shown, {"description": "x"})[name] == BACKWARDS
    refused(client.post(CUSTOMER, json=customer(validFor=BACKWARDS)), 400, "24")
