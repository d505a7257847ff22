# SPDX-License-Identifier: Apache-2.0
"""Insight: its figures are what DuckDB computes of the export, out of an index, for whoever may see all."""

import asyncio
import dataclasses
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb
import httpx
import pytest
from pymongo import MongoClient

from app.composition.factory import Liaison
from app.domain import dates
from app.domain.origin import UNKNOWN
from app.resources.create import created_change
from app.settings import Settings
from app.storage.documents.rows import FACT_INDEXES, FACTS
from app.storage.interactions.fact_rows import SPANS
from app.storage.mongod.client import connect
from tests.contract.draining import drain
from tests.identity_provider import AUDIENCE, IdentityProvider, bearer
from tests.scenarios.command import run
from tests.serving import free_port, serving

INSIGHT = "/tmf-api/interactionInsight/v1/interactionInsight"
INTERACTIONS = "/tmf-api/partyInteraction/v5/partyInteraction"
START = datetime(2026, 1, 1, tzinfo=UTC)
COUNT, QUESTIONS, LEAST_SLICES = 600, 60, 200
CHANNELS = {"call-centre": "phone", "shop-7": "store", "portal": "web"}
REASONS = ["Question", "Complaint", "Fault, of a line", ""]
DIMENSIONS = ["channel", "reason", "role", "period"]
PLAIN = {
    "@type": "PartyInteraction",
    "reason": "Early",
    "direction": "inbound",
    "relatedChannel": [{"@type": "RelatedChannel", "role": "via", "channel": {"@type": "ChannelRef", "id": "portal"}}],
}
ROLES = [["caller"], ["caller", "agent"], ["agent", "agent"], []]


def instant(draw: random.Random, begin: datetime, days: float) -> datetime:
    return begin + timedelta(milliseconds=draw.randrange(int(days * 86_400_000)))


def interaction(draw: random.Random) -> dict[str, Any]:
    """A stored interaction of one of 120 days: plain or tracked, open or over, with promises in all states."""
    created = instant(draw, START, 120)
    reason, ids = draw.choice(REASONS), draw.sample([*CHANNELS, "unheard-of"], draw.randrange(3))
    document: dict[str, Any] = {
        "@type": "PartyInteraction",
        "creationDate": created,
        "direction": "inbound",
        "status": draw.choice(["opened", "inProgress", "completed", "Completed", "cancelled"]),
        "relatedChannel": [{"@type": "RelatedChannel", "channel": {"@type": "ChannelRef", "id": id}} for id in ids],
        "relatedParty": [
            {"@type": "RelatedPartyOrPartyRole", "role": role, "partyOrPartyRole": {"@type": "PartyRef", "id": "7"}}
            for role in draw.choice(ROLES)
        ],
        **({"reason": reason} if reason else {}),
        "statusChangeDate": instant(draw, created, 40),
    }
    return document if draw.random() < 0.4 else {**document, **tracked(draw, created)}


def tracked(draw: random.Random, created: datetime) -> dict[str, Any]:
    clock: dict[str, Any] = {"startDate": created, "firstResponseDate": instant(draw, created, 3)}
    if draw.random() < 0.7:
        clock["endDate"] = instant(draw, created, 60)
    if draw.random() < 0.1:
        clock["withdrawn"] = True
    promises = []
    for name in draw.sample(["firstResponse", "progress", "resolution"], draw.randrange(4)):
        promise = {
            "name": name,
            "state": draw.choice(["due", "paused", "met", "cancelled"]),
            "dueDate": instant(draw, created, 30),
        }
        promises.append(promise | ({"metDate": instant(draw, created, 60)} if promise["state"] == "met" else {}))
    return {"@type": "TrackedInteraction", "clock": clock, "promise": promises}


def survey(draw: random.Random, rated: str) -> dict[str, Any]:
    kind, most = draw.choice([("CSAT", 5), ("NPS", 10), ("CES", 7)])
    referred = draw.choice(["PartyInteraction"] * 4 + ["Customer"])
    return {
        "@type": "SatisfactionSurvey",
        "surveyType": kind,
        "status": "answered",
        "creationDate": START,
        "statusDate": instant(draw, START, 125),
        "score": draw.randint((most == 10 and 0) or 1, most),
        "ratedEntity": {"@type": "EntityRef", "id": rated, "@referredType": referred},
    }


