# SPDX-License-Identifier: Apache-2.0
"""What is made of the documents at the start, and not again for any request."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from connexion.operations import AbstractOperation

from app.composition import contracts
from app.settings import Settings
from app.spec import bundle, compiling, schemas
from tests.bundling import bundle_anew
from tests.contract.answers import created, refused
from tests.contract.bodies import individual
from tests.contract.documents import each_version_of
from tests.serving import free_port, serving

MERGE = {"Content-Type": "application/merge-patch+json"}
MADE: dict[str, tuple[Any, str]] = {
    "a validator is compiled": (compiling, "Draft7Validator"),
    "a schema is read": (schemas.Schemas, "__init__"),
    "a file is read": (bundle, "_read"),
    "an operation is made": (AbstractOperation, "__init__"),
}
"""What takes long, and where it is done."""


@pytest.fixture(scope="module")
def made() -> Iterator[Counter[str]]:
    """How often each is done from here on."""
    times: Counter[str] = Counter()
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(contracts, "bundle", bundle_anew)
        for what, (place, name) in MADE.items():
            patching.setattr(place, name, counted(what, getattr(place, name), times))
        yield times


@pytest.fixture(scope="module")
def counting_server(made: Counter[str], settings: Settings) -> Iterator[httpx.Client]:
    """A server that starts, and answers, while that is counted."""
    changed = dataclasses.replace(settings, port=free_port(), database="liaison_made_once")
    with serving(changed) as url, httpx.Client(base_url=url) as client:
        client.get("/health/live")
        yield client


def counted(what: str, done: Callable[..., Any], times: Counter[str]) -> Callable[..., Any]:
    """As `done`, counted in `times`."""

    def doing(*arguments: Any, **named: Any) -> Any:
        times[what] += 1
        return done(*arguments, **named)

    return doing


def test_the_start_makes_it_all_and_reads_no_file_twice(counting_server: httpx.Client, made: Counter[str]) -> None:
    assert set(made) == set(MADE)
    assert made["a file is read"] == len(list(bundle.OPENAPI.rglob("*.yaml")))


def ask(server: httpx.Client, collection: str) -> None:
    """Every verb, what is refused included."""
    own = f"{collection}/{created(server, collection, {'@type': 'Individual', **individual()})['id']}"
    assert server.get(own, params={"fields": "familyName"}).status_code == 200
    assert server.patch(own, json={"givenName": "Ada"}, headers=MERGE).status_code == 200
    assert server.get(collection, params={"familyName": "Lovelace", "sort": "-id", "limit": 1}).status_code < 300
    refused(server.post(collection, json={"@type": "Individual", "familyName": 1}), 400, "24")
    refused(server.patch(own, json={"familyName": 1}, headers=MERGE), 400, "24")
    refused(server.put(own, json={}), 405, "61")
    assert server.delete(own).status_code == 204
    refused(server.get(own), 404, "60")


@each_version_of("Individual")
def test_no_request_makes_any_of_it(counting_server: httpx.Client, made: Counter[str], path: str) -> None:
    before = made.copy()
    ask(counting_server, path)
    assert made == before
