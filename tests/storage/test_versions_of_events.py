# SPDX-License-Identifier: Apache-2.0
"""A version tells the events of what it serves; of what only another one has, or none any more, it tells nothing."""

from dataclasses import replace
from typing import Any

import pytest

from app.apis import APIS
from app.composition.factory import Liaison
from app.composition.relay_wiring import renderers_of
from app.domain.dates import now
from app.domain.identifiers import new_id
from app.domain.query.predicates import Every
from app.events.relay.reader import Reader
from app.resources.lists.pages import ListQuery
from app.settings import Settings
from app.storage.event_log.chain import DROPPED, OMISSION
from app.storage.event_log.event_log import EventLog
from app.storage.mongod.client import connect
from tests.served import PARTS, SERVED, VERSIONS
from tests.storage.entries import entry

EVERYTHING = ListQuery(Every(()), offset=0, limit=100)
OWNERS = {name: api for (api, _), part in PARTS.items() for name in part.resources}


@pytest.fixture(scope="module")
def reader() -> Reader:
    """What the relay reads with; its log is not asked for anything here."""
    unused = Settings(mongodb_uri="mongodb://unused.example/")
    liaison = Liaison(unused, connect(unused))
    return Reader(EventLog(liaison.database), renderers_of(liaison))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("omitted", [{}, {DROPPED: True, OMISSION: "too large"}], ids=["whole", "without payload"])
def test_a_version_tells_of_what_it_serves_alone(reader: Reader, version: str, omitted: dict[str, Any]) -> None:
    about = {**OWNERS, "Ledger": "gone-with-its-document", "Gone": next(iter(OWNERS.values()))}
    told = {name: reader.notification({**created(name, api), **omitted}, version) for name, api in about.items()}
    assert {name for name, each in told.items() if each} == {name for name, served in SERVED if served == version}


def created(name: str, api: str) -> dict[str, Any]:
    """An entry of the log that no other test has: a resource was created."""
    document = {"@type": name, "name": "North"}
    kind = {"kind": "Create", "eventType": f"{name}CreateEvent", "changed": [*document], "before": {}}
    logged = {"_id": new_id(), "loggedAt": now(), "resource": name, "api": api, "document": document}
    return {**entry(), **kind, **logged}


@pytest.mark.anyio
async def test_a_topic_lists_what_its_version_has_and_of_what_is_served_no_more_that_it_happened(
    settings: Settings, clean_database: str
) -> None:
    party, events = (next(api for api in APIS if api.name == name) for name in ("party", "event"))
    older = replace(party.versions["v4"], views={"Individual": party.versions["v4"].views["Individual"]})
    party = replace(party, versions={**party.versions, "v4": older})
    async with connect(settings) as client:
        liaison = Liaison(replace(settings, database=clean_database), client, [party, events])
        await EventLog(liaison.database).append(
            [created(name, party.name) for name in ("Individual", "Organization", "Gone")]
        )
        (topics,) = [api.topics for api in liaison.apis if api.topics]
        told = {id: (await (await topics.get(id)).find(EVERYTHING)).items for id in ("party-v4", "party-v5")}
    assert [(each["eventType"], "event" in each) for each in told["party-v5"]] == [
        ("IndividualCreateEvent", True),
        ("OrganizationCreateEvent", True),
        ("GoneCreateEvent", False),
    ]
    assert [each["eventType"] for each in told["party-v4"]] == ["IndividualCreateEvent", "GoneCreateEvent"]
