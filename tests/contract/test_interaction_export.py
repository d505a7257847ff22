# SPDX-License-Identifier: Apache-2.0
"""`liaison export interactions`: tables as of one entry of the event log; what is sensitive only for a role."""

import asyncio
import copy
import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.composition.factory import Liaison
from app.interactions.facts import FactRules
from app.settings import Settings
from app.storage.interactions.log_snapshot import log_snapshot
from app.storage.mongod.client import connect
from app.transfer.interactions.exporting import ExportStopped, ExportTerms, InteractionExport
from app.transfer.interactions.schema import INTERACTION
from tests.contract.answers import created
from tests.contract.bodies import customer
from tests.contract.documents import DOCUMENTS
from tests.contract.performing import FLOWS, Settle, interaction_with, read
from tests.contract.test_archive_process import erase_body
from tests.contract.test_merge import merge, person
from tests.exported import Warehouse, by_key, exported, exports
from tests.paths import CUSTOMER, INDIVIDUAL_V5
from tests.scenarios.command import run
from tests.serving import free_port, serving

INTERACTIONS = "/tmf-api/partyInteraction/v5/partyInteraction"
SURVEYS = "/tmf-api/satisfactionManagement/v5/satisfactionSurvey"
CHANNELS = "/tmf-api/channelManagement/v5/channel"
POLICIES = """
appliesTo: TrackedInteraction
policies:
  - {name: complaint, when: {reason: [Complaint]}, firstResponse: PT4H, resolution: PT40H}
"""
FORMATS = ["ndjson", "csv", "parquet"]
HOSTILE = ["=1+1", "@SUM(A1)", "-2", "+3", "\tx", "\r\ny", 'a "quoted", text\nof two lines', "Ünïcødé 你好 🎈", "'tis"]


@pytest.fixture(scope="module")
def tracking(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, httpx.Client]]:
    """A server that promises something, on the database of the tests."""
    file = tmp_path_factory.mktemp("policies") / "policies.yaml"
    file.write_text(POLICIES, encoding="utf-8")
    own = dataclasses.replace(settings, port=free_port(), interaction_policies=str(file))
    with serving(own) as url, httpx.Client(base_url=url) as client:
        yield own, client


@dataclasses.dataclass
class Deployment:
    """A server with an empty database, what brings its changes into the log, and a directory of exports."""

    settings: Settings
    client: httpx.Client
    drain: Callable[[], None]
    out: Path

    def create(self, path: str, body: dict[str, Any]) -> str:
        answer = self.client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def patch(self, path: str, body: dict[str, Any]) -> None:
        answer = self.client.patch(path, json=body, headers={"Content-Type": "application/merge-patch+json"})
        assert answer.status_code == 200, answer.text

    def export(self, *options: object, out: str = "") -> Path:
        """The directory of an export that went well."""
        code, told, error = run(self.settings, "export", "interactions", "--out", self.out / out, *options)
        assert code == 0, error
        manifest = Path(told.strip())
        last = json.loads(manifest.read_bytes())["to"]
        assert error.splitlines()[-1] == f"next: --since {last}"
        return manifest.parent

    def refused(self, *options: object) -> str:
        code, _, error = run(self.settings, "export", "interactions", "--out", self.out, *options)
        assert code == 1
        return error


@pytest.fixture
def deployment(
    tracking: tuple[Settings, httpx.Client], clean_database: str, drain_all: Callable[[], None], tmp_path: Path
) -> Deployment:
    return Deployment(*tracking, drain_all, tmp_path)


def interaction(**more: Any) -> dict[str, Any]:
    via = {"@type": "RelatedChannel", "role": "via", "channel": {"@type": "ChannelRef", "id": "call-centre"}}
    return {
        "@type": "PartyInteraction",
        "reason": "Question",
        "direction": "inbounds",
        "relatedChannel": [via],
        **more,
    }  # fmt: skip


