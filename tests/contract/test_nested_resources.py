# SPDX-License-Identifier: Apache-2.0
"""Resources within others (`x-parent`): a collection for each parent, with ids and URLs of their own."""

import asyncio
import json
import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.composition.factory import Liaison
from app.domain import dates
from app.settings import Settings
from app.storage.mongod.client import connect
from app.transfer.batch import Alone, ImportOutcome, Portion
from app.transfer.exporting import Export, condition
from app.transfer.ids import Ids
from app.transfer.selection import engine_of
from app.transfer.sinks import NdjsonSink
from app.transfer.sources import Line
from tests.contract.draining import drain

BASE = "/tmf-api/workPlanManagement/v4"
FLOWS = f"{BASE}/workPlan"
DOCUMENT = Path(__file__).parent / "apis" / "work-plan-v4.yaml"
Body = dict[str, Any]


@pytest.fixture
def client(own_connection: httpx.Client, clean_database: str) -> httpx.Client:
    """That client; its server has the processes 1 and 10."""
    for id in ("1", "10"):
        created(own_connection, FLOWS, {"id": id, "name": f"Process {id}"})
    return own_connection


def created(client: httpx.Client, path: str, body: Body) -> Body:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == answer.json()["href"]
    made: Body = answer.json()
    return made


def tasks(parent: str) -> str:
    return f"{FLOWS}/{parent}/workStep"


def ids(client: httpx.Client, path: str, **asked: str) -> list[str]:
    answer = client.get(path, params=asked)
    assert answer.status_code in (200, 206), answer.text
    return [each["id"] for each in answer.json()]


def test_it_is_created_read_changed_and_deleted_within_its_parent(client: httpx.Client) -> None:
    made = created(client, tasks("1"), {"name": "Pack"})
    assert made["href"] == f"{client.base_url}{tasks('1')}/{made['id']}"
    assert (made["state"], set(made)) == ("active", {"id", "href", "name", "state", "@type"})
    read = client.get(made["href"])
    assert read.json() == made
    assert client.get(made["href"], headers={"if-none-match": read.headers["etag"]}).status_code == 304
    changed = client.patch(made["href"], json={"name": "Pack up"}, headers={"if-match": read.headers["etag"]})
    assert changed.json() == {**made, "name": "Pack up"}
    assert client.patch(made["href"], json={"name": "x"}, headers={"if-match": read.headers["etag"]}).status_code == 412
    assert client.get(made["href"], params={"fields": "name"}).json() == {
        **{name: made[name] for name in ("id", "href", "@type")},
        "name": "Pack up",
    }
    assert client.patch(made["href"], json={"id": "other"}).status_code == 400
    assert client.patch(made["href"], json={"state": "completed"}).json()["state"] == "completed"
    assert client.patch(made["href"], json={"state": "active"}).status_code == 409
    assert client.delete(made["href"]).status_code == 204
    assert client.get(made["href"]).status_code == 404


def test_ids_tell_resources_of_one_parent_apart(client: httpx.Client) -> None:
    for parent in ("1", "10"):
        assert created(client, tasks(parent), {"id": "a", "name": f"of {parent}"})["id"] == "a"
    taken = client.post(tasks("1"), json={"id": "a", "name": "again"})
    assert (taken.status_code, taken.json()["message"]) == (409, "WorkStep a exists already")
    assert client.get(f"{tasks('10')}/a").json()["name"] == "of 10"
    assert client.delete(f"{tasks('10')}/a").status_code == 204
    assert client.get(f"{tasks('1')}/a").json()["name"] == "of 1"


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_within_another_parent_it_is_not_found(client: httpx.Client, method: str) -> None:
    made = created(client, tasks("1"), {"name": "Pack"})
    body = {"name": "x"} if method == "PATCH" else None
    for parent in ("10", "none", "1%2F1", "1/workStep/1"):
        answer = client.request(method, f"{tasks(parent)}/{made['id']}", json=body)
        assert answer.status_code == 404, (parent, answer.text)
    told = client.request(method, f"{tasks('10')}/{made['id']}", json=body).json()["message"]
    assert told == f"There is no WorkStep with the id '{made['id']}' within the WorkPlan '10'"
    assert client.get(made["href"]).json() == made


def test_without_a_parent_there_is_no_collection(client: httpx.Client) -> None:
    for answer in (client.get(tasks("none")), client.post(tasks("none"), json={"name": "Pack"})):
        assert (answer.status_code, answer.json()["message"]) == (404, "There is no WorkPlan with the id 'none'")


