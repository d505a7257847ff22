# SPDX-License-Identifier: Apache-2.0
"""The table of error codes: each that can occur is told with its status, in TM Forum's shape, and with a remedy.

The codes are those of the list that TM Forum's older documents print, its gaps filled (TMF630 part 1, error handling).
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.domain import dates
from app.errors import TmfError
from app.settings import Settings
from app.storage.mongod.data_directory import DataDirectory
from app.storage.mongod.embedded_mongod import EmbeddedMongod
from tests.contract.answers import refused
from tests.contract.bodies import individual
from tests.contract.conftest import Deploy
from tests.contract.crowd import occupying
from tests.contract.documents import DOCUMENTS, base_path
from tests.contract.formats import FORMATS
from tests.identity_provider import IdentityProvider, bearer
from tests.raw import line
from tests.served import EACH_VERSION
from tests.serving import free_port, serving
from tests.unit.examples import violations

NEVER = {
    "27": "no query parameter is mandatory",
    "51": "a token that grants too little is 50, whoever sends it",
    "52": "a token that grants too little is 50, whoever sends it",
    "64": "a body needs no length, it may come in chunks",
}
"""The codes of the list that cannot occur here, and why."""


OF_TASKS = {("8", 502), ("9", 504)}
"""Code and status of what only a resource with a hook is answered; see `test_tasks.py`."""

OF_BYTES = {("72", 416)}
"""Code and status of what only the bytes of attachments are answered with; see `test_attachments.py`."""


@dataclass(frozen=True)
class Servers:
    """Whom a row of the table may ask: the common server and its database, and six in special circumstances.

    The one that is `guarded` asks for tokens of the `provider`.
    """

    common: httpx.Client
    mongo: MongoClient[dict[str, Any]]
    database: str
    careful: httpx.Client
    small: httpx.Client
    bereft: httpx.Client
    full: httpx.Client
    limited: httpx.Client
    guarded: str
    provider: IdentityProvider

    def with_token(self, path: str, *scopes: str, **claims: Any) -> httpx.Response:
        """The answer of the guarded server to who has a token with these scopes and claims."""
        return httpx.get(self.guarded + path, headers=bearer(self.provider.token(*scopes, **claims)))

    def damage(self) -> None:
        """Store an individual as no server of ours would."""
        self.mongo[self.database]["individual"].insert_one({"_id": "damaged", "revision": 1})


@dataclass(frozen=True)
class Row:
    """One code: its status, what provokes it at a collection, and words of the remedy that the message names."""

    status: int
    provoked: Callable[[Servers, str], httpx.Response]
    remedy: str


def damaged(at: Servers, path: str) -> httpx.Response:
    at.damage()
    return at.common.get(f"{path}/damaged")


def busy(at: Servers, path: str) -> httpx.Response:
    with occupying(at.small):
        return at.small.get(path)


def slow(at: Servers, path: str) -> httpx.Response:
    """Begin with a request and do not go on."""
    with line(str(at.small.base_url)) as spoken:
        spoken.send(f"GET {path} HTTP/1.1\r\n".encode())
        told = spoken.answer()
    return httpx.Response(told.status, headers=told.headers, content=told.body)


def twice(at: Servers, path: str) -> httpx.Response:
    """Post two different bodies under one key."""
    headers = {"Idempotency-Key": "one"}
    bodies = [_typed(path, title=title) for title in ("Dr", "Ms")]
    return [at.common.post(path, json=body, headers=headers) for body in bodies][-1]


def stale(at: Servers, path: str) -> httpx.Response:
    href = at.common.post(path, json=_typed(path)).json()["href"]
    return at.common.delete(href, headers={"If-Match": '"stale"'})


def unconditional(at: Servers, path: str) -> httpx.Response:
    return at.careful.delete(at.careful.post(path, json=_typed(path)).json()["href"])


def illegal(at: Servers, path: str) -> httpx.Response:
    """Let the dead live again."""
    shown = at.common.post(path, json=_typed(path, status="deceased")).json()
    return at.common.patch(shown["href"], json={"status": "validated"})


def merged(at: Servers, path: str) -> httpx.Response:
    """Ask for something that was merged into another."""
    survivor = at.common.post(path, json=_typed(path)).json()["id"]
    alias = {"resource": "Individual", "id": "merged", "survivor": survivor, "merge": "m", "at": dates.now()}
    at.mongo[at.database]["alias"].insert_one({"_id": "Individual/merged", **alias})
    return at.common.get(f"{path}/merged")


def departed(at: Servers, path: str) -> httpx.Response:
    """Ask for something as it was after its deletion."""
    href = at.common.post(path, json=_typed(path)).json()["href"]
    at.common.delete(href)
    return at.common.get(href, params={"at": dates.text(dates.now())})


def _typed(path: str, **more: Any) -> dict[str, Any]:
    return {"@type": "Individual", **individual(**more)}


TABLE = {
    "20": Row(400, lambda at, path: at.common.get(f"{path}/%FF"), "write 'ü' as '%C3%BC'"),
    "21": Row(400, lambda at, path: at.common.post(path), "send JSON"),
    "22": Row(400, lambda at, path: at.common.post(path, json=[]), "must be a JSON object"),
    "23": Row(400, lambda at, path: at.common.post(path, json={"@type": "Individual"}), "givenName"),
    "24": Row(400, lambda at, path: at.common.post(path, json=_typed(path, status="alive")), "validated"),
    "25": Row(428, unconditional, "send its ETag as If-Match"),
    "26": Row(400, lambda at, path: at.common.get(f"{path}/x", headers={"If-Match": "x"}), "quoted entity tags"),
    "28": Row(400, lambda at, path: at.common.get(f"{path}?limit=many"), "whole number from 0"),
    "40": Row(401, lambda at, path: httpx.get(at.guarded + path), "Send an access token"),
    "41": Row(401, lambda at, path: at.with_token(path, "*:*", aud="billing"), "another audience"),
    "42": Row(401, lambda at, path: at.with_token(path, "*:*", exp=1), "fetch a new one"),
    "50": Row(403, lambda at, path: at.with_token(path, "customer:read"), "needs the scope individual:read"),
    "53": Row(429, lambda at, path: [at.limited.get(path) for _ in range(2)][-1], "try again in"),
    "60": Row(404, lambda at, path: at.common.get(f"{path}/nobody"), "There is no Individual with the id 'nobody'"),
    "61": Row(405, lambda at, path: at.common.delete(path), "takes GET, HEAD, POST"),
    "62": Row(
        406, lambda at, path: at.common.get(path, headers={"Accept": "text/csv"}), "Answers are application/json"
    ),
    "63": Row(408, slow, "send it anew"),
    "65": Row(412, stale, "read it again and send its ETag"),
    "66": Row(413, lambda at, path: at.small.post(path, json=_typed(path, title="x" * 2000)), "larger than 1024 bytes"),
    "67": Row(414, lambda at, path: at.common.get(f"{path}?{'x' * 20_000}"), "send a shorter URL"),
    "68": Row(
        415, lambda at, path: at.common.post(path, content="a,b", headers={"Content-Type": "text/csv"}), "send app"
    ),
    "69": Row(409, illegal, "allowed from deceased: nothing, it is final"),
    "70": Row(410, departed, "ask for an earlier instant"),
    "71": Row(301, merged, "ask for that"),
    "100": Row(422, twice, "send a new key"),
    "101": Row(431, lambda at, path: at.common.get(path, headers={"X": "x" * 40_000}), "send less"),
    "1": Row(500, damaged, "logged with this request's correlation id"),
    "2": Row(501, lambda at, path: at.common.get(f"{path}?depth=1"), "depth"),
    "5": Row(503, lambda at, path: at.bereft.get(path), "try again"),
    "6": Row(503, busy, "try again in a moment"),
    "7": Row(507, lambda at, path: at.full.post(path, json=_typed(path)), "as soon as there is room"),
}


@pytest.fixture(scope="module")
def small(deploy: Deploy) -> httpx.Client:
    """A server that takes one request at a time, and only short ones, for a second each."""
    return deploy(max_concurrency=1, max_body_bytes=1024, request_seconds=1)


@pytest.fixture(scope="module")
def limited(deploy: Deploy) -> httpx.Client:
    """A server of which a client may ask once in an hour."""
    return deploy(rate=1 / 3600, burst=1)


@pytest.fixture(scope="module")
def bereft(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server whose database has gone."""
    with ExitStack() as running:
        directory: Path = tmp_path_factory.mktemp("gone")
        with EmbeddedMongod(directory, cache_gigabytes=0.25) as mongod:
            alone = replace(settings, mongodb_uri=mongod.uri, port=free_port())
            url = running.enter_context(serving(alone))
        yield running.enter_context(httpx.Client(base_url=url, timeout=30))


