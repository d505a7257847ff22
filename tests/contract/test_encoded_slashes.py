# SPDX-License-Identifier: Apache-2.0
"""An encoded slash in a path is data: part of a segment, never what separates two (RFC 3986 §2.2)."""

import json
from itertools import product

import httpx
import pytest

from app.http.middleware.routing import ALLOWED
from tests.contract.answers import created
from tests.contract.bodies import individual
from tests.contract.documents import EACH_COLLECTION, Collection
from tests.paths import INDIVIDUAL, INDIVIDUAL_V5
from tests.raw import asked, request

SLASHES = ("%2F", "%2f")
PAGES = [
    "/health/live",
    "/health/ready",
    "/tmf-api/party/v4",
    "/tmf-api/party/v4/openapi.json",
    "/tmf-api/party/v4/ui/",
    "/tmf-api/party/v4/ui/swagger-ui.css",
    "/tmf-api/event/v4/topic",
]


def spoilt(path: str, slash: str) -> list[str]:
    """The path with each of its slashes but the first encoded, one at a time, and with all of them."""
    places = [at for at, character in enumerate(path) if character == "/"][1:]
    each = [path[:at] + slash + path[at + 1 :] for at in places]
    return [*each, path[0] + path[1:].replace("/", slash)]


@EACH_COLLECTION
@pytest.mark.parametrize("slash", SLASHES)
def test_no_method_takes_an_encoded_slash_for_a_separator(
    client: httpx.Client, server: str, collection: Collection, slash: str
) -> None:
    shown = created(client, collection.path, collection.creates["minimal"])
    item = shown["href"].removeprefix(str(client.base_url).rstrip("/"))
    body = json.dumps(collection.creates["minimal"]).encode()
    for method, path in product(ALLOWED, spoilt(item, slash) + spoilt(collection.path, slash)):
        answer = asked(server, request(method, path, "Content-Type: application/json", body=body))
        assert answer.status == 404, (method, path)
    assert client.get(collection.path).json() == [shown]


@pytest.mark.parametrize("slash", [*SLASHES, "%2F%2F", "a%2Fb", "%2Fa", "a%2F"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_an_id_of_a_slash_is_one_that_is_not_there(client: httpx.Client, server: str, method: str, slash: str) -> None:
    shown = created(client, INDIVIDUAL, individual())
    for path in (f"{INDIVIDUAL}/{slash}", f"{INDIVIDUAL}/{slash}/"):
        assert asked(server, request(method, path)).status == 404
    assert client.get(INDIVIDUAL).json() == [shown]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("slash", SLASHES)
def test_no_page_is_found_by_an_encoded_slash(server: str, path: str, slash: str) -> None:
    assert asked(server, request("GET", path)).status == 200
    for spoilt_path in spoilt(path, slash):
        assert asked(server, request("GET", spoilt_path)).status == 404, spoilt_path


def test_an_encoded_percent_sign_is_no_encoded_slash(client: httpx.Client, server: str) -> None:
    body = {"@type": "Individual", "id": "a%2Fb", "givenName": "N", "familyName": "O"}
    path = INDIVIDUAL_V5
    shown = created(client, path, body)
    assert shown["href"].endswith("/a%252Fb")
    assert asked(server, request("GET", f"{path}/a%252Fb")).json() == shown
    assert asked(server, request("GET", f"{path}/a%2Fb")).status == 404
