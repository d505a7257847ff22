# SPDX-License-Identifier: Apache-2.0
"""A version tells the events of what it serves; of what only another one has, or none any more, it tells nothing."""

from typing import Any

import pytest

from app.composition.factory import Liaison
from app.composition.relay_wiring import renderers_of
from app.domain.dates import now
from app.domain.identifiers import new_id
from app.events.relay.reader import Reader
from app.settings import Settings
from app.storage.event_log.chain import DROPPED, OMISSION
from app.storage.event_log.event_log import EventLog
from app.storage.mongod.client import connect
from tests.served import PARTS, SERVED, VERSIONS
from tests.storage.entries import entry

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
