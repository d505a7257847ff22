# SPDX-License-Identifier: Apache-2.0
"""The track record of a resource: each change with who, when, what and on which channel, for whoever may see it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.domain import dates
from app.domain.identifiers import new_id
from app.settings import Settings
from app.storage.event_log.retention import Retention
from app.storage.mongod.client import connect
from tests.contract.answers import created, patched, refused
from tests.contract.bodies import individual, interaction
from tests.contract.documents import COLLECTIONS, DOCUMENTS, Collection, violations
from tests.contract.draining import drain
from tests.contract.performing import ERASE, FLOWS, INTERACTIONS, Settle, interaction_with, read
from tests.contract.restricted import Restricted, answer
from tests.contract.test_owner_scope import party_token
from tests.paths import CUSTOMER, INDIVIDUAL, INTERACTION, INTERACTION_V5

Body = dict[str, Any]
Mongo = MongoClient[dict[str, Any]]

RECORDED = [
    each for each in COLLECTIONS if "x-track-record" in DOCUMENTS[each.document]["x-tmf-resources"][each.resource]
]


@pytest.fixture(params=["pending", "logged"])
def kept(request: pytest.FixtureRequest, settings: Settings, client: httpx.Client) -> Callable[[], None]:
    """A function after which the changes are where this run wants them: with the document, or in the log."""
    return (lambda: drain(settings)) if request.param == "logged" else (lambda: None)


def track_record(client: httpx.Client, resource: Body, **query: Any) -> list[Body]:
    answer = client.get(f"{resource['href']}/change", params=query)
    assert answer.status_code in (200, 206), answer.text
    return list(answer.json())


def changed(change: Body) -> dict[str, tuple[Any, Any]]:
    """The values before and after, by the attribute."""
    return {each["attribute"]: (each.get("from"), each.get("to")) for each in change["changed"]}


def test_interactions_have_a_track_record_in_both_versions() -> None:
    assert {each.version for each in RECORDED if each.resource == "PartyInteraction"} == {"v4", "v5"}


@pytest.mark.parametrize("collection", RECORDED, ids=str)
def test_every_change_is_there_as_the_version_shows_it(
    client: httpx.Client, kept: Callable[[], None], collection: Collection
) -> None:
    first = created(client, collection.path, collection.creates["full"])
    second = patched(client, first, {"description": "Asked again"})
    third = patched(client, second, {"description": None, collection.state: "completed"})
    kept()
    changes = track_record(client, first)
    for change in changes:
        path = f"{collection.template}/{{id}}/change"
        assert not violations(DOCUMENTS[collection.document], path, "get", 200, [change])
    assert [each["changeType"] for each in changes] == ["create", "change", "change"]
    shown = {name: (None, value) for name, value in first.items() if name not in ("id", "href")}
    assert changed(changes[0]) == shown
    assert changed(changes[1]) == {"description": (first["description"], "Asked again")}
    dates = (second["statusChangeDate"], third["statusChangeDate"])
    assert changed(changes[2]) == {
        "description": ("Asked again", None),
        collection.state: (second[collection.state], "completed"),
        "statusChangeDate": dates,
    }
    assert changes[2]["date"] == third["lastUpdate"]


def test_a_change_says_who_made_it_and_which_channels_the_interaction_had(
    client: httpx.Client, kept: Callable[[], None], settings: Settings
) -> None:
    made = client.post(
        INTERACTION,
        json=interaction(channel=[{"id": "call-centre", "name": "Call centre"}]),
        headers={"X-Correlation-ID": "a-call"},
    ).json()
    patched(client, made, {"channel": [{"id": "call-centre", "name": "Call centre"}, {"id": "shop"}]})
    kept()
    for path in (INTERACTION, INTERACTION_V5):
        first, second = track_record(client, {"href": f"{path}/{made['id']}"})
        assert first["correlationId"] == "a-call"
        assert first["channel"] == [{"id": "call-centre", "name": "Call centre"}]
        assert [each["id"] for each in second["channel"]] == ["call-centre", "shop"]
    assert [each["attribute"] for each in second["changed"]] == ["relatedChannel"]


def test_what_only_the_other_version_shows_is_no_change(client: httpx.Client, kept: Callable[[], None]) -> None:
    made = created(client, INTERACTION, interaction(channel=[{"id": "1", "@type": "store"}]))
    patched(client, made, {"channel": [{"id": "1", "@type": "Store"}]})
    kept()
    numbers = [len(track_record(client, {"href": f"{path}/{made['id']}"})) for path in (INTERACTION, INTERACTION_V5)]
    assert numbers[0] == 2
    assert numbers[1] <= 2


def test_a_track_record_is_a_list_as_any_other(client: httpx.Client, kept: Callable[[], None]) -> None:
    made = created(client, INTERACTION, interaction())
    for number in range(4):
        patched(client, made, {"description": str(number)})
    kept()
    answer = client.get(f"{made['href']}/change", params={"offset": 1, "limit": 2, "fields": "date,changed"})
    assert (answer.status_code, answer.headers["x-total-count"]) == (206, "5")
    assert [changed(each) for each in answer.json()] == [
        {"description": (None, "0")},
        {"description": ("0", "1")},
    ]
    newest = track_record(client, made, sort="-date", limit=1)
    assert changed(newest[0]) == {"description": ("2", "3")}
    assert len(track_record(client, made, changeType="create")) == 1
    assert len(track_record(client, made, **{"changed.attribute": "description", "date.gte": made["lastUpdate"]})) == 4
    assert "changed" in refused(client.get(f"{made['href']}/change?chaged=1"), 400, "28")


def test_a_deletion_ends_the_track_record_and_does_not_take_it_away(
    client: httpx.Client, kept: Callable[[], None]
) -> None:
    made = created(client, INTERACTION, interaction())
    assert client.delete(made["href"]).status_code == 204
    kept()
    changes = track_record(client, made)
    assert [each["changeType"] for each in changes] == ["create", "delete"]
    assert changed(changes[1])["reason"] == ("Question", None)


def test_what_was_never_there_has_no_track_record(client: httpx.Client) -> None:
    refused(client.get(f"{INTERACTION}/nothing/change"), 404, "60")
    assert client.get(f"{CUSTOMER}/nothing/change").status_code == 404
    assert client.post(f"{INTERACTION}/nothing/change", json={}).status_code == 405


def test_what_retention_dropped_says_so(
    client: httpx.Client, settings: Settings, mongo: Mongo, database_name: str
) -> None:
    made = created(client, INTERACTION, interaction())
    patched(client, made, {"description": "Asked again"})
    drain(settings)
    drop_payloads(settings)
    changes = track_record(client, made)
    assert [each["changeType"] for each in changes] == ["create", "change"]
    assert changed(changes[1]) == {"description": (None, None)}
    assert all("retention" in each["omission"] for each in changes)


def drop_payloads(settings: Settings) -> None:
    """Have retention drop the payloads of all that is in the log."""

    async def run() -> None:
        async with connect(settings) as client:
            retention = Retention(client[settings.database], days=1)
            assert await retention.drop_old(dates.now() + timedelta(days=2)) > 0

    asyncio.run(run())


EACH_VERSION = pytest.mark.parametrize(("name", "version"), [("PartyInteraction", "v4"), ("PartyInteraction", "v5")])


@EACH_VERSION
def test_others_cannot_tell_that_there_is_a_track_record(restricted: Restricted) -> None:
    made = restricted.create("7001")
    headers = party_token(restricted, "7002")
    unknown = new_id()
    theirs, nothing = (
        answer(restricted.client.get(f"{restricted.path}/{id}/change", headers=headers), {id: "ID"})
        for id in (made["id"], unknown)
    )
    assert theirs == nothing
    assert theirs[0] == 404


@EACH_VERSION
def test_a_party_sees_the_changes_of_what_was_its_own_and_nothing_of_before(restricted: Restricted) -> None:
    made = restricted.create("7001", description="Secret of 7001")
    attribute = "relatedParty"
    parties = restricted.body("7002")[attribute]
    assert restricted.staff("PATCH", f"/{made['id']}", json={attribute: parties}).status_code == 200
    assert restricted.staff("PATCH", f"/{made['id']}", json={"description": "New"}).status_code == 200

    def seen(party: str) -> list[Body]:
        shown = restricted.client.get(f"{restricted.path}/{made['id']}/change", headers=party_token(restricted, party))
        assert shown.status_code == 200, shown.text
        return list(shown.json())

    former, now, staff = seen("7001"), seen("7002"), restricted.staff("GET", f"/{made['id']}/change").json()
    assert [each["changeType"] for each in staff] == ["create", "change", "change"]
    assert all(each["actor"] for each in staff)
    assert [each["changeType"] for each in former] == ["create"]
    assert "7002" not in str(former)
    assert [each["changeType"] for each in now] == ["change", "change"]
    assert "7001" not in str(now[0]["changed"]).replace("Secret of 7001", "")
    assert not any("from" in each for each in now[0]["changed"])
    assert changed(now[1]) == {"description": ("Secret of 7001", "New")}
    assert not any("actor" in each or "client" in each for each in former + now)


def test_what_was_erased_says_so(client: httpx.Client, settle: Settle) -> None:
    party = created(client, INDIVIDUAL, individual())
    made = created(client, INTERACTIONS, interaction_with(party["id"], "6022"))
    settle()
    about = {"id": party["id"], "role": "party", "@referredType": "Individual"}
    reason = {"name": "reason", "value": "Request of the person (GDPR, article 17)"}
    body = {"processFlowSpecification": ERASE, "relatedEntity": [about], "characteristic": [reason]}
    flow = created(client, FLOWS, body)
    settle()
    assert read(client, flow)["state"] == "completed", read(client, flow)
    first, *_ = track_record(client, made)
    assert first["changeType"] == "create"
    assert "erased" in first["omission"] or "destroyed" in first["omission"]
    assert not any("to" in each for each in first["changed"])
