# SPDX-License-Identifier: Apache-2.0
"""Deliveries: every listener gets every event it wants, in order, and waits for no other."""

import pytest

from app.domain.mapping.residue import MEMORY
from app.storage.mongod.durable import Database
from tests.storage.listening import Writer, ear, hub, relay, running
from tests.storage.watching import has_logged, is_registered, until

pytestmark = pytest.mark.anyio

CREATED, CHANGED, MOVED, DELETED = (
    f"Individual{kind}Event" for kind in ("Create", "AttributeValueChange", "StateChange", "Delete")
)


async def test_a_listener_gets_the_events_of_its_api_in_order(database: Database) -> None:
    async with ear() as listener:
        individuals = Writer(database)
        await hub(database).register({"callback": listener.url + "?key=a%20b"})
        async with running(relay(database)):
            await individuals.create("1", status="initialized")
            await Writer(database, "Customer").create("9", name="not for this hub")
            await individuals.patch("1", status="validated", givenName="Jane")
            await individuals.delete("1")
            await until(lambda: len(listener.heard) == 4)

        assert listener.types == [CREATED, CHANGED, MOVED, DELETED]
        gone = {"id": "1", "href": "http://here/1", "status": "validated", "givenName": "Jane"}
        assert listener.heard[-1]["event"] == {"individual": gone}
        request = listener.requests[0]
        assert (request.method, request.raw_path) == ("POST", "/events?key=a%20b")
        assert request.content_type == "application/json"


async def test_only_what_happens_after_the_registration_is_delivered(database: Database) -> None:
    async with ear() as listener:
        await Writer(database).create("1", name="before")
        async with running(relay(database)):
            await until(lambda: has_logged(database, 1))
            await hub(database).register({"callback": listener.url})
            await Writer(database).create("2", name="after")
            await until(lambda: bool(listener.heard))

        assert [body["event"]["individual"]["id"] for body in listener.heard] == ["2"]


async def test_a_query_filters_and_trims(database: Database) -> None:
    query = f"eventType={CREATED},{MOVED}&event.individual.status=validated&fields=event.individual.status"
    async with ear() as listener:
        await hub(database).register({"callback": listener.url, "query": query})
        individuals = Writer(database)
        async with running(relay(database)):
            await individuals.create("1", status="initialized")
            await individuals.patch("1", status="validated")
            await individuals.patch("1", givenName="Jane")
            await individuals.create("2", status="validated")
            await until(lambda: len(listener.heard) == 2)

        assert listener.types == [MOVED, CREATED]
        assert listener.heard[0]["event"] == {"individual": {"id": "1", "href": "http://here/1", "status": "validated"}}


async def test_a_new_relay_goes_on_where_the_old_one_stopped(database: Database) -> None:
    async with ear() as listener:
        made = await hub(database).register({"callback": listener.url})
        for number in range(3):
            await Writer(database).create(str(number), name="a")
            async with running(relay(database)):
                await until(lambda expected=number + 1: len(listener.heard) == expected)  # type: ignore[misc]
                await until(lambda expected=number + 1: is_registered(database, made["id"], position=expected))  # type: ignore[misc]

        assert [body["event"]["individual"]["id"] for body in listener.heard] == ["0", "1", "2"]


async def test_two_deliveries_by_mistake_skip_nothing(database: Database) -> None:
    async with ear() as listener:
        await hub(database).register({"callback": listener.url})
        async with running(relay(database, lease_seconds=0), relay(database, lease_seconds=0)):
            await Writer(database).create("1", number=0)
            for number in range(1, 10):
                await Writer(database).patch("1", number=number)
            await until(lambda: len({body["eventId"] for body in listener.heard}) == 10)

        first_heard = list(dict.fromkeys(body["event"]["individual"]["number"] for body in listener.heard))
        assert first_heard == list(range(10))


async def test_a_large_document_arrives_whole(database: Database) -> None:
    notes = [{"text": "ü" * 500, "number": number} for number in range(500)]
    async with ear() as listener:
        await hub(database).register({"callback": listener.url})
        async with running(relay(database)):
            await Writer(database).create("1", note=notes)
            await until(lambda: bool(listener.heard))

        assert listener.heard[0]["event"]["individual"]["note"] == notes
        assert int(listener.requests[0].headers["Content-Length"]) > 500_000


