# SPDX-License-Identifier: Apache-2.0
"""No token, password, subject or query is in a log line, in an answer, or in what `liaison hub` prints."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.contract.documents import COLLECTIONS
from tests.identity_provider import AUDIENCE, IdentityProvider, bearer, identity_provider
from tests.listening import SECRET
from tests.paths import INDIVIDUAL, PARTY
from tests.raw import line
from tests.scenarios.operator import Operator
from tests.serving import free_port
from tests.waiting import eventually

SUBJECT, QUERY, PASSWORD, KEY = "subject-hush-1", "query-hush-2", "password-hush-3", "key-hush-4"
BASIC = base64.b64encode(f"crm:{PASSWORD}".encode()).decode()
NAMED = "client-that-may-be-named"


@contextmanager
def deployment(operator: Operator) -> Iterator[tuple[httpx.Client, IdentityProvider]]:
    """A server that logs all it can, behind a proxy, with limits that are soon reached."""
    with identity_provider() as provider:
        operator.chosen |= {
            "LIAISON_ISSUERS": provider.url,
            "LIAISON_AUDIENCE": AUDIENCE,
            "LIAISON_LOG_LEVEL": "debug",
            "LIAISON_FORWARDED_FROM": "127.0.0.0/8",
            "LIAISON_RATE": "0.01",
            "LIAISON_BURST": "200",
        }
        operator.serve()
        with httpx.Client(base_url=operator.url) as client:
            yield client, provider


def credentials(provider: IdentityProvider) -> dict[str, dict[str, str]]:
    """Headers with secrets: tokens that are good, expired, made up, of too little scope, and what is no token."""
    said = {"sub": SUBJECT, "client_id": NAMED}
    return {
        "good": bearer(provider.token("*:*", **said)),
        "expired": bearer(provider.token("*:*", exp=1, **said)),
        "made up": bearer(f"{provider.token('*:*', **said)}x"),
        "too little": bearer(provider.token("nothing:read", **said)),
        "basic": {"Authorization": f"Basic {BASIC}"},
        "two": {"Authorization": f"Bearer {KEY} {KEY}"},
    }


def registrations() -> Iterator[dict[str, object]]:
    """Listeners with secrets of every kind, where nobody listens, and some that are refused."""
    nobody = f"127.0.0.1:{free_port()}/events"
    yield {"callback": f"http://crm:{PASSWORD}@{nobody}", "secret": SECRET}
    yield {"callback": f"http://{nobody}/2", "authentication": {"type": "bearer", "token": KEY}}
    yield {
        "callback": f"http://{nobody}/3",
        "authentication": {
            "type": "clientCredentials",
            "tokenUrl": f"http://crm:{PASSWORD}@{nobody}",
            "clientId": "crm",
            "clientSecret": KEY,
        },
    }
    yield {"callback": f"ftp://crm:{PASSWORD}@{nobody}"}
    yield {"callback": f"http://crm:{PASSWORD}@10.0.0.1/events"}
    yield {"callback": f"http://{nobody}", "authentication": {"type": "bearer", "token": [KEY]}}
    yield {"callback": f"http://{nobody}", "secret": PASSWORD}


def test_no_secret_is_logged_answered_or_printed(operator: Operator) -> None:
    told: list[str] = []

    def keep(answer: httpx.Response) -> httpx.Response:
        told.append(f"{answer.headers} {answer.text}")
        return answer

    with deployment(operator) as (client, provider):
        sent = credentials(provider)
        eventually(lambda: client.get(INDIVIDUAL, headers=sent["good"]).is_success, "the keys are there")
        ids = [
            id
            for body in registrations()
            if (id := keep(client.post(f"{PARTY}/hub", json=body, headers=sent["good"])).json().get("id"))
        ]
        assert len(ids) == 3
        for collection in COLLECTIONS[:: len(COLLECTIONS) // 4]:
            for headers in sent.values():
                path = f"{collection.path}?familyName={QUERY}&access_token={KEY}"
                keep(client.get(path, headers=headers))
                keep(client.post(collection.path, headers=headers, content=f'{{"a":"{PASSWORD}'))
                for method in ("PATCH", "DELETE"):
                    keep(client.request(method, f"{collection.path}/x", headers=headers, content=f'{{"a":"{PASSWORD}'))
        keep(client.post(INDIVIDUAL, headers=sent["good"], json={"givenName": "Ann", "familyName": "Smith"}))
        for forwarded in (f'host="crm:{PASSWORD}@x"', f"host=crm:{PASSWORD}@x y"):
            keep(client.get(f"/nowhere?access_token={KEY}", headers={"Forwarded": forwarded}))
        with line(operator.url) as raw:
            raw.send(f"GET http://crm:{PASSWORD}@here/?{QUERY} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
            told.append(str(raw.answer()))
        with line(operator.url) as raw:
            raw.send(f"GET /?{QUERY} HTTP/1.1\r\nAuthorization {KEY}\r\n\r\n".encode())
            told.append(str(raw.answer()))
        eventually(lambda: operator.log.count("delivery failed") >= len(ids), "no listener answers")
        told += [operator.run("hub", "list").stdout, operator.run("hub", "show", ids[0]).stdout]
        statuses = [client.get("/", headers=sent["basic"]).status_code for _ in range(200)]
        operator.stop()
    assert statuses[-1] == 429
    log = operator.log
    signatures = [value["Authorization"].rpartition(".")[2] for value in sent.values() if "." in value["Authorization"]]
    secrets = [SUBJECT, QUERY, PASSWORD, KEY, BASIC, SECRET, *signatures]
    assert [each for each in secrets if each in log] == []
    assert [each for each in secrets if any(each in one for one in told)] == []
    denied = [json.loads(each) for each in log.splitlines() if '"event":"denied"' in each]
    assert {each["status"] for each in denied} == {401, 403, 429}
    assert {each["client"] for each in denied} == {"", NAMED}
    counted = [json.loads(each)["counts"] for each in log.splitlines() if '"event":"denials"' in each]
    assert sum(counts.get("401 code 41", 0) for counts in counted) >= 8
