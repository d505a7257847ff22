# SPDX-License-Identifier: Apache-2.0
"""The versions of a resource side by side: one resource, told by each version in its own words."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.contract.answers import created, found, patched, refused, settled
from tests.contract.documents import DOCUMENTS, HUBS, V4, V5, VERSIONS, Collection, base_path, violations

EACH = pytest.mark.parametrize(("old", "new"), [pytest.param(*each, id=each[0].resource) for each in VERSIONS])
WAYS = [pytest.param(*way, id=f"{way[0]} to {way[1]}") for pair in VERSIONS for way in (pair, pair[::-1])]
EITHER_WAY = pytest.mark.parametrize(("writer", "reader"), WAYS)
FIXED = {"id", "href", "@type", "@baseType", "@schemaLocation", "creationDate", "direction", "lastUpdate"}
LIKE = {
    ("Individual", "fullName"): "name",
    ("Individual", "name"): "fullName",
    ("Customer", "role"): "engagedParty",
    ("PartyRole", "role"): "engagedParty",
    ("PartyInteraction", "channel"): "relatedChannel",
    ("PartyInteraction", "relatedChannel"): "channel",
}
"""What the other version calls an attribute, or what it is a part of there, where that is another name."""
NOT_TOLD = {("v4", "$.relatedParty[1]: 'id' is a required property")}
"""Version 4 knows parties by reference only, and version 5 also takes one that has no id."""
MENTION = {"PartyPrivacyProfile": "agreedByParty", "PartyPrivacyAgreement": "engagedParty"}
"""The attribute in which a resource mentions a party, if that is not `relatedParty`."""
HUB_PAIRS = list(pairwise(sorted(HUBS)))


def read(client: httpx.Client, collection: Collection, id: str) -> dict[str, Any]:
    """A resource as a version shows it, and as its document declares."""
    answer = client.get(f"{collection.path}/{id}")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    wrong = violations(DOCUMENTS[collection.document], f"{collection.template}/{{id}}", "get", 200, shown)
    assert {(collection.version, violation) for violation in wrong} <= NOT_TOLD
    return shown


@EITHER_WAY
@pytest.mark.parametrize("example", ["minimal", "full"])
def test_what_one_version_writes_the_other_tells(
    client: httpx.Client, writer: Collection, reader: Collection, example: str
) -> None:
    shown = created(client, writer.path, writer.creates[example])
    told = read(client, reader, shown["id"])
    assert told["href"] == f"{client.base_url}{reader.path}/{shown['id']}"
    assert client.get(reader.path).json() == [told]
    assert patched(client, told, told) == told
    assert read(client, writer, shown["id"]) == shown


@EITHER_WAY
def test_every_attribute_patched_in_one_version_leaves_the_rest_of_the_other(
    client: httpx.Client, writer: Collection, reader: Collection
) -> None:
    shown = created(client, writer.path, writer.creates["full"])
    told = read(client, reader, shown["id"])
    names = told.keys() - FIXED - {reader.lifecycle["field"]}
    assert len(names) > 7
    for name in sorted(names):
        changed = marked(told[name])
        after = patched(client, told, {name: changed})
        assert settled(after) == settled({**told, name: changed}), name
        seen = read(client, writer, shown["id"])
        same = {LIKE.get((writer.resource, name), name)} if isinstance(changed, str | bool | int | float) else set()
        assert seen != shown, name
        assert unmarked(but(same, settled(seen))) == but(same, settled(shown)), name
        assert settled(patched(client, told, {name: restoring(told[name])})) == settled(told), name
        assert settled(read(client, writer, shown["id"])) == settled(shown), name


def marked(value: Any) -> Any:
    """Another value: an object gets one more attribute, an array one in its first element."""
    if isinstance(value, dict):
        return {**value, "remark": "x"}
    if isinstance(value, list):
        return [marked(value[0]), *value[1:]]
    if isinstance(value, str):
        return "2031-01-01T00:00:00Z" if value.endswith("Z") and value[:1].isdigit() else f"{value} x"
    return not value if isinstance(value, bool) else value + 1


def restoring(value: Any) -> Any:
    """The merge patch that undoes `marked`."""
    return {**value, "remark": None} if isinstance(value, dict) else value


def unmarked(value: Any) -> Any:
    """The value without the additional attributes, wherever the other version has put them."""
    if isinstance(value, dict):
        return {name: unmarked(inner) for name, inner in value.items() if name != "remark"}
    return [unmarked(inner) for inner in value] if isinstance(value, list) else value


def but(names: set[str], shown: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a resource but for some."""
    return {name: value for name, value in shown.items() if name not in names}