def caller(id: str, name: str = "Ngozi Okafor") -> dict[str, Any]:
    party = {"@type": "PartyRef", "id": id, "name": name, "@referredType": "Individual"}
    return {"@type": "RelatedPartyOrPartyRole", "role": "caller", "partyOrPartyRole": party}


def test_each_format_has_the_same_values_whatever_texts_there_are(deployment: Deployment) -> None:
    for text in HOSTILE:
        note = {"@type": "Note", "text": text, "author": text}
        deployment.create(INTERACTIONS, interaction(reason=text, note=[note], relatedParty=[caller("7", text)]))
    tracked = {"@type": "TrackedInteraction", "reason": "Complaint", "direction": "inbound"}
    id = deployment.create(INTERACTIONS, interaction(**tracked))
    deployment.patch(f"{INTERACTIONS}/{id}", {"status": "completed"})
    deployment.create(CHANNELS, {"@type": "Channel", "id": "call-centre", "name": "=1", "channelType": "phone"})
    rated = {"@type": "EntityRef", "id": id, "@referredType": "PartyInteraction"}
    survey = {"@type": "SatisfactionSurvey", "surveyType": "NPS", "status": "answered", "score": 9}
    deployment.create(SURVEYS, {**survey, "ratedEntity": rated, "comment": "+1"})
    deployment.drain()
    tables = [
        exported(deployment.export("--format", format, "--role", "integrator", out=format))[1] for format in FORMATS
    ]
    assert tables[0] == tables[1] == tables[2]
    whole = tables[0]
    assert [row["reason"] for row in whole["interaction"]] == [*HOSTILE, "Complaint"]
    assert [row["note"] for row in whole["interaction_note"]] == HOSTILE
    done = by_key(whole["interaction"], "id")[id]
    assert (done["type"], done["direction"], done["is_over"]) == ("TrackedInteraction", "inbound", True)
    assert done["response_seconds"] == done["resolution_seconds"] > 0
    assert {row["name"]: row["state"] for row in whole["promise"]} == {"firstResponse": "met", "resolution": "met"}
    (answer,) = whole["satisfaction"]
    assert (answer["kind"], answer["score"], answer["rated_id"], answer["comment"]) == ("NPS", 9, id, "+1")
    assert [(row["id"], row["kind"]) for row in whole["channel"]] == [("call-centre", "phone")]


def test_no_cell_of_csv_is_a_formula(deployment: Deployment) -> None:
    for text in HOSTILE:
        deployment.create(INTERACTIONS, interaction(reason=text, conversation=text))
    deployment.drain()
    text = (deployment.export("--format", "csv") / "interaction.csv").read_bytes().decode()
    for each in HOSTILE[:6]:
        assert f"\"'{each}" in text
        assert f'"{each}' not in text


def test_an_export_has_what_the_log_has_and_the_increment_has_the_rest(deployment: Deployment) -> None:
    changed, gone, same, late = (deployment.create(INTERACTIONS, interaction(reason=name)) for name in "abcd")
    deployment.client.delete(f"{INTERACTIONS}/{late}").raise_for_status()
    deployment.create(INTERACTIONS, interaction(id=late, reason="e"))
    deployment.drain()
    deployment.patch(f"{INTERACTIONS}/{changed}", {"reason": "changed", "description": "new"})
    deployment.patch(f"{INTERACTIONS}/{changed}", {"status": "completed"})
    for id in (gone, late):
        deployment.client.delete(f"{INTERACTIONS}/{id}").raise_for_status()
    deployment.create(INTERACTIONS, interaction(id=late, reason="f"))
    new = deployment.create(INTERACTIONS, interaction(reason="new"))
    first = deployment.export("--format", "ndjson")
    manifest, tables = exported(first)
    assert {row["id"]: row["reason"] for row in tables["interaction"]} == {
        changed: "a",
        gone: "b",
        same: "c",
        late: "e",
    }
    assert {row["state"] for row in tables["interaction"]} == {"opened"}
    deployment.drain()
    second = deployment.export("--format", "ndjson", "--since", manifest["to"])
    _, tables = exported(second)
    assert reasons(tables) == {changed: "changed", late: "f", new: "new"}
    assert [(row["id"], row["reason"]) for row in tables["gone"]] == [(gone, "deleted")]
    assert len(tables["interaction_channel"]) == 3
    warehouse, anew = Warehouse(), Warehouse()
    for each in (first, second):
        warehouse.load(each)
    anew.load(deployment.export("--format", "ndjson", out="anew"))
    assert warehouse == anew
    assert set(warehouse.tables["interaction"]) == {(changed,), (late,), (new,), (same,)}


