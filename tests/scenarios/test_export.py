# SPDX-License-Identifier: Apache-2.0
"""An operator takes resources out into a file, and what comes in again from there is the same."""

import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pymongo import MongoClient

from app.domain.events import lower_camel
from app.settings import Settings
from tests.contract.documents import COLLECTIONS, Collection
from tests.paths import INDIVIDUAL_V5
from tests.scenarios.command import run
from tests.served import CREATED, VERSIONS
from tests.waiting import eventually

Mongo = MongoClient[dict[str, Any]]
PARTIES = ("individual", "organization")
PRIVACY = ("partyPrivacyProfileSpecification", "partyPrivacyProfile", "partyPrivacyAgreement")
RESOURCES = [*PARTIES, *sorted({lower_camel(name) for name in CREATED}.difference(PARTIES, PRIVACY)), *PRIVACY]
"""What is referred to comes first: parties, then customers, then what names both."""


def exported(settings: Settings, resource: str, version: str, file: Path, *options: str) -> list[dict[str, Any]]:
    """What `liaison export` wrote into a file of JSON lines."""
    code, _, error = run(settings, "export", resource, "--version", version, "--out", file, *options)
    assert code == 0, error
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def emptied(mongo: Mongo, database: str) -> None:
    for collection in mongo[database].list_collection_names(filter={"type": "collection"}):
        mongo[database][collection].delete_many({})


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest, settings: Settings, client: httpx.Client) -> str:
    """A version of the APIs; an invented operator's data are there, and the examples of its documents."""
    code, _, told = run(settings, "seed", "--customers", "15")
    assert code == 0, told
    for collection in collections(request.param):
        for body in collection.creates.values():
            client.post(collection.path, json=body).raise_for_status()
    return str(request.param)


def collections(version: str) -> list[Collection]:
    return [each for each in COLLECTIONS if each.document.endswith(version)]


def test_an_export_is_what_a_list_shows(settings: Settings, client: httpx.Client, version: str, tmp_path: Path) -> None:
    for collection in collections(version):
        found = exported(settings, collection.kept_in, version, tmp_path / str(collection))
        assert found == client.get(collection.path, params={"limit": 1000}).json()
        assert len(found) > 1


@pytest.mark.parametrize("ending", ["ndjson", "parquet"])
def test_an_export_of_all_comes_in_again_as_it_was(
    settings: Settings, version: str, tmp_path: Path, mongo: Mongo, clean_database: str, ending: str
) -> None:
    def out(resource: str, file: str, *options: str) -> bytes:
        path = tmp_path / file
        code, _, error = run(settings, "export", resource, "--version", version, "--out", path, *options)
        assert code == 0, error
        return path.read_bytes()

    kept = {each.kept_in for each in collections(version)}
    resources = [resource for resource in RESOURCES if resource in kept]
    before = {resource: out(resource, f"{resource}.ndjson") for resource in resources}
    if ending != "ndjson":
        for resource in resources:
            out(resource, f"{resource}.{ending}")
    emptied(mongo, clean_database)
    for resource in resources:
        file = tmp_path / f"{resource}.{ending}"
        code, told, error = run(settings, "import", file, "--resource", resource, "--version", version)
        rejects = tmp_path / f"{resource}.{ending}.rejects.ndjson"
        assert code == 0, (told, error, rejects.read_text() if rejects.exists() else "")
    for resource in resources:
        assert without_updates(out(resource, f"{resource}.after")) == without_updates(before[resource])
        assert before[resource].count(b"\n") > 1


def without_updates(written: bytes) -> bytes:
    """What was written but the instants of the last change, which are the server's to tell: they are of the import."""
    return re.sub(rb'"lastUpdate":"[^"]*",?', b"", written)


@pytest.fixture
def people(settings: Settings, client: httpx.Client) -> list[dict[str, Any]]:
    """Three individuals with ids of their own."""
    bodies = [
        {"@type": "Individual", "id": id, "givenName": name, "familyName": "Doe", "status": status}
        for id, name, status in (("c", "Cy", "validated"), ("a", "Ann", "initialized"), ("b", "Bo", "validated"))
    ]
    created = [client.post(INDIVIDUAL_V5, json=body).raise_for_status().json() for body in bodies]
    return sorted(created, key=lambda each: str(each["id"]))