def test_a_list_is_that_of_one_parent_whatever_it_is_asked_for(client: httpx.Client) -> None:
    for parent in ("1", "10"):
        for number in range(5):
            created(client, tasks(parent), {"id": f"t{number}", "name": parent, "priority": number % 2})
    assert ids(client, tasks("1")) == ["t0", "t1", "t2", "t3", "t4"]
    assert ids(client, tasks("1"), sort="-id") == ["t4", "t3", "t2", "t1", "t0"]
    assert ids(client, tasks("1"), sort="-priority,id") == ["t1", "t3", "t0", "t2", "t4"]
    assert ids(client, tasks("1"), sort="-href") == ["t4", "t3", "t2", "t1", "t0"]
    assert ids(client, tasks("1"), priority="1") == ["t1", "t3"]
    assert ids(client, tasks("1"), id="t3") == ["t3"]
    assert ids(client, tasks("1"), **{"id.gt": "t2"}) == ["t3", "t4"]
    assert ids(client, tasks("1"), **{"id.regex": "^t[12]$"}) == ["t1", "t2"]
    assert ids(client, tasks("1"), filter="$[?(@.id == 't3' || @.priority == 1)]") == ["t1", "t3"]
    assert ids(client, tasks("1"), href=f"{client.base_url}{tasks('1')}/t2") == ["t2"]
    assert ids(client, tasks("1"), href=f"{client.base_url}{tasks('10')}/t2") == []
    counted = client.get(tasks("1"), params={"limit": "0"})
    assert counted.headers["x-total-count"] == "5"


@pytest.mark.parametrize("sort", ["", "-id", "-priority"])
def test_pages_and_their_links_stay_within_the_parent(client: httpx.Client, sort: str) -> None:
    for parent in ("1", "10"):
        for number in range(5):
            created(client, tasks(parent), {"id": f"t{number}", "name": parent, "priority": number % 2})
    found: list[Body] = []
    url = f"{client.base_url}{tasks('1')}?limit=2" + (f"&sort={sort}" if sort else "")
    while url:
        page = client.get(url)
        found += page.json()
        assert page.headers["x-total-count"] == "5"
        links = dict(re.findall(r'<([^>]*)>; rel="([^"]*)"', page.headers["link"]))
        assert all(link.startswith(f"{client.base_url}{tasks('1')}?") for link in links)
        url = next((link for link, relation in links.items() if relation == "next"), "")
    assert [each["id"] for each in found] == ids(client, tasks("1"), **({"sort": sort} if sort else {}))
    assert {each["name"] for each in found} == {"1"}


def test_a_cursor_of_one_parent_says_nothing_to_another(client: httpx.Client) -> None:
    for parent in ("1", "10"):
        for number in range(4):
            created(client, tasks(parent), {"id": f"t{number}", "name": parent})
    link = re.findall(r'<([^>]*)>; rel="next"', client.get(tasks("1"), params={"limit": "2"}).headers["link"])[0]
    assert "cursor=" in link
    assert [each["id"] for each in client.get(link.replace("/1/", "/10/")).json()] == ["t2", "t3"]


@pytest.mark.parametrize("name", ["workPlanId", "_id", "parent", "document.id", "key"])
def test_the_parent_is_no_attribute(client: httpx.Client, name: str) -> None:
    created(client, tasks("1"), {"name": "Pack"})
    assert client.get(tasks("1"), params={name: "1"}).status_code == 400
    assert client.get(tasks("1"), params={"sort": name}).status_code == 400


def test_a_parent_with_resources_in_it_is_not_deleted(client: httpx.Client) -> None:
    made = created(client, tasks("1"), {"id": "a", "name": "Pack"})
    client.patch(made["href"], json={"state": "completed"})
    refused = client.delete(f"{FLOWS}/1")
    assert (refused.status_code, refused.json()["message"]) == (
        409,
        "WorkPlan 1 holds the WorkStep a; delete all WorkStep in it first",
    )
    assert client.delete(f"{FLOWS}/10").status_code == 204
    assert client.delete(made["href"]).status_code == 204
    assert client.delete(f"{FLOWS}/1").status_code == 204
    assert client.post(tasks("1"), json={"name": "Pack"}).status_code == 404


def test_an_idempotency_key_is_for_one_parent(client: httpx.Client) -> None:
    key = {"idempotency-key": "k"}
    first = client.post(tasks("1"), json={"name": "Pack"}, headers=key)
    assert client.post(tasks("1"), json={"name": "Pack"}, headers=key).json() == first.json()
    other = client.post(tasks("10"), json={"name": "Pack"}, headers=key)
    assert (other.status_code, other.json()["href"].startswith(f"{client.base_url}{tasks('10')}/")) == (201, True)
    assert client.post(tasks("none"), json={"name": "Pack"}, headers={"idempotency-key": "l"}).status_code == 404


def test_its_past_is_read_within_its_parent(client: httpx.Client) -> None:
    made = client.post(tasks("1"), json={"id": "a", "name": "Pack"})
    memento = client.get(made.json()["href"], params={"at": dates.text(dates.now())})
    assert memento.json() == made.json()
    client.delete(made.json()["href"])
    gone = client.get(made.json()["href"], params={"at": dates.text(dates.now())})
    assert (gone.status_code, gone.json()["message"].startswith("WorkStep a was deleted")) == (410, True)
    assert f"<{made.json()['href']}?at=" in gone.headers["link"]
    never = client.get(f"{tasks('10')}/a", params={"at": dates.text(dates.now())})
    assert (never.status_code, "'a'" in never.json()["message"]) == (404, True)


