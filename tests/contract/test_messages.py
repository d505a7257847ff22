# SPDX-License-Identifier: Apache-2.0
"""What a client is told at once of all that is wrong, and what of names that other APIs have."""

import re
from typing import Any

import httpx
import pytest

from app.spec.operations import METHODS
from app.spec.unsupported_operations import is_unsupported
from tests.contract.answers import created, refused
from tests.contract.bodies import individual
from tests.contract.documents import COLLECTIONS, DOCUMENTS, base_path, each_version_of
from tests.paths import CUSTOMER, CUSTOMER_V5, INDIVIDUAL, INTERACTION_V5, ORGANIZATION, ORGANIZATION_V5

CLASSES = {each.path: each.resource for each in COLLECTIONS}
PERIOD = {"startDateTime": "2024-05-01T00:00:00Z", "endDateTime": "2023-05-01T00:00:00Z"}
WRONG: dict[str, Any] = {
    "@type": "Individual",
    "familyName": 7,
    "status": "zombie",
    "birthDate": "2024-05-01T00:00:00Z",
    "deathDate": "2023-05-01T00:00:00Z",
    "contactMedium": [{"@type": "EmailContactMedium", "validFor": PERIOD}, {"@type": "x", "validFor": PERIOD}],
}


@each_version_of("Individual")
def test_whatever_is_wrong_is_told_at_once(client: httpx.Client, path: str) -> None:
    message = refused(client.post(path, json=WRONG), 400, "24")
    for place, told in (
        ("/givenName", "is mandatory"),
        ("/familyName", "must be a string, not 7"),
        ("/status", "'zombie' is not a known status"),
        ("/deathDate", "lies before /birthDate"),
        ("/contactMedium/0/validFor/endDateTime", "lies before startDateTime"),
        ("/contactMedium/1/validFor/endDateTime", "lies before startDateTime"),
    ):
        assert f"{place} {told}" in message


@each_version_of("Individual")
def test_so_is_what_is_wrong_in_a_patch(client: httpx.Client, path: str) -> None:
    shown = created(client, path, individual(**{"@type": "Individual"}))
    patch = {"id": "other", "givenName": 7, "status": "zombie"}
    message = refused(client.patch(f"{path}/{shown['id']}", json=patch), 400, "24")
    for told in (
        "/id is not patchable",
        "/givenName must be a string, not 7",
        "/status 'zombie' is not a known status",
    ):
        assert told in message


def test_all_references_that_lead_nowhere_are_told(client: httpx.Client) -> None:
    party = {"@referredType": "Individual", "id": "nobody", "href": f"{INDIVIDUAL}/nobody"}
    message = refused(client.post(INDIVIDUAL, json=individual(relatedParty=[party, {**party, "role": "x"}])), 400, "24")
    assert message.count("refers to the Individual 'nobody', which does not exist here") == 2
    assert all(place in message for place in ("/relatedParty/0 ", "/relatedParty/1 "))


PARTY = {"@type": "Individual", "id": "7"}
REFERENCE = "looks like a reference: send it "


@pytest.mark.parametrize(
    ("path", "related", "told"),
    [
        (ORGANIZATION, PARTY, "/relatedParty/0/@referredType is mandatory: the class of what it refers to, such as"),
        (CUSTOMER, PARTY, "/relatedParty/0/@referredType is mandatory: the class of what it refers to, such as"),
        (ORGANIZATION_V5, PARTY, f"/relatedParty/0 {REFERENCE}in 'partyOrPartyRole', with @type 'PartyRef' or"),
        (INTERACTION_V5, PARTY, f"/relatedParty/0 {REFERENCE}in 'partyOrPartyRole', with @type 'PartyRef' or"),
        (CUSTOMER_V5, PARTY, f"/relatedParty/0 {REFERENCE}in 'partyOrPartyRole', with @type 'PartyRef' or"),
        (
            ORGANIZATION_V5,
            {"@type": "RelatedPartyOrPartyRole", "role": "x", "partyOrPartyRole": PARTY},
            f"/relatedParty/0/partyOrPartyRole {REFERENCE}with @type 'PartyRef' or 'PartyRoleRef' and "
            "@referredType 'Individual'",
        ),
        (
            ORGANIZATION_V5,
            {"@type": "RelatedPartyOrPartyRole", "role": "x", "partyOrPartyRole": {"id": "7", "@referredType": "x"}},
            f"/relatedParty/0/partyOrPartyRole/@type is mandatory: the object {REFERENCE}with @type 'PartyRef'",
        ),
    ],
)
def test_what_looks_like_a_reference_is_told_how_to_be_one(
    client: httpx.Client, path: str, related: dict[str, Any], told: str
) -> None:
    answer = client.post(path, json={"@type": CLASSES[path], "name": "N", "relatedParty": [related]})
    message = refused(answer, 400, "23")
    assert told in message
    assert "partyOrPartyRole/givenName" not in message


