# SPDX-License-Identifier: Apache-2.0
"""What the contract tests ask of answers: errors in TMF shape, resources but for their last update, lists by ids."""

from collections.abc import Mapping
from typing import Any

import httpx

LONGEST = 5000
"""Characters of an error body, whatever the client sent."""


def refused(response: httpx.Response, status: int, code: str) -> str:
    """Assert that `response` is a TMF Error with this status and code; returns its message."""
    assert (response.status_code, response.text[:1] or "{") == (status, "{"), response.text[:LONGEST]
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert (body["code"], body["status"]) == (code, str(status)), body
    assert all(isinstance(body[name], str) and body[name] for name in ("code", "reason", "message", "status")), body
    assert set(body) <= {"code", "reason", "message", "status", "@type", "referenceError"}
    assert body["@type"] == "Error"
    assert len(response.text) < LONGEST
    return str(body["message"])


def created(client: httpx.Client, path: str, body: Any) -> dict[str, Any]:
    """What the server answered to a create, which must succeed."""
    response = client.post(path, json=body)
    assert response.status_code == 201, response.text
    return dict(response.json())


def patched(client: httpx.Client, resource: dict[str, Any], patch: Any) -> dict[str, Any]:
    """What the server answered to a patch, which must succeed."""
    response = client.patch(resource["href"], json=patch)
    assert response.status_code == 200, response.text
    return dict(response.json())


def settled(shown: Mapping[str, Any]) -> dict[str, Any]:
    """A resource without what moves with the clock: when it was last changed."""
    return {name: value for name, value in shown.items() if name != "lastUpdate"}


def found(client: httpx.Client, path: str, query: str) -> list[str]:
    """The ids in the list that a raw query string asks for; the query must be understood."""
    response = client.get(f"{path}?{query}")
    assert response.status_code in (200, 206), f"{query}: {response.text}"
    return [item["id"] for item in response.json()]