@pytest.fixture(scope="module")
def full(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server beside whose database no space is kept back any more."""
    directory = DataDirectory(tmp_path_factory.mktemp("full"))
    directory.hold()
    directory.publish(settings.mongodb_uri)
    beside = replace(settings, data=str(directory.path), port=free_port())
    with serving(beside) as url, httpx.Client(base_url=url) as client:
        yield client
    directory.release()


@pytest.fixture
def servers(
    client: httpx.Client,
    mongo: MongoClient[dict[str, Any]],
    database_name: str,
    careful: httpx.Client,
    small: httpx.Client,
    bereft: httpx.Client,
    full: httpx.Client,
    limited: httpx.Client,
    guarded: str,
    provider: IdentityProvider,
) -> Servers:
    return Servers(client, mongo, database_name, careful, small, bereft, full, limited, guarded, provider)


@EACH_VERSION
@pytest.mark.parametrize("code", TABLE)
def test_each_code_is_told_with_its_status_and_a_remedy(servers: Servers, code: str, version: str) -> None:
    name, row = f"party-{version}", TABLE[code]
    answer = row.provoked(servers, f"{base_path(name)}/individual")
    assert row.remedy in refused(answer, row.status, code)
    document = DOCUMENTS[name]
    assert violations(document, document["components"]["schemas"]["Error"], answer.json(), FORMATS) == []
    if row.status == 503:
        assert answer.headers["retry-after"] == "1"


@EACH_VERSION
def test_a_hub_without_its_database_asks_to_try_again(bereft: httpx.Client, version: str) -> None:
    path = f"{base_path(f'party-{version}')}/hub"
    answer = bereft.post(path, json={"@type": "Hub", "callback": "https://listener.example/"})
    assert "try again" in refused(answer, 503, "5")
    assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_a_full_disk_refuses_every_write_and_no_read(full: httpx.Client, method: str) -> None:
    for name in DOCUMENTS:
        assert full.get(base_path(name)).status_code == 200
        answer = full.request(method, f"{base_path(name)}/hub/x", content=b"no JSON")
        assert "reads go on" in refused(answer, 507, "7")
        assert "retry-after" in answer.headers
    assert full.get(f"{base_path('party-v5')}/individual").status_code == 200
    assert full.get("/health/ready").json() == {"status": "ready", "database": "full"}


def test_every_error_that_we_know_is_in_the_table() -> None:
    def known(of: type[TmfError]) -> Iterator[tuple[str, int]]:
        for child in of.__subclasses__():
            yield child.code, child.status
            yield from known(child)

    assert {(code, row.status) for code, row in TABLE.items()} | OF_TASKS | OF_BYTES == set(known(TmfError))
    assert not TABLE.keys() & NEVER.keys()