async def fill(settings: Settings) -> None:
    """Store interactions, the channels that they name, and surveys, with their events."""
    draw = random.Random(20261201)
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        resources = {name: each for api in liaison._parts for name, each in api.resources.items()}

        async def store(name: str, id: str, document: dict[str, Any]) -> None:
            await liaison._documents[name].insert(
                id, document, created_change(resources[name], document, START + timedelta(days=130), UNKNOWN)
            )

        for id, kind in CHANNELS.items():
            await store("Channel", id, {"@type": "Channel", "name": id, "channelType": kind, "status": "active"})
        for number in range(COUNT):
            await store("PartyInteraction", f"i{number}", interaction(draw))
        for number in range(COUNT):
            await store("SatisfactionSurvey", f"s{number}", survey(draw, f"i{draw.randrange(COUNT)}"))


@dataclasses.dataclass
class Deployment:
    settings: Settings
    client: httpx.Client
    database: Any

    def ask(self, **parameters: Any) -> dict[str, Any]:
        answer = self.client.get(f"{INSIGHT}?{urlencode(parameters, doseq=True)}")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


@pytest.fixture(scope="module")
def deployment(settings: Settings, mongo: MongoClient[Any]) -> Iterator[Deployment]:
    """A server that tells of each answer, with interactions of four months."""
    port = free_port()
    changed = dataclasses.replace(settings, port=port, database=f"insight_{port}", insight=True, insight_answers=1)
    with serving(changed) as url, httpx.Client(base_url=url, timeout=60) as client:
        asyncio.run(fill(changed))
        yield Deployment(changed, client, mongo[changed.database])
    mongo.drop_database(changed.database)


