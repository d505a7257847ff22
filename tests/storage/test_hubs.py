"""The hub: what may be registered, what is refused, and what a registration looks like."""

from typing import Any

import pytest

from app.errors import Conflict, InvalidBody, InvalidField, InvalidQuery, MissingField, NotFound, TmfError
from app.storage.hubs import Hubs
from tests.storage.listening import Writer, hub, opened, relay

pytestmark = pytest.mark.anyio

CALLBACK = "http://listener.example:8080/events?key=1"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_registration_is_answered_as_a_subscription(mongodb_uri: str, clean_database: str) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        party = hub(database)
        made = await party.register({"callback": f" {CALLBACK} ", "query": " ", "@type": "Hub"})

        assert made == {"id": made["id"], "callback": CALLBACK}
        assert await party.get(made["id"]) == made
        filtered = await party.register({"callback": CALLBACK, "query": "eventType=IndividualCreateEvent"})
        assert filtered["query"] == "eventType=IndividualCreateEvent"


async def test_a_v5_registration_is_answered_as_a_hub(mongodb_uri: str, clean_database: str) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        party = hub(database, version="v5")
        made = await party.register({"callback": CALLBACK})

        href = f"http://here/party/v5/hub/{made['id']}"
        assert made == {"@type": "Hub", "id": made["id"], "href": href, "callback": CALLBACK}
        assert await party.get(made["id"]) == made


async def test_a_v5_registration_keeps_what_was_said_of_its_class(mongodb_uri: str, clean_database: str) -> None:
    said = {"@type": "Hub", "@baseType": "Entity", "@schemaLocation": "https://schemas.example/hub.json"}
    async with opened(mongodb_uri, clean_database) as database:
        party = hub(database, version="v5")
        body = {**said, "callback": CALLBACK, "query": "@type=IndividualCreateEvent"}
        made = await party.register({**body, "id": "mine", "other": 1})

        assert made == {**body, "id": made["id"], "href": f"http://here/party/v5/hub/{made['id']}"}
        assert made["id"] != "mine"
        assert await party.get(made["id"]) == made


async def test_the_hubs_of_two_versions_are_separate(mongodb_uri: str, clean_database: str) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        v4, v5 = hub(database), hub(database, version="v5")
        old, new = await v4.register({"callback": CALLBACK}), await v5.register({"callback": CALLBACK})
        for other, id in ((v5, old["id"]), (v4, new["id"])):
            with pytest.raises(NotFound):
                await other.get(id)
            with pytest.raises(NotFound):
                await other.remove(id)

        assert (await v4.get(old["id"]), await v5.get(new["id"])) == (old, new)


async def test_a_registration_begins_at_the_end_of_the_log(mongodb_uri: str, clean_database: str) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        await Writer(database).create("1", name="before")
        await relay(database).drain()
        await hub(database).register({"callback": CALLBACK})

        assert [each["position"] for each in await Hubs(database).active()] == [1]


async def test_the_same_registration_twice_is_a_conflict_naming_the_first(
    mongodb_uri: str, clean_database: str
) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        party = hub(database)
        first = await party.register({"callback": CALLBACK})
        with pytest.raises(Conflict, match=first["id"]):
            await party.register({"callback": CALLBACK, "query": None})
        await Hubs(database).suspend(first["id"], error="HTTP status 500")
        with pytest.raises(Conflict, match="suspended: delete it"):
            await party.register({"callback": CALLBACK})

        await hub(database, "customer").register({"callback": CALLBACK})
        await party.remove(first["id"])
        await party.register({"callback": CALLBACK})


async def test_a_hub_knows_only_its_own_registrations(mongodb_uri: str, clean_database: str) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        made = await hub(database).register({"callback": CALLBACK})
        customers = hub(database, "customer")
        with pytest.raises(NotFound):
            await customers.get(made["id"])
        with pytest.raises(NotFound):
            await customers.remove(made["id"])
        assert await hub(database).get(made["id"]) == made


async def test_a_removed_registration_is_unknown(mongodb_uri: str, clean_database: str) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        party = hub(database)
        made = await party.register({"callback": CALLBACK})
        await party.remove(made["id"])
        with pytest.raises(NotFound):
            await party.get(made["id"])
        with pytest.raises(NotFound):
            await party.remove(made["id"])


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([], InvalidBody),
        ({}, MissingField),
        ({"callback": None}, MissingField),
        ({"callback": "  "}, MissingField),
        ({"callback": 5}, InvalidField),
        ({"callback": CALLBACK, "query": ["a"]}, InvalidField),
        ({"callback": "listener.example/events"}, InvalidField),
        ({"callback": "/events"}, InvalidField),
        ({"callback": "ftp://listener.example/events"}, InvalidField),
        ({"callback": "http:///events"}, InvalidField),
        ({"callback": "http://listener.example:99999/"}, InvalidField),
        ({"callback": "http://[::1/"}, InvalidField),
        ({"callback": "http://listener.example/a b"}, InvalidField),
        ({"callback": "http://listener.example/a\r\nX: y"}, InvalidField),
        ({"callback": "http://listener.example/" + "a" * 2000}, InvalidField),
        ({"callback": CALLBACK, "query": "eventType=CustomerCreateEvent"}, InvalidQuery),
        ({"callback": CALLBACK, "query": "evnt.individual.status=x"}, InvalidQuery),
    ],
)
async def test_a_bad_registration_is_refused_and_not_kept(
    mongodb_uri: str, clean_database: str, body: Any, error: type[TmfError]
) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        for version in ("v4", "v5"):
            with pytest.raises(error) as refused:
                await hub(database, version=version).register(body)
            assert refused.value.status == 400

        assert await database["hub"].count_documents({}) == 0


@pytest.mark.parametrize(
    ("member", "told"),
    [
        ({"@type": "EventSubscription"}, "send 'Hub'"),
        ({"@type": "hub"}, "send 'Hub'"),
        ({"@type": 5}, "/@type must be text"),
        ({"@baseType": {}}, "/@baseType must be text"),
        ({"@schemaLocation": "s" * 2001}, "/@schemaLocation has 2001 characters"),
        ({"query": "fieldPath=status"}, "'fieldPath' is no member"),
    ],
)
async def test_v5_refuses_what_is_no_hub_and_v4_does_not_look(
    mongodb_uri: str, clean_database: str, member: dict[str, Any], told: str
) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        body = {"callback": CALLBACK, **member}
        with pytest.raises(TmfError) as refused:
            await hub(database, version="v5").register(body)

        assert (refused.value.status, told in refused.value.message) == (400, True)
        made = await hub(database).register(body)
        assert not any(name.startswith("@") for name in made)


async def test_a_position_never_goes_back(mongodb_uri: str, clean_database: str) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        hubs = Hubs(database)
        made = await hub(database).register({"callback": CALLBACK})
        await hubs.advance(made["id"], 9, delivered=False)
        await hubs.advance(made["id"], 4, delivered=True)

        assert [each["position"] for each in await hubs.active()] == [9]