def reasons(tables: dict[str, Any]) -> dict[str, str]:
    return {row["id"]: row["reason"] for row in tables["interaction"]}


def test_of_the_same_entries_there_is_one_export(deployment: Deployment) -> None:
    deployment.create(INTERACTIONS, interaction())
    deployment.drain()
    first = deployment.export("--format", "ndjson")
    before = (first / "manifest.json").stat().st_mtime_ns
    assert deployment.export("--format", "ndjson") == first
    assert (first / "manifest.json").stat().st_mtime_ns == before
    assert exports(deployment.out) == [first]
    assert "is another export of the same entries" in deployment.refused("--format", "csv")
    assert {path.stat().st_mode & 0o77 for path in (first, *first.iterdir())} == {0}


def test_what_cannot_be_exported_is_told(deployment: Deployment) -> None:
    assert "There is no entry 99 in the event log, which ends with 0" in deployment.refused("--since", "99")
    assert "There is no role 'nobody'; there are administrator, agent" in deployment.refused("--role", "nobody")
    told = deployment.refused("--role", "partner")
    assert "does not have what an export needs: satisfactionSurvey:read, channel:read" in told
    assert exports(deployment.out) == []


def canaried(value: Any, place: str = "") -> Any:
    """A body with a canary in each text that says something of people, or that they said; the others stay."""
    if isinstance(value, dict):
        return {name: canaried(member, f"{place}.{name}") for name, member in value.items()}
    if isinstance(value, list):
        return [canaried(each, place) for each in value]
    name = place.rpartition(".")[2]
    is_plain = name in PLAIN or name.endswith(("date", "Date", "DateTime")) or name.startswith("@")
    return value if is_plain or not isinstance(value, str) else f"canary{place}"


PLAIN = {
    *("id", "role", "reason", "direction", "status", "priority", "conversation", "waitingFor", "relationshipType"),
    *("interactionItemType", "surveyType", "language", "href", "url"),
}
"""What is exported without a scope, or has to be a URL."""


def full_bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """The examples of the documents with almost every attribute, with those of the deployment's own."""
    for document, path, collection in (
        ("party-interaction-v5", "/partyInteraction", INTERACTIONS),
        ("satisfaction-v5", "/satisfactionSurvey", SURVEYS),
    ):
        examples = DOCUMENTS[document]["paths"][path]["post"]["requestBody"]["content"]["application/json"]["examples"]
        for name in examples.keys() - {"minimal"}:
            body = copy.deepcopy(examples[name]["value"])
            yield collection, {**body, "ownAttribute": {"deep": [{"text": "of our own"}]}}


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_sensitive_is_in_no_file_without_its_scope(deployment: Deployment, format: str) -> None:
    for path, body in full_bodies():
        deployment.create(path, canaried(body))
    deployment.drain()
    _, plain = exported(deployment.export("--format", format, out="plain"))
    assert plain["interaction"]
    assert plain["satisfaction"]
    assert "canary" not in json.dumps(plain)
    access = deployment.out / "access.yaml"
    read = ["partyInteraction:read", "satisfactionSurvey:read", "channel:read"]
    roles = {"namer": [*read, "name:reveal"], "listener": [*read, "content:reveal"], "both": [*read, "*:reveal"]}
    access.write_text(json.dumps({"roles": roles}), encoding="utf-8")
    deployment.settings = dataclasses.replace(deployment.settings, access=str(access))
    seen = {}
    for role in roles:
        _, tables = exported(deployment.export("--format", format, "--role", role, out=role))
        seen[role] = json.dumps(tables)
    assert {role: "canary.note.text" in text for role, text in seen.items()} == {
        "namer": False, "listener": True, "both": True,
    }  # fmt: skip
    names = "canary.relatedParty.partyOrPartyRole.name"
    assert {role: names in text for role, text in seen.items()} == {"namer": True, "listener": False, "both": True}
    assert "canary.ownAttribute.deep.text" in seen["both"]
    assert "canary.externalIdentifier.owner" in seen["both"]