@EACH
def test_each_version_has_its_own_tag_for_the_same_revision(
    client: httpx.Client, old: Collection, new: Collection
) -> None:
    shown = created(client, old.path, old.creates["full"])
    addresses = [f"{each.path}/{shown['id']}" for each in (old, new)]
    before = [client.get(address).headers["ETag"] for address in addresses]
    assert before[0] != before[1]
    refused(client.patch(addresses[1], json={"remark": 1}, headers={"If-Match": before[0]}), 412, "65")
    assert client.get(addresses[1], headers={"If-None-Match": before[0]}).status_code == 200
    assert client.patch(addresses[1], json={"remark": 1}, headers={"If-Match": before[1]}).status_code == 200
    refused(client.patch(addresses[0], json={"remark": 2}, headers={"If-Match": before[0]}), 412, "65")


@EITHER_WAY
def test_what_is_deleted_in_one_version_is_gone_in_the_other(
    client: httpx.Client, writer: Collection, reader: Collection
) -> None:
    shown = created(client, writer.path, writer.creates["minimal"])
    assert client.delete(f"{reader.path}/{shown['id']}").status_code == 204
    refused(client.get(shown["href"]), 404, "60")


def referring(collection: Collection, reference: dict[str, Any]) -> dict[str, Any]:
    """A body of a collection that refers to a party."""
    body, name = collection.creates["minimal"], mention(collection)
    wrapped = {"@type": "RelatedPartyOrPartyRole", "role": "contact", "partyOrPartyRole": reference}
    party = wrapped if is_wrapped(collection) else reference
    return {**body, name: party if isinstance(body.get(name), dict) else [party]}


def mention(collection: Collection) -> str:
    """The attribute in which a resource mentions a party."""
    return MENTION.get(collection.resource, "relatedParty")


def is_wrapped(collection: Collection) -> bool:
    """Whether a version says the role of the party outside the reference to it."""
    return collection in V5 and mention(collection) != "engagedParty"


def referred(collection: Collection, shown: dict[str, Any]) -> str:
    """The address that such a resource shows."""
    party = shown[mention(collection)]
    party = party[0] if isinstance(party, list) else party
    return str((party["partyOrPartyRole"] if is_wrapped(collection) else party)["href"])


def organizations() -> Iterator[str]:
    """The collections of organizations, in each version."""
    return (each.path for each in (*V4, *V5) if each.resource == "Organization")


@EITHER_WAY
def test_an_address_of_ours_is_told_and_found_in_the_called_version(
    client: httpx.Client, writer: Collection, reader: Collection
) -> None:
    target = created(client, next(organizations()), {"tradingName": "Delta"})["id"]
    addresses = [f"{client.base_url}{path}/{target}" for path in organizations()]
    for sent in (*addresses, *(f"{path}/{target}" for path in organizations())):
        reference = {"id": target, "href": sent, "@referredType": "Organization"}
        body = referring(writer, reference if writer in V4 else {"@type": "PartyRef", **reference})
        shown = created(client, writer.path, body)
        assert referred(writer, shown) == addresses[writer in V5]
        assert referred(reader, read(client, reader, shown["id"])) == addresses[reader in V5]
        for address in addresses:
            for each in (writer, reader):
                member = f"{mention(each)}.partyOrPartyRole.href" if is_wrapped(each) else f"{mention(each)}.href"
                assert found(client, each.path, f"{member}={address}") == [shown["id"]], (member, address)
        assert client.delete(shown["href"]).status_code == 204