def test_without_a_file_it_goes_to_standard_output(settings: Settings, people: list[dict[str, Any]]) -> None:
    code, told, error = run(settings, "export", "individual", "--version", "v5")
    assert (code, error) == (0, "")
    assert [json.loads(line) for line in told.splitlines()] == people


def test_a_filter_says_which(settings: Settings, people: list[dict[str, Any]], tmp_path: Path) -> None:
    def found(query: str) -> str:
        return "".join(
            each["id"] for each in exported(settings, "individual", "v5", tmp_path / "out", "--filter", query)
        )

    assert found("status=validated") == "bc"
    assert found("status=validated&givenName=Cy") == "c"
    assert found("givenName=Cy;givenName=Ann") == "ac"
    assert found("filter=$[?(@.givenName=='Bo')]") == "b"
    assert found("status=deceased") == ""


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("stauts=validated", "'stauts' is not a known attribute; did you mean 'status'?"),
        ("limit=3", "An export takes conditions on attributes and 'filter', but not limit"),
        ("depth=1", "The query parameter 'depth' is not supported"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(
    settings: Settings, clean_database: str, tmp_path: Path, query: str, told: str
) -> None:
    out = tmp_path / "out"
    code, _, error = run(settings, "export", "individual", "--version", "v5", "--out", out, "--filter", query)
    assert code == 2
    assert told in error
    assert list(tmp_path.iterdir()) == []


def test_the_commands_are_those_of_the_documents(settings: Settings, clean_database: str) -> None:
    code, told, _ = run(settings, "export", "--help")
    commands = re.findall(r"^  (\w+)", told.partition("Commands:")[2], re.MULTILINE)
    assert code == 0
    assert commands == ["events", "interactions", *sorted(RESOURCES)]
    assert "No such command 'order'" in run(settings, "export", "order")[2]
    code, _, error = run(settings, "export", "customer", "--version", "v9")
    assert code == 1
    assert "There is no customer in v9; there are " in error
    assert "customer v4, customer v5, " in error


def test_an_export_that_is_stopped_leaves_what_was_there(
    settings: Settings, clean_database: str, mongo: Mongo, tmp_path: Path
) -> None:
    document = {"@type": "Individual", "givenName": "x" * 2000}
    at = datetime(2024, 1, 1, tzinfo=UTC)
    mongo[clean_database]["individual"].insert_many(
        [{"_id": f"{n:05}", "revision": 1, "created": at, "changed": at, "document": document} for n in range(4000)]
    )
    out = tmp_path / "out"
    out.write_text("earlier")
    export = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "export", "individual", "--version", "v5", "--out", str(out)],
        env={**os.environ, **settings.environment()},
        stderr=subprocess.PIPE,
    )
    part = tmp_path / "out.part"
    eventually(lambda: (part.exists() and part.stat().st_size > 0) or export.poll() is not None, "it began")
    export.send_signal(signal.SIGINT)
    export.communicate(timeout=60)
    assert export.returncode == 130
    assert out.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [out]

    assert run(settings, "export", "individual", "--version", "v5", "--out", out)[0] == 0
    assert out.read_bytes().count(b"\n") == 4000
    assert list(tmp_path.iterdir()) == [out]


def test_a_directory_that_is_not_there_is_told(settings: Settings, clean_database: str, tmp_path: Path) -> None:
    code, _, error = run(settings, "export", "individual", "--version", "v5", "--out", tmp_path / "no" / "out")
    assert code == 1
    assert "No such file or directory" in error


def test_a_parquet_file_has_columns_that_a_warehouse_can_use(
    settings: Settings, client: httpx.Client, clean_database: str, tmp_path: Path
) -> None:
    born, medium = "1990-05-01T10:00:00.5Z", {"@type": "EmailContactMedium", "emailAddress": "a@example.com"}
    body = {"@type": "Individual", "id": "a", "givenName": "Ann", "familyName": "Doe", "birthDate": born}
    client.post(INDIVIDUAL_V5, json={**body, "contactMedium": [medium], "shoeSize": 38}).raise_for_status()
    out = tmp_path / "out.parquet"
    assert run(settings, "export", "individual", "--version", "v5", "--out", out)[0] == 0
    table = pq.read_table(out)
    kinds = {field.name: field.type for field in table.schema}
    assert table.schema.names[:2] == ["id", "href"]
    assert (kinds["givenName"], kinds["birthDate"]) == (pa.string(), pa.timestamp("ms", tz="UTC"))
    [row] = table.to_pylist()
    assert row["birthDate"] == datetime(1990, 5, 1, 10, 0, 0, 500_000, tzinfo=UTC)
    assert json.loads(row["contactMedium"]) == [medium]
    assert json.loads(row["_other"]) == {"shoeSize": 38}
    assert (row["middleName"], row["skill"]) == (None, None)

    assert run(settings, "export", "individual", "--version", "v5", "--out", out, "--filter", "givenName=Bo")[0] == 0
    assert pq.read_schema(out) == table.schema


