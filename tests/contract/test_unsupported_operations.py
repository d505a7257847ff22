# SPDX-License-Identifier: Apache-2.0
"""Operations that a deployment's document has and no standard verb covers are answered with 501, and named at start."""

from pathlib import Path
from typing import Any

import httpx
import pytest

BASE = "/tmf-api/resourceInventoryManagement/v4"
DOCUMENT = Path(__file__).parent / "apis" / "resource-inventory-v4.yaml"
UNSUPPORTED = [
    ("PUT", "/resource/{id}", "/resource/7"),
    ("POST", "/resource/{id}", "/resource/7"),
    ("POST", "/resource/{id}/restart/{mode}", "/resource/7/restart/slow"),
    ("GET", "/reconcile", "/reconcile"),
]
"""The method, the path of the document, and one that fits it."""


@pytest.fixture
def client(own_connection: httpx.Client, clean_database: str) -> httpx.Client:
    """That client; the database is empty."""
    return own_connection


@pytest.mark.parametrize(("method", "template", "path"), UNSUPPORTED)
@pytest.mark.parametrize("body", [b"", b'{"name": "Mast"}', b"{"])
def test_it_is_answered_with_501_and_an_error_that_names_it(
    client: httpx.Client, method: str, template: str, path: str, body: bytes
) -> None:
    answer = client.request(method, BASE + path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 501, answer.text
    told = answer.json()
    assert (told["code"], told["reason"], told["status"]) == ("2", "Not implemented", "501")
    assert told["message"] == f"{method} {template} is in the document of this API, but this server does not offer it"


def test_what_the_document_does_not_have_is_refused_as_ever(client: httpx.Client) -> None:
    for method, path, allowed in (
        ("DELETE", "/resource/7", "GET, HEAD, POST, PATCH, PUT"),
        ("PUT", "/resource", "GET, HEAD, POST"),
        ("DELETE", "/reconcile", "GET, HEAD"),
    ):
        refused = client.request(method, BASE + path)
        assert (refused.status_code, refused.headers["allow"]) == (405, allowed)
    assert client.post(f"{BASE}/restart").status_code == 404


def test_the_served_document_says_so(client: httpx.Client) -> None:
    paths = client.get(f"{BASE}/openapi.json").json()["paths"]
    names: list[Any] = []
    for method, template, _ in UNSUPPORTED:
        operation = paths[template][method.lower()]
        assert operation["x-tmf-unsupported"] is True
        assert operation["responses"]["501"] == {"$ref": "#/components/responses/NotImplemented"}
        names.append(operation["operationId"])
    assert names == ["putResource", "upgradeResource", "restartResource", "getReconcile"]
    assert [each["name"] for each in paths["/resource/{id}/restart/{mode}"]["parameters"]] == ["id", "mode"]
    assert "x-tmf-unsupported" not in paths["/resource"]["get"]