@pytest.fixture(scope="module")
def warehouse(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """What the server exports for business intelligence, in DuckDB, with a view for each dimension."""
    drain(deployment.settings)
    out = tmp_path_factory.mktemp("export")
    code, told, error = run(deployment.settings, "export", "interactions", "--format", "parquet", "--out", out)
    assert code == 0, error
    place = Path(told.strip()).parent
    loaded = duckdb.connect()
    loaded.execute("SET TimeZone = 'UTC'")
    for name in ("interaction", "promise", "interaction_party", "interaction_channel", "satisfaction", "channel"):
        loaded.execute(f"CREATE TABLE {name} AS SELECT * FROM '{place}/{name}.parquet'")
    loaded.execute(VIEWS)
    return loaded


VIEWS = """
CREATE VIEW place AS
SELECT i.id, coalesce(c.kind, 'unknown') AS channel, coalesce(i.reason, '') AS reason,
       coalesce(r.role, '') AS role
FROM interaction i
LEFT JOIN interaction_channel ic ON ic.interaction_id = i.id AND ic.ordinal = 0
LEFT JOIN channel c ON c.id = ic.channel_id
LEFT JOIN (SELECT DISTINCT interaction_id, role FROM interaction_party WHERE role IS NOT NULL) r
       ON r.interaction_id = i.id;
CREATE VIEW answer AS
SELECT s.id, s.kind, s.score, s.answered_at, coalesce(p.channel, 'unknown') AS channel,
       coalesce(p.reason, '') AS reason, coalesce(p.role, '') AS role
FROM satisfaction s
LEFT JOIN place p ON s.rated_type = 'PartyInteraction' AND p.id = s.rated_id
WHERE s.state = 'answered';
"""


def one(warehouse: duckdb.DuckDBPyConnection, query: str, *values: Any) -> tuple[Any, ...]:
    row = warehouse.execute(query, list(values)).fetchone()
    assert row is not None
    return row


def recompute(
    warehouse: duckdb.DuckDBPyConnection, told: dict[str, Any], asked: dict[str, Any], part: dict[str, Any]
) -> dict[str, Any]:
    """The figures of a slice, by its dimensions, in SQL over the export."""
    wanted: list[str] = []
    values: list[Any] = []
    for name in ("channel", "reason", "role"):
        if name in part:
            wanted, values = [*wanted, f"{name} = ?"], [*values, part[name]]
        if name in asked:
            wanted, values = [*wanted, f"list_contains(?, {name})"], [*values, asked[name]]
    where = " AND ".join(["true", *wanted])
    period = part.get("period", {"startDateTime": told["from"], "endDateTime": told["to"]})
    begin, end = dates.instant(period["startDateTime"]), dates.instant(period["endDateTime"])
    as_of = dates.instant(told["asOf"])
    at = min(end, as_of)
    ids = f"SELECT DISTINCT id FROM place WHERE {where}"
    within = f"FROM interaction WHERE id IN ({ids}) AND created_at >= ? AND created_at < ?"
    figures: dict[str, Any] = {
        "volume": one(warehouse, f"SELECT count(*) {within}", *values, begin, end)[0],
        "backlog": one(
            warehouse,
            f"SELECT count(*) FROM interaction WHERE id IN ({ids}) AND created_at <= ? AND ?"
            " AND (NOT is_over OR coalesce(ended_at > ?, false))",
            *values, at, begin <= as_of, at,
        )[0],
    }  # fmt: skip
    for name, column in (("responseTime", "response_seconds"), ("resolutionTime", "resolution_seconds")):
        count, *durations = one(
            warehouse,
            f"SELECT count({column}), quantile_cont({column}, 0.5), quantile_cont({column}, 0.9) {within}",
            *values, begin, end,
        )  # fmt: skip
        if count:
            figures[name] = {"count": count, "median": durations[0], "p90": durations[1]}
    decided = warehouse.execute(
        "SELECT name, count(*), count(*) FILTER (breach_at < ?) FROM promise"
        f" WHERE interaction_id IN (SELECT id {within})"
        " AND (breach_at < ? OR (breach_at IS NULL AND met_at <= ?)) GROUP BY name ORDER BY name",
        [as_of, *values, begin, end, as_of, as_of],
    ).fetchall()
    if decided:
        figures["promise"] = [{"name": name, "count": count, "breached": broken} for name, count, broken in decided]
    answers = warehouse.execute(
        "SELECT kind, count(*), avg(score), avg((score >= 4)::INT), 100 * avg((score >= 9)::INT - (score <= 6)::INT)"
        f" FROM (SELECT DISTINCT id, kind, score FROM answer WHERE {where} AND answered_at >= ? AND answered_at < ?)"
        " GROUP BY kind ORDER BY kind",
        [*values, begin, end],
    ).fetchall()
    if answers:
        figures["satisfaction"] = [
            {"surveyType": kind, "count": count, "mean": mean}
            | ({"satisfied": satisfied} if kind == "CSAT" else {})
            | ({"netPromoterScore": net} if kind == "NPS" else {})
            for kind, count, mean, satisfied, net in answers
        ]
    return figures


def plain(part: dict[str, Any]) -> dict[str, Any]:
    """The figures of a slice without the intervals, which follow from them."""
    shown = {
        name: value for name, value in part.items() if name not in ("@type", "channel", "reason", "role", "period")
    }
    for name in {"promise", "satisfaction"} & shown.keys():
        shown[name] = [
            {
                each_name: value["value"] if isinstance(value, dict) else value
                for each_name, value in each.items()
                if each_name != "breachRate"
            }
            for each in shown[name]
        ]
    return shown


def assert_alike(one: Any, other: Any) -> None:
    """Assert that two figures are the same, but for the last digits of quotients."""
    if isinstance(other, list):
        assert len(one) == len(other)
        for each in zip(one, other, strict=True):
            assert_alike(*each)
    elif isinstance(other, dict):
        assert one.keys() == other.keys()
        for name in other:
            assert_alike(one[name], other[name])
    else:
        assert one == (pytest.approx(other) if isinstance(other, float) else other)


def drawn_question(draw: random.Random) -> dict[str, Any]:
    begin = START + timedelta(hours=draw.randrange(100 * 24))
    end = begin + timedelta(hours=draw.randrange(1, 60 * 24))
    asked: dict[str, Any] = {
        "from": dates.text(begin),
        "to": dates.text(end),
        "asOf": dates.text(instant(draw, START, 200)),
    }
    groups = draw.sample(["channel", "reason", "role", "period"], draw.randrange(4))
    if groups:
        asked["groupBy"] = ",".join(groups)
    if "period" in groups:
        asked["period"] = draw.choice(["day", "week", "month"])
        asked["timeZone"] = draw.choice(["UTC", "Europe/Amsterdam", "Australia/Lord_Howe", "America/Sao_Paulo"])
    for name, known in (
        ("channel", [*CHANNELS.values(), "unknown"]),
        ("reason", REASONS),
        ("role", ["caller", "agent", ""]),
    ):
        if draw.random() < 0.2:
            asked[name] = draw.sample(known, draw.randint(1, 2))
    return asked


def test_figures_are_what_duckdb_computes_of_the_export(
    deployment: Deployment, warehouse: duckdb.DuckDBPyConnection
) -> None:
    """In at least 200 random slices; the sums of the slices tell that none is missing."""
    draw, compared = random.Random(7), 0
    for _ in range(QUESTIONS):
        asked = drawn_question(draw)
        told = deployment.ask(**asked)
        for part in draw.sample(told["slice"], min(8, len(told["slice"]))):
            figures = plain(part)
            expected = recompute(warehouse, told, asked, part)
            assert_alike(figures, expected)
            compared += 1
        if "role" not in asked.get("groupBy", ""):
            whole = recompute(warehouse, told, asked, {})
            assert sum(part["volume"] for part in told["slice"]) == whole["volume"]
    assert compared >= LEAST_SLICES


def test_both_readings_come_out_of_an_index_alone(deployment: Deployment) -> None:
    rows = deployment.database["partyInteraction"]
    projection = {"_id": False, f"{FACTS}.at": True, f"{FACTS}.end": True, f"{FACTS}.of": True}
    later = START + timedelta(days=60)
    for index, criteria in (
        (0, {f"{FACTS}.at": {"$gte": START, "$lte": later}}),
        (1, {f"{FACTS}.span": len(SPANS), f"{FACTS}.at": {"$lt": later}, f"{FACTS}.end": {"$gt": later}}),
    ):
        explained = rows.find(criteria, projection, hint=FACT_INDEXES[index].document["name"]).explain()
        assert explained["executionStats"]["nReturned"] > 20
        assert explained["executionStats"]["totalDocsExamined"] == 0
        assert "IXSCAN" in str(explained["queryPlanner"]["winningPlan"])


def test_a_change_counts_at_once_and_a_deletion_takes_it_away(deployment: Deployment) -> None:
    made = deployment.client.post(INTERACTIONS, json={**PLAIN, "reason": "Once"})
    href = made.json()["href"]
    (told,) = deployment.ask(reason="Once")["slice"]
    assert (told["volume"], told["backlog"]) == (1, 1)
    merge = {"Content-Type": "application/merge-patch+json"}
    assert deployment.client.patch(href, json={"status": "completed"}, headers=merge).status_code == 200
    (told,) = deployment.ask(reason="Once")["slice"]
    assert (told["volume"], told["backlog"], told["resolutionTime"]["count"]) == (1, 0, 1)
    assert deployment.client.delete(href).status_code == 204
    assert deployment.ask(reason="Once")["slice"] == []


def test_what_is_not_understood_is_400(deployment: Deployment) -> None:
    for query, told in (
        ("groupBy=party", "should be one of"),
        ("group=channel", "is no parameter"),
        ("asOf=x", "date"),
    ):
        answer = deployment.client.get(f"{INSIGHT}?{query}")
        assert (answer.status_code, answer.json()["@type"]) == (400, "Error")
        assert told in answer.json()["message"]
    many = deployment.client.get(f"{INSIGHT}?groupBy=period&from=2020-01-01&to=2026-01-01")
    assert "more than 1000 periods" in many.json()["message"]


def test_rows_that_were_written_without_facts_are_completed_by_a_start(
    settings: Settings, mongo: MongoClient[Any]
) -> None:
    port = free_port()
    off = dataclasses.replace(settings, port=port, database=f"insight_late_{port}")
    with serving(off) as url:
        assert httpx.post(f"{url}{INTERACTIONS}", json=PLAIN).status_code == 201
        assert httpx.get(f"{url}{INSIGHT}").status_code in (404, 405)
    rows = mongo[off.database]["partyInteraction"]
    assert FACTS not in (rows.find_one() or {})
    with serving(dataclasses.replace(off, insight=True)) as url:
        (told,) = httpx.get(f"{url}{INSIGHT}").json()["slice"]
        assert told["volume"] == 1
    mongo.drop_database(off.database)


def test_only_whoever_sees_all_that_figures_are_made_of_has_them(
    settings: Settings, provider: IdentityProvider, mongo: MongoClient[Any]
) -> None:
    port = free_port()
    guarded = dataclasses.replace(
        settings, port=port, database=f"insight_{port}", issuers=provider.url, audience=AUDIENCE, insight=True
    )
    with serving(guarded) as url, httpx.Client(base_url=url) as client:

        def status(*scopes: str, **claims: Any) -> int:
            return client.get(INSIGHT, headers=bearer(provider.token(*scopes, **claims))).status_code

        assert client.get(INSIGHT).status_code == 401
        assert status("interactionInsight:read") == 200
        assert status("*:read") == 200
        assert status("partyInteraction:read", "satisfactionSurvey:read") == 403
        bound = client.get(INSIGHT, headers=bearer(provider.token("*:*", party_id="4188")))
        assert (bound.status_code, bound.json()["code"]) == (403, "50")
        assert "4188" not in bound.text
    mongo.drop_database(guarded.database)