def test_integers_that_are_too_long_name_their_places(client: httpx.Client) -> None:
    body = b'{"givenName":"a","familyName":"b","x":{"y":[1,99999999999999999999]},"z":-9223372036854775809}'
    answer = client.post(INDIVIDUAL, content=body, headers={"Content-Type": "application/json"})
    message = refused(answer, 400, "24")
    assert "/x/y/1 is 99999999999999999999, which is out of range" in message
    assert "/z is -9223372036854775809, which is out of range" in message


@pytest.mark.parametrize("media_type", ["application/json", "application/merge-patch+json"])
def test_a_list_that_is_no_json_patch_is_told_how_to_be_one(client: httpx.Client, media_type: str) -> None:
    shown = created(client, INDIVIDUAL, individual())
    patch = b'[{"op":"remove","path":"/title"}]'
    answer = client.patch(shown["href"], content=patch, headers={"Content-Type": media_type})
    assert "send the operations of a JSON Patch as application/json-patch+json" in refused(answer, 400, "22")


@pytest.mark.parametrize("path", CLASSES)
@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("page", "offset"),
        ("skip", "offset"),
        ("Offset", "offset"),
        ("size", "limit"),
        ("per_page", "limit"),
        ("pageSize", "limit"),
        ("Limit", "limit"),
        ("orderBy", "sort"),
        ("order_by", "sort"),
        ("Sort", "sort"),
        ("Fields", "fields"),
        ("$select", "fields"),
    ],
)
def test_what_other_apis_call_it_leads_to_our_parameter(client: httpx.Client, path: str, name: str, meant: str) -> None:
    message = refused(client.get(f"{path}?{name}=2"), 400, "28")
    assert f"did you mean '{meant}'?" in message or name.startswith("$")


@pytest.mark.parametrize("limit", ["x", "-1", "1.5", "9" * 19])
def test_a_limit_that_is_none_is_told_how_large_it_may_be(client: httpx.Client, limit: str) -> None:
    message = refused(client.get(f"{INDIVIDUAL}?limit={limit}"), 400, "28")
    assert "'limit' must be a whole number from 0; 1000 is the most that is answered" in message


def operation_parameters(name: str, path: str, method: str) -> list[dict[str, Any]]:
    """The query parameters of an operation of a document."""
    shared = DOCUMENTS[name].get("components", {}).get("parameters", {})
    item = DOCUMENTS[name]["paths"][path]
    declared = [*item.get("parameters", ()), *item[method].get("parameters", ())]
    whole = [shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in declared]
    return [each for each in whole if each["in"] == "query"]


OPERATIONS = [
    (method, base_path(name) + path, [each["name"] for each in operation_parameters(name, path, method)])
    for name, document in DOCUMENTS.items()
    for path, item in document["paths"].items()
    for method in METHODS
    if method in item and not is_unsupported(item[method])
]


@pytest.mark.parametrize(("method", "path", "known"), OPERATIONS)
def test_every_operation_refuses_parameters_that_it_does_not_know(
    client: httpx.Client, method: str, path: str, known: list[str]
) -> None:
    target = re.sub(r"\{\w+\}", "1", path)
    for name in ("Fields", "limt", "page", "_", *([] if "limit" in known else ["givenName.eq"])):
        answer = client.request(method.upper(), f"{target}?{name}=x")
        if "limit" in known and answer.status_code != 400:
            assert answer.status_code == 404  # a list within something that is not there
            continue
        message = refused(answer, 400, "28")
        assert name in message
        assert "limit" in known or all(each in message for each in known)


@pytest.mark.parametrize("path", CLASSES)
def test_a_parameter_in_another_spelling_selects_nothing_and_changes_nothing(client: httpx.Client, path: str) -> None:
    item = f"{path}/1"
    assert "did you mean 'fields'?" in refused(client.get(f"{item}?Fields=none"), 400, "28")
    assert "it takes none" in refused(client.delete(f"{item}?fields=none"), 400, "28")
    assert "it takes fields" in refused(client.post(f"{path}?givenName=x", json={}), 400, "28")
    assert refused(client.get(f"{item}?depth=1"), 501, "2")
