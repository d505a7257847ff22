# SPDX-License-Identifier: Apache-2.0
"""What is beside the operations: entry points, the documents as they are served, their pages, health."""

from typing import Any

import httpx
import pytest

from app.spec.optional_classes import with_optional_classes
from tests.contract.bodies import individual
from tests.contract.conftest import Deploy
from tests.contract.documents import DOCUMENTS, base_path

NAMES = list(DOCUMENTS)
OTHERWISE = {"base_paths": "party-v4=/tmf-api/partyManagement/v4", "path_prefix": "/r1-liaison"}
MOVED = "/r1-liaison/tmf-api/partyManagement/v4"


@pytest.fixture(scope="module")
def elsewhere(deploy: Deploy) -> httpx.Client:
    """A deployment with paths of its own that clients reach under another name."""
    return deploy(public_url="https://tmf.example.com/", **OTHERWISE)


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_point_leads_to_everything_the_api_has(client: httpx.Client, name: str) -> None:
    answer = client.get(base_path(name))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    entry = answer.json()
    assert (entry["name"], entry["version"]) == (DOCUMENTS[name]["info"]["title"], DOCUMENTS[name]["info"]["version"])
    assert entry["href"] == f"{client.base_url}{base_path(name)}"
    listed = {resource["name"]: resource["href"] for resource in entry["resource"]}
    paths = {path: item for path, item in DOCUMENTS[name]["paths"].items() if path != "/hub" and "{" not in path}
    lists = {path: item for path, item in paths.items() if "get" in item}
    assert listed == {item["x-tmf-resource"]: entry["href"] + path for path, item in lists.items()}
    assert all(client.get(href).status_code == 200 for href in listed.values())
    assert client.get(entry["link"]["document"]).json() == with_optional_classes(DOCUMENTS[name])
    assert client.get(entry["link"]["documentation"]).status_code == 200
    assert ("hub" in entry["link"]) is ("/hub" in DOCUMENTS[name]["paths"])
    if "hub" not in entry["link"]:
        return
    listeners = client.get(entry["link"]["hub"])
    assert listeners.status_code == (200 if "get" in DOCUMENTS[name]["paths"]["/hub"] else 405)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("end", ["/ui", "/ui/"])
def test_the_page_of_a_document_shows_that_document(client: httpx.Client, name: str, end: str) -> None:
    answer = client.get(base_path(name) + end, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert str(answer.url).endswith(f"{base_path(name)}/ui/")
    assert '"../openapi.json"' in answer.text
    script = client.get(f"{base_path(name)}/ui/swagger-ui-bundle.js")
    assert (script.status_code, len(script.content) > 100_000) == (200, True)


def test_the_front_page_names_every_api(client: httpx.Client) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for name, document in DOCUMENTS.items():
        assert document["info"]["title"] in answer.text
        assert base_path(name) in answer.text


@pytest.mark.parametrize(
    ("path", "body"),
    [("/health/live", {"status": "live"}), ("/health/ready", {"status": "ready", "database": "up"})],
)
def test_a_server_with_its_database_is_live_and_ready(client: httpx.Client, path: str, body: dict[str, Any]) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (200, body)


def test_a_document_is_served_with_the_paths_of_its_deployment(elsewhere: httpx.Client) -> None:
    served = elsewhere.get(f"{MOVED}/openapi.json").json()
    assert served == {**DOCUMENTS["party-v4"], "servers": [{"url": MOVED}]}
    prefixed = elsewhere.get("/r1-liaison/tmf-api/customerManagement/v4/openapi.json").json()
    assert prefixed["servers"] == [{"url": "/r1-liaison/tmf-api/customerManagement/v4"}]
    assert elsewhere.get("/tmf-api/party/v4").status_code == 404
    assert elsewhere.get(f"{MOVED}/ui/").status_code == 200


def test_a_moved_api_tells_addresses_under_its_public_name(elsewhere: httpx.Client) -> None:
    answer = elsewhere.post(f"{MOVED}/individual", json=individual())
    href = f"https://tmf.example.com{MOVED}/individual/{answer.json()['id']}"
    assert answer.json()["href"] == answer.headers["location"] == href
    assert elsewhere.get(f"{MOVED}/individual?href={href}").json() == [answer.json()]
    assert elsewhere.put(f"{MOVED}/individual").headers["allow"] == "GET, HEAD, POST"
    registered = elsewhere.post(f"{MOVED}/hub", json={"callback": "https://listener.example.com"})
    assert registered.headers["location"] == f"https://tmf.example.com{MOVED}/hub/{registered.json()['id']}"
