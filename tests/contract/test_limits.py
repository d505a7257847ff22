# SPDX-License-Identifier: Apache-2.0
"""What is turned away unread: a URL too long or not UTF-8, and a request more than the server may answer at a time."""

import json
from contextlib import ExitStack
from http.client import HTTPConnection

import httpx
import pytest

from tests.contract.answers import created, refused
from tests.contract.bodies import individual
from tests.contract.conftest import Deploy
from tests.contract.crowd import BODY, occupying
from tests.contract.documents import EACH_COLLECTION, HUBS, Collection
from tests.paths import INDIVIDUAL

LONGEST_URL = 16_384


def path_of(length: int) -> str:
    """A path with that many bytes, of an individual that is not there."""
    return f"{INDIVIDUAL}/".ljust(length, "x")


def test_a_url_may_have_16384_bytes_and_not_one_more(client: httpx.Client) -> None:
    refused(client.get(path_of(LONGEST_URL)), 404, "60")
    refused(client.get(path_of(LONGEST_URL + 1)), 414, "67")
    query = "x" * (LONGEST_URL - len(INDIVIDUAL))
    refused(client.get(f"{INDIVIDUAL}?{query}"), 400, "28")
    told = client.get(f"{INDIVIDUAL}?{query}x")
    assert "16384 bytes" in refused(told, 414, "67")
    assert told.headers["x-correlation-id"]


@pytest.mark.parametrize("length", [50_000, 65_534, 65_535, 65_536, 70_000, 1_000_000])
@pytest.mark.parametrize("separator", ["", "?", "%", "?a="])
def test_a_url_of_any_length_is_told_in_the_shape_of_tm_forum(
    client: httpx.Client, length: int, separator: str
) -> None:
    line = HTTPConnection(client.base_url.host, client.base_url.port or 80, timeout=30)
    try:
        for method in ("GET", "DELETE"):
            line.request(method, f"{INDIVIDUAL}/{separator}{'x' * length}")
            answer = line.getresponse()
            body = json.loads(answer.read())
            assert (answer.status, body["code"], body["status"]) == (414, "67", "414")
        line.request("GET", INDIVIDUAL)
        assert line.getresponse().status == 200
    finally:
        line.close()


def test_a_deployment_chooses_the_longest_url(deploy: Deploy) -> None:
    server = deploy(max_url_bytes=1024)
    refused(server.get(path_of(1024)), 404, "60")
    assert "1024 bytes" in refused(server.get(path_of(1025)), 414, "67")


@EACH_COLLECTION
@pytest.mark.parametrize("id", ["%FF", "a%C3", "%C3%28", "%ED%A0%80", "%F8%88%80%80%80", "%zz", "%", "100%", "%4"])
def test_an_id_that_is_not_utf_8_is_refused(client: httpx.Client, collection: Collection, id: str) -> None:
    for method in ("GET", "DELETE"):
        answer = client.send(client.build_request(method, raw(client, f"{collection.path}/{id}")))
        assert "'%25'" in refused(answer, 400, "20")


@pytest.mark.parametrize("hub", HUBS)
def test_an_id_of_a_registration_is_utf_8_too(client: httpx.Client, hub: str) -> None:
    refused(client.get(raw(client, f"{hub}/%FF")), 400, "20")


def raw(client: httpx.Client, path: str) -> httpx.URL:
    """The URL with its path as it stands: httpx would encode a '%' that encodes nothing."""
    return client.base_url.copy_with(raw_path=path.encode())


def test_one_request_more_than_allowed_is_told_to_come_again(deploy: Deploy) -> None:
    server = deploy(max_concurrency=2)
    with ExitStack() as crowd:
        line = crowd.enter_context(occupying(server))
        assert server.get(INDIVIDUAL).json() == []
        crowd.enter_context(occupying(server))
        told = server.get(INDIVIDUAL)
        assert "try again" in refused(told, 503, "6")
        assert told.headers["retry-after"] == "1"
        refused(server.post(INDIVIDUAL, json=individual()), 503, "6")
        assert server.get("/health/live").status_code == server.get("/health/ready").status_code == 200
        line.sendall(BODY)
        assert line.recv(1000).startswith(b"HTTP/1.1 201 ")
        assert len(server.get(INDIVIDUAL).json()) == 1
    assert created(server, INDIVIDUAL, individual())


def test_as_many_as_come_are_answered_by_default(client: httpx.Client) -> None:
    with ExitStack() as crowd:
        for _ in range(50):
            crowd.enter_context(occupying(client))
        assert client.get(INDIVIDUAL).status_code == 200