def test_what_is_archived_leaves_a_tombstone_that_says_so(deployment: Deployment) -> None:
    id = deployment.create(CUSTOMER, customer(status="Closed"))
    party = {"@type": "PartyRoleRef", "id": id, "@referredType": "Customer"}
    related = {"@type": "RelatedPartyOrPartyRole", "role": "customer", "partyOrPartyRole": party}
    about = deployment.create(INTERACTIONS, interaction(status="completed", relatedParty=[related]))
    deployment.drain()
    since = exported(deployment.export("--format", "ndjson"))[0]["to"]
    asyncio.run(archive(deployment.settings, id))
    deployment.drain()
    _, tables = exported(deployment.export("--format", "ndjson", "--since", since))
    assert [(row["resource"], row["id"], row["reason"]) for row in tables["gone"]] == [
        ("PartyInteraction", about, "archived")
    ]  # fmt: skip


def test_a_merge_and_an_erasure_are_in_the_next_increment(
    settings: Settings, client: httpx.Client, drain_all: Callable[[], None], settle: Settle, tmp_path: Path
) -> None:
    deployment = Deployment(settings, client, drain_all, tmp_path)
    duplicate, survivor = (created(client, INDIVIDUAL_V5, person(givenName=name)) for name in ("Ngozi", "Ngozy"))
    call = deployment.create(INTERACTIONS, interaction_with(duplicate["id"]))
    drain_all()
    warehouse = Warehouse()
    warehouse.load(deployment.export("--format", "ndjson"))
    assert parties(warehouse) == {(call, duplicate["id"])}
    flow = merge(client, duplicate, survivor)
    settle()
    assert read(client, flow)["state"] == "completed"
    warehouse.load(deployment.export("--format", "ndjson", "--since", position(warehouse)))
    assert parties(warehouse) == {(call, survivor["id"])}
    flow = created(client, FLOWS, erase_body(survivor["id"]))
    settle()
    assert read(client, flow)["state"] == "completed"
    warehouse.load(deployment.export("--format", "ndjson", "--since", position(warehouse)))
    assert survivor["id"] not in json.dumps([*warehouse.tables["interaction_party"].values()])


def parties(warehouse: Warehouse) -> set[tuple[str, str]]:
    return {(row["interaction_id"], row["party_id"]) for row in warehouse.tables["interaction_party"].values()}


def position(warehouse: Warehouse) -> int:
    assert warehouse.position is not None
    return warehouse.position[0]


def test_an_export_that_is_stopped_leaves_nothing(deployment: Deployment) -> None:
    deployment.create(INTERACTIONS, interaction())
    deployment.drain()
    with pytest.raises(ExportStopped):
        asyncio.run(stopped_export(deployment))
    assert list(deployment.out.iterdir()) == []


async def stopped_export(deployment: Deployment) -> None:
    liaison = Liaison(deployment.settings, connect(deployment.settings))
    stop = asyncio.Event()
    stop.set()
    async with liaison.client, log_snapshot(liaison.database) as snapshot:
        terms = ExportTerms("parquet", None, FactRules(liaison.lifecycles[INTERACTION], frozenset(), {}))
        await InteractionExport(terms, snapshot, deployment.out).run(stop, lambda _: None)


def test_without_pyarrow_it_is_told_what_to_install(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "pip install 'liaison[parquet]'" in deployment.refused()
    deployment.export("--format", "csv")


async def archive(settings: Settings, id: str) -> None:
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        assert liaison.archive
        await liaison.archive.archive("Customer", id, "customer")