def test_the_tables_of_other_programs_come_in(
    settings: Settings, client: httpx.Client, clean_database: str, tmp_path: Path
) -> None:
    emails = [{"@type": "EmailContactMedium", "emailAddress": "a@example.com", "contactType": None}]
    table = pa.table(
        {
            "@type": pa.array(["Individual"] * 3).dictionary_encode(),
            "givenName": ["Ann", "Bo", None],
            "familyName": pa.array(["Doe", "Doe", "Doe"], pa.large_string()),
            "birthDate": pa.array([datetime(1990, 5, 1, 10, 0, 0, 123_456), None, None], pa.timestamp("ns")),
            "deathDate": pa.array([date(2020, 5, 1), None, None]),
            "contactMedium": [emails, None, []],
            "skill": ['[{"@type": "Skill", "skillCode": "x", "skillName": "y"}]', "no JSON", None],
            "shoeSize": [38.5, float("nan"), None],
            "score": [Decimal("1.50"), Decimal("2.00"), None],
        }
    )
    file = tmp_path / "people.parquet"
    pq.write_table(table, file)
    _, told, _ = run(settings, "import", file, "--resource", "individual", "--version", "v5")
    assert told.startswith("3 lines read: 1 created, 0 there already, 2 rejected")
    [ann] = client.get(INDIVIDUAL_V5).json()
    assert (ann["birthDate"], ann["deathDate"]) == ("1990-05-01T10:00:00.123Z", "2020-05-01T00:00:00Z")
    assert ann["contactMedium"] == [{"@type": "EmailContactMedium", "emailAddress": "a@example.com"}]
    assert ann["skill"] == [{"@type": "Skill", "skillCode": "x", "skillName": "y"}]
    assert (ann["shoeSize"], ann["score"]) == (38.5, 1.5)
    rejects = [json.loads(line) for line in (tmp_path / "people.parquet.rejects.ndjson").read_bytes().splitlines()]
    assert [(each["line"], each["error"]["message"]) for each in rejects] == [
        (2, "The column 'skill' holds JSON texts, and this is none"),
        (3, "/givenName is mandatory"),
    ]
    assert json.loads(rejects[0]["text"]) == {"@type": "Individual", "givenName": "Bo", "familyName": "Doe", "score": 2}


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (pa.array([b"x"]), "The column 'x' is of type binary, which is not understood"),
        (pa.array([[{"y": b"x"}]]), "The column 'x.y' is of type binary"),
    ],
)
def test_a_column_that_is_not_understood_is_told(
    settings: Settings, clean_database: str, tmp_path: Path, column: Any, told: str
) -> None:
    file = tmp_path / "x.parquet"
    pq.write_table(pa.table({"x": column}), file)
    code, _, error = run(settings, "import", file, "--resource", "individual", "--version", "v5")
    assert code == 1
    assert told in error


def test_a_broken_parquet_file_is_told(settings: Settings, clean_database: str, tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    file.write_bytes(b"PAR1 and nothing more")
    code, _, error = run(settings, "import", file, "--resource", "individual", "--version", "v5")
    assert code == 1
    assert "cannot be read as Parquet" in error


def test_without_pyarrow_it_is_told_what_to_install(
    settings: Settings, clean_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    file = tmp_path / "x.parquet"
    file.write_bytes(b"PAR1")
    for command in (
        ["import", file, "--resource", "customer"],
        ["export", "customer", "--out", tmp_path / "y.parquet"],
    ):
        code, _, error = run(settings, *command, "--version", "v5")
        assert code == 1
        assert "pip install 'liaison[parquet]'" in error
    assert not (tmp_path / "y.parquet").exists()