@EITHER_WAY
def test_an_address_that_leads_nowhere_is_refused_whichever_version_it_names(
    client: httpx.Client, writer: Collection, reader: Collection
) -> None:
    for path in organizations():
        reference = {"@type": "PartyRef", "id": "nobody", "href": f"{path}/nobody", "@referredType": "Organization"}
        assert f"/{mention(writer)}" in refused(client.post(writer.path, json=referring(writer, reference)), 400, "24")
    assert found(client, reader.path, "") == []


NAMES = [
    ("Individual", {"fullName": "Ada Eze"}, "fullName=Ada%20Eze", "name=Ada%20Eze"),
    *[
        (
            old.resource,
            {"contactMedium": [{"mediumType": "email", "characteristic": {"emailAddress": "a@example.com"}}]},
            "contactMedium.characteristic.emailAddress=a@example.com",
            "contactMedium.emailAddress=a@example.com",
        )
        for old, _ in VERSIONS
        if "contactMedium" in old.creates["full"]
    ],
    *[
        (
            old.resource,
            {"relatedParty": [{"id": "4188", "@referredType": "Individual"}]},
            "relatedParty.id=4188",
            "relatedParty.partyOrPartyRole.id=4188",
        )
        for old, _ in VERSIONS
        if "relatedParty" in old.creates["full"]
    ],
    *[
        (
            old.resource,
            {"engagedParty": {"id": "7", "@referredType": "x", "role": "payer"}},
            "engagedParty.role=payer",
            "role=payer",
        )
        for old, _ in VERSIONS
        if isinstance(old.creates["full"].get("engagedParty"), dict)
    ],
    ("PartyInteraction", {"channel": [{"id": "shop-7"}]}, "channel.id=shop-7", "relatedChannel.channel.id=shop-7"),
]


@pytest.mark.parametrize(("resource", "more", "old_query", "new_query"), NAMES)
def test_filters_and_selections_go_by_the_names_of_the_called_version(
    client: httpx.Client, resource: str, more: dict[str, Any], old_query: str, new_query: str
) -> None:
    old, new = next(each for each in VERSIONS if each[0].resource == resource)
    created(client, old.path, old.creates["minimal"])
    shown = created(client, old.path, {**old.creates["minimal"], **more})
    assert shown["href"].startswith(f"{client.base_url}{old.path}/")
    for collection, query, other in ((old, old_query, new_query), (new, new_query, old_query)):
        assert found(client, collection.path, query) == [shown["id"]]
        told = refused(client.get(f"{collection.path}?{other}"), 400, "28")
        assert "not a known attribute" in told
        whole = read(client, collection, shown["id"])
        name = query.partition("=")[0].partition(".")[0]
        selected = client.get(f"{collection.path}/{shown['id']}", params={"fields": name}).json()
        assert selected[name] == whole[name]
        assert "status" not in selected


@pytest.mark.parametrize(("one", "other"), HUB_PAIRS)
def test_each_version_has_a_hub_of_its_own(client: httpx.Client, one: str, other: str) -> None:
    body = {"callback": "https://listener.example.com/events"}
    ids = [client.post(hub, json=body).json()["id"] for hub in (one, other)]
    assert ids[0] != ids[1]
    refused(client.get(f"{other}/{ids[0]}"), 404, "60")
    refused(client.delete(f"{other}/{ids[0]}"), 404, "60")
    assert client.get(f"{one}/{ids[0]}").status_code == 200


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_version_publishes_its_own_document(client: httpx.Client, name: str) -> None:
    served = client.get(f"{base_path(name)}/openapi.json").json()
    assert served["info"]["version"].startswith(name[-1])
    assert served["info"] == DOCUMENTS[name]["info"]
    assert served["paths"].keys() == DOCUMENTS[name]["paths"].keys()
