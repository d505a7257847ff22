# SPDX-License-Identifier: Apache-2.0
"""Every refusal on every route is a TMF Error (TMF630 part 1, error handling)."""

import httpx
import pytest

from app.spec.contents import content_names
from tests.contract.answers import refused
from tests.contract.documents import (
    COLLECTIONS,
    DOCUMENTS,
    EACH_COLLECTION,
    HUBS,
    PATHS,
    WRITES,
    Collection,
    base_path,
    concrete,
)

BASES = [base_path(name) for name in DOCUMENTS]
UNKNOWN = [
    "/nope",
    "/health",
    "/health/nope",
    "/tmf-api",
    "/individual",
    *[f"{base}{end}" for base in BASES for end in ("/nope", "/openapi.yaml", "/hub/nope/nope", "x", "/ui/nope")],
    *[f"{each.path}{end}" for each in COLLECTIONS for end in ("/some-id/more", "s", "/some-id")],
]
OF_BYTES = {
    concrete(name, template)
    for name, document in DOCUMENTS.items()
    for template, item in document["paths"].items()
    if item.get("x-tmf-resource", "") in content_names(document["x-tmf-resources"])
}
"""The paths of bytes, which are of any media type, and have bounds of their own: see `test_attachments.py`."""
OPERATIONS = [
    pytest.param(method.upper(), path, id=f"{method} {path}")
    for path, methods in PATHS.items()
    for method in methods
    if path not in OF_BYTES
]
PATCH_TYPES = {
    concrete(name, template): list(item["patch"]["requestBody"]["content"])
    for name, document in DOCUMENTS.items()
    for template, item in document["paths"].items()
    if "requestBody" in item.get("patch", {})
}


@pytest.mark.parametrize("path", UNKNOWN)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_is_not_there_is_404_or_405(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, path)
    refused(answer, *((405, "61") if answer.status_code == 405 and method == "DELETE" else (404, "60")))


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("accept", ["text/html", "application/xml", "text/*;q=0.9, image/png", "application/json;q=0"])
def test_a_client_that_rules_json_out_is_told_406(client: httpx.Client, method: str, path: str, accept: str) -> None:
    assert "application/json" in refused(client.request(method, path, headers={"accept": accept}), 406, "62")


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/json", "Application/JSON; charset=utf-8"])
@pytest.mark.parametrize("base", BASES)
def test_a_client_that_takes_json_gets_it(client: httpx.Client, base: str, accept: str) -> None:
    for collection in COLLECTIONS:
        for said in (accept, f"text/html, {accept};q=0.5"):
            assert client.get(collection.path, headers={"accept": said}).status_code == 200


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/json-patch", "json", "x" * 5000])
def test_a_body_of_another_type_is_told_what_is_taken(
    client: httpx.Client, method: str, path: str, media_type: str
) -> None:
    answer = client.request(method, path, content=b"{}", headers={"content-type": media_type})
    assert "application/json" in refused(answer, 415, "68")
    if method == "PATCH":
        assert answer.headers["accept-patch"] == ", ".join(PATCH_TYPES[path])


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_body_above_the_limit_is_told_the_limit(client: httpx.Client, method: str, path: str) -> None:
    content = b'{"x": "' + b"x" * 2**20 + b'"}'
    answer = client.request(method, path, content=content, headers={"content-type": "application/json"})
    assert "1048576 bytes" in refused(answer, 413, "66")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@EACH_COLLECTION
@pytest.mark.parametrize(
    "id",
    [
        "nope",
        "a,b",
        "a.b",
        "ünï-çødé",
        "%C3%BC",
        "a%2Fb",
        "%2e%2e%2f",
        "a%20b",
        "%00",
        "$where",
        "{id}",
        "%7B%7D",
    ],
)
def test_an_id_that_nothing_has_is_404_however_odd(
    client: httpx.Client, collection: Collection, method: str, id: str
) -> None:
    refused(client.request(method, f"{collection.path}/{id}", json={} if method == "PATCH" else None), 404, "60")


@EACH_COLLECTION
def test_a_very_long_id_is_not_echoed_whole(client: httpx.Client, collection: Collection) -> None:
    refused(client.get(f"{collection.path}/{'x' * 10_000}"), 404, "60")
    refused(client.delete(f"{collection.path}/{'x' * 10_000}"), 404, "60")


@pytest.mark.parametrize("hub", HUBS)
def test_a_very_long_id_of_a_registration_is_not_echoed_whole(client: httpx.Client, hub: str) -> None:
    refused(client.get(f"{hub}/{'x' * 10_000}"), 404, "60")
    refused(client.delete(f"{hub}/{'x' * 10_000}"), 404, "60")


@pytest.mark.parametrize("hub", HUBS)
@pytest.mark.parametrize("query", ["{}=1", "event.{}=1", "event.individual.{}=1", "eventType={}", "fields={}.[a"])
def test_a_very_long_query_of_a_registration_is_refused_and_not_echoed(
    client: httpx.Client, hub: str, query: str
) -> None:
    body = {"callback": "https://listener.example.com", "query": query.format("x" * 100_000)}
    refused(client.post(hub, json=body), 400, "24")
    body["query"] = query.format("x" * 1_000)
    refused(client.post(hub, json=body), 400, "28")


@EACH_COLLECTION
@pytest.mark.parametrize(
    "query",
    ["{}=x", "status={}&offset={}", "limit={}", "fields={}..a", "{}.gt=3", "creationDate={}", "a{}>3", "sort={}"],
)
def test_a_very_long_query_is_not_echoed_whole(client: httpx.Client, collection: Collection, query: str) -> None:
    answer = client.get(f"{collection.path}?{query.replace('{}', 'x' * 8_000)}")
    refused(answer, 400, "28")