async def test_fifty_listeners_all_hear_everything_in_order(database: Database) -> None:
    async with ear() as listener:
        party = hub(database)
        for number in range(50):
            await party.register({"callback": f"{listener.url}/{number}"})
        async with running(relay(database)):
            await Writer(database).create("1", number=0)
            for number in range(1, 10):
                await Writer(database).patch("1", number=number)
            await until(lambda: len(listener.heard) == 500)

        by_path: dict[str, list[int]] = {}
        for request, body in zip(listener.requests, listener.heard, strict=True):
            by_path.setdefault(request.path, []).append(body["event"]["individual"]["number"])
        assert len(by_path) == 50
        assert set(map(tuple, by_path.values())) == {tuple(range(10))}


async def test_registrations_come_and_go_while_the_relay_runs(database: Database) -> None:
    async with ear() as first, ear() as second:
        party, individuals = hub(database), Writer(database)
        async with running(relay(database)):
            made = await party.register({"callback": first.url})
            await individuals.create("1", name="a")
            await until(lambda: bool(first.heard))
            await party.remove(made["id"])
            await party.register({"callback": second.url})
            await individuals.create("2", name="a")
            await until(lambda: len(second.heard) == 1)
            await individuals.create("3", name="a")
            await until(lambda: len(second.heard) == 2)

        # What came before the relay noticed the removal may still have been delivered; nothing later.
        assert [body["event"]["individual"]["id"] for body in first.heard] in (["1"], ["1", "2"])


async def test_events_that_nobody_wants_move_the_position_in_batches(database: Database) -> None:
    async with ear() as listener:
        made = await hub(database).register({"callback": listener.url, "query": f"eventType={DELETED}"})
        for number in range(250):
            await Writer(database).create(str(number), name="a")
        async with running(relay(database)):
            await until(lambda: is_registered(database, made["id"], position=200))
            await Writer(database).delete("7")
            await until(lambda: is_registered(database, made["id"], position=251))

        assert listener.types == [DELETED]


async def test_a_change_reaches_the_listeners_of_each_version_in_their_form(database: Database) -> None:
    async with ear() as old, ear() as new:
        await hub(database).register({"callback": old.url})
        await hub(database, version="v5").register({"callback": new.url})
        individuals = Writer(database)
        async with running(relay(database)):
            await individuals.create("1", status="initialized", givenName="Jane", title="Dr")
            await individuals.patch("1", status="validated", givenName="Joan")
            await individuals.drop("1", "title")
            await individuals.delete("1")
            await until(lambda: len(old.heard) == len(new.heard) == 5)

    assert old.types == new.types == [CREATED, CHANGED, MOVED, CHANGED, DELETED]
    assert [body["eventId"] for body in old.heard] == [body["eventId"] for body in new.heard]
    whole = {"id": "1", "href": "http://here/1", "status": "validated", "givenName": "Joan", "title": "Dr"}
    assert [body["event"]["individual"] for body in old.heard[1:3]] == [whole, whole]
    assert [body.get("fieldPath") for body in old.heard] == [None, "givenName", None, "title", None]
    assert "title" not in old.heard[3]["event"]["individual"]
    known_by = {"@type": "Individual", "id": "1", "href": "http://here/v5/1"}
    assert [body["event"]["individual"] for body in new.heard] == [
        {**known_by, "status": "initialized", "givenName": "Jane", "title": "Dr"},
        {**known_by, "givenName": "Joan"},
        {**known_by, "status": "validated"},
        {**known_by, "title": None},
        known_by,
    ]


async def test_a_v5_query_sees_attributes_that_its_notification_leaves_out(database: Database) -> None:
    async with ear() as listener:
        query = f"eventType={CHANGED}&event.individual.status=validated&fields=givenName"
        await hub(database, version="v5").register({"callback": listener.url, "query": query})
        individuals = Writer(database)
        async with running(relay(database)):
            for id, status in (("1", "initialized"), ("2", "validated")):
                await individuals.create(id, status=status)
                await individuals.patch(id, givenName="Jane", familyName="Doe")
            await until(lambda: bool(listener.heard))

    assert [body["event"]["individual"] for body in listener.heard] == [
        {"@type": "Individual", "id": "2", "href": "http://here/v5/2", "givenName": "Jane"}
    ]


async def test_what_v5_does_not_see_is_told_to_v4_alone(database: Database) -> None:
    async with ear() as old, ear() as new:
        await hub(database).register({"callback": old.url})
        await hub(database, version="v5").register({"callback": new.url})
        individuals = Writer(database)
        async with running(relay(database)):
            await individuals.create("1", givenName="Jane")
            await individuals.patch("1", **{MEMORY: {"set": {"characteristic": []}}})
            await individuals.delete("1")
            await until(lambda: len(old.heard) == 3 and len(new.heard) >= 2)

    assert old.types == [CREATED, CHANGED, DELETED]
    assert new.types == [CREATED, DELETED]
