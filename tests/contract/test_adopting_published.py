# SPDX-License-Identifier: Apache-2.0
"""Every adopted document does what its own schemas and TMF630 say: create, read, find, sort, patch, delete, register.

Each resource of each document is taken, TM Forum's own where they are at hand. What is not served of a document stands
in docs/adopting.md. Answers are held to the published schemas, not to what was made of them.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from pymongo import MongoClient

from app.settings import Settings
from app.spec.operations import PATH_ITEM_METHODS, UNSUPPORTED
from tests.adopted_apis import FILES, AdoptedApi, adopted_api, groups
from tests.contract.adopted_resources import AdoptedResource, AdoptedServer
from tests.drawn_bodies import TEXT
from tests.published import ADOPTED, not_carried_over
from tests.serving import free_port, serving

JSON = {"Content-Type": "application/json"}
OF_LISTENERS = ("/listener/", "/client/", "/hub/{")
"""Paths that listeners serve, and the hub's own, which has `{id}` in each document of ours."""
PARAMETER = re.compile(r"(?<=\{)\w+(?=\})")
MADE_UP = {"PUT /ticket/{id}", "PUT /contract/{id}", "/closeTicket", "/ticket/{ticketId}/log/{id}"}
"""What of the documents that are made up is not served."""
WITH_CHARSET = {"Content-Type": "application/json;charset=utf-8"}


@pytest.fixture(scope="module")
def servers(settings: Settings, mongo: MongoClient[dict[str, Any]]) -> Iterator[dict[AdoptedApi, AdoptedServer]]:
    """A server for each document, which it shares with all that may stand beside it."""
    with ExitStack() as running:
        served: dict[AdoptedApi, AdoptedServer] = {}
        for group in groups():
            port = free_port()
            own = replace(settings, port=port, database=f"liaison_test_{port}")
            running.callback(mongo.drop_database, own.database)
            url = running.enter_context(serving(own, [each.api for each in group]))
            server = AdoptedServer(own, running.enter_context(httpx.Client(base_url=url, timeout=30)))
            served |= dict.fromkeys(group, server)
        yield served


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def resources(request: pytest.FixtureRequest, servers: dict[AdoptedApi, AdoptedServer]) -> list[AdoptedResource]:
    """The resources of a document."""
    adopted = adopted_api(request.param)
    return list(servers[adopted].resources(adopted))


def test_each_operation_of_each_resource_answers_as_published(resources: list[AdoptedResource]) -> None:
    for each in resources:
        shown = each.create(each.full_body)
        assert each.lacks(shown) == []
        if each.is_task:
            assert each.client.get(shown["href"]).status_code == 404
            continue
        assert each.client.get(shown["href"]).json() == shown
        assert each.lacks(each.find("sort=-id")[0]) == []
        filters_and_sorts(each, shown)
        if each.offers("patch"):
            patched = each.client.patch(shown["href"], json={"description": "new"})
            assert (patched.status_code, patched.json()["description"]) == (200, "new")
            assert each.lacks(patched.json()) == []
        if each.offers("delete"):
            assert each.client.delete(shown["href"]).status_code == 204
            assert each.client.get(shown["href"]).status_code == 404
        registers(each)


def test_what_is_published_is_served_or_the_page_says_why_not(resources: list[AdoptedResource]) -> None:
    adopted = resources[0].adopted
    left_out = {name.strip("`") for name in not_carried_over(adopted.file)} if adopted.file in ADOPTED else MADE_UP
    served = {PARAMETER.sub("", path): item for path, item in adopted.document["paths"].items()}
    for path, item in adopted.published["paths"].items():
        own = served.get(PARAMETER.sub("", path.rstrip("/")), {})
        offered = {method for method in own.keys() & set(PATH_ITEM_METHODS) if not own[method].get(UNSUPPORTED)}
        missing = {f"{method.upper()} {path}" for method in item.keys() & set(PATH_ITEM_METHODS) - offered}
        assert missing <= left_out or path in left_out or path.startswith(OF_LISTENERS), path


def filters_and_sorts(each: AdoptedResource, shown: dict[str, Any]) -> None:
    """Whatever attribute has one value is found by it, and sorted by."""
    for name, kind in each.scalars.items():
        if name not in shown:
            continue
        value = quote(str(shown[name]).lower() if kind == "boolean" else str(shown[name]))
        assert shown["id"] in each.ids(f"{name}={value}&sort=-id"), f"{each.name}: {name}={value}"
        assert shown["id"] not in each.ids(f"{name}.ne={value}&sort=-id")
        if kind == "string":
            assert shown["id"] in each.ids(f"{name}=%22{value}%22&sort=-id")
        assert shown["id"] in each.ids(f"sort={name}&id={shown['id']}")


def registers(each: AdoptedResource) -> None:
    """A listener registers for what can happen to a resource."""
    callbacks = each.adopted.document["paths"]["/hub"]["post"].get("callbacks", {})
    for kind in (kind for kind in callbacks if kind.startswith(each.name)):
        hub = {"@type": "Hub", "callback": "https://listener.example.com/", "query": f"eventType={kind}"}
        answer = each.client.post(f"{each.adopted.base_path}/hub", json=hub)
        assert (answer.status_code, answer.json()["query"]) == (201, hub["query"])
        assert each.client.delete(answer.headers["location"]).status_code == 204


def test_the_least_that_a_create_needs_is_enough(resources: list[AdoptedResource]) -> None:
    for each in (each for each in resources if each.offers("create")):
        for body in each.shapes:
            answer = each.client.post(each.path, json=body, headers=WITH_CHARSET)
            assert answer.status_code == 201, f"{each.name}: {body}: {answer.text}"
            assert each.lacks(answer.json()) == [], each.name
            repeated = {**body, "id": "of-the-client"} if each.adopted.version == "v4" else body
            answers = [each.client.post(each.path, json=repeated) for _ in range(2)]
            assert [repeat.status_code for repeat in answers] == [201, 201]
        if not each.is_task:
            reads_as_conformance_runs_do(each, answer.json())


def reads_as_conformance_runs_do(each: AdoptedResource, shown: dict[str, Any]) -> None:
    """With a content type on GET, one attribute at a time, by its address, and what is not there under odd paths."""
    listed = each.client.get(each.path, headers=JSON)
    assert listed.status_code in (200, 206)
    assert all(each.lacks(element) == [] for element in listed.json())
    assert each.client.get(shown["href"], headers=JSON).json() == shown
    for name in each.scalars.keys() & shown.keys():
        selected = {member: shown[member] for member in {*each.always, name} & shown.keys()}
        assert each.client.get(shown["href"], params={"fields": name}).json() == selected
        assert all(found.keys() <= selected.keys() for found in each.find(f"fields={name}"))
    assert each.ids(f"href={quote(shown['href'], safe='')}") == {shown["id"]}
    path = each.path.rpartition("/")
    for collection in (each.path, f"{path[0]}/{path[2].upper()}", f"{path[0]}/{path[2].lower()}"):
        assert each.client.get(f"{collection}/{TEXT}").status_code == 404