def test_references_lead_to_it_and_hold_it(client: httpx.Client) -> None:
    made = created(client, tasks("1"), {"id": "a", "name": "Pack"})
    leading = {"id": "a", "href": made["href"], "@referredType": "WorkStep"}
    other = created(client, tasks("10"), {"name": "Wait", "relatedParty": [leading]})
    assert other["relatedParty"] == [leading]
    assert client.get(other["href"]).json() == other
    nowhere = {**leading, "href": made["href"].replace("/1/", "/10/")}
    refused = client.post(tasks("10"), json={"name": "Wait", "relatedParty": [nowhere]})
    assert (refused.status_code, "refers to the WorkStep 'a'" in refused.json()["message"]) == (400, True)
    assert client.post(tasks("1"), json={"name": "W", "relatedParty": [{**leading, "id": "1/a"}]}).status_code == 400


def test_its_events_tell_its_id_and_url(client: httpx.Client, own: Settings) -> None:
    hub = client.post(f"{BASE}/hub", json={"callback": "https://example.com/", "query": "event.workStep.id=a"})
    assert hub.status_code == 201, hub.text
    for parent in ("1", "10"):
        created(client, tasks(parent), {"id": "a", "name": f"of {parent}"})
    made = client.patch(f"{tasks('1')}/a", json={"name": "Pack"}).json()
    client.delete(made["href"])
    drain(own)
    topic = "/tmf-api/event/v4/topic/work-plan-v4/event"

    def told(query: str) -> list[tuple[str, Body]]:
        answer = client.get(f"{topic}?{query}")
        assert answer.status_code == 200, answer.text
        return [(each["eventType"], each["event"]["workStep"]) for each in answer.json()]

    first = {**made, "name": "of 1"}
    of_one = [
        ("WorkStepCreateEvent", first),
        ("WorkStepAttributeValueChangeEvent", made),
        ("WorkStepDeleteEvent", made),
    ]
    assert told(f"event.workStep.href={made['href']}") == of_one
    assert len(told("event.workStep.id=a")) == 4
    assert told("event.workStep.id=1/a") == []
    (description,) = {each["description"] for each in client.get(f"{topic}?eventType=WorkStepDeleteEvent").json()}
    assert description == "WorkStep a was deleted"


async def transferred(settings: Settings, lines: Sequence[bytes] | None = None) -> list[Any]:
    """What an import makes of lines; without any, the lines of an export."""
    liaison, file = Liaison(settings, connect(settings)), BytesIO()
    async with liaison.client:
        engine = engine_of(liaison.apis, "workStep", "v4")
        if lines is not None:
            portion = Portion([Line(number, line) for number, line in enumerate(lines)], Ids(0, 0), "operator")
            return await Alone(engine).ends(portion)
        await Export(engine, condition(""), NdjsonSink(file)).run(asyncio.Event(), lambda _number: None)
    return file.getvalue().splitlines()


def test_what_is_exported_is_imported_within_its_parents(client: httpx.Client, own: Settings) -> None:
    made = [created(client, tasks(parent), {"id": "a", "name": f"of {parent}"}) for parent in ("1", "10")]
    lines = asyncio.run(transferred(own))
    assert list(map(json.loads, lines)) == made
    for each in made:
        assert client.delete(each["href"]).status_code == 204
    elsewhere = [line.replace(own.root_url.encode(), b"https://old.example.com/base") for line in lines]
    within = {"name": "Wait", "href": "/workPlan/10/workStep"}
    wrong = [{**within, "href": "/workPlan/none/workStep/b"}, {"name": "Wait"}, {**within, "href": "/x/1/workStep"}]
    lines = [*elsewhere, *(json.dumps(each).encode() for each in [within, *wrong])]
    ends = asyncio.run(transferred(own, lines))
    assert ends[:3] == [ImportOutcome.CREATED] * 3
    assert [each.message.partition(",")[0] for each in ends[3:]] == [
        "/href refers to the WorkPlan 'none'",
        *["/href must name the WorkPlan that it is within"] * 2,
    ]
    assert [client.get(each["href"]).json() for each in made] == made
    assert [each["name"] for each in client.get(tasks("10")).json()] == ["Wait", "of 10"]
    assert asyncio.run(transferred(own, lines))[:3] == [ImportOutcome.THERE] * 3


def test_the_document_and_the_front_page_name_its_path(client: httpx.Client) -> None:
    paths = client.get(f"{BASE}/openapi.json").json()["paths"]
    below = "/workPlan/{workPlanId}/workStep"
    assert {below, f"{below}/{{id}}"} <= paths.keys()
    assert "/workStep" not in paths
    assert [each["name"] for each in paths[below]["parameters"]] == ["workPlanId"]
    assert below in client.get("/", headers={"accept": "text/html"}).text
    assert client.get(f"{BASE}/workStep").status_code == 404
