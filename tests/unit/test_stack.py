# SPDX-License-Identifier: Apache-2.0
"""The layers as they are put together: what a document guards is guarded, and others are found as well."""

import asyncio
from typing import Any, cast

import httpx
import pytest

from app.events.api_version import ConnectedApiVersion
from app.events.hub.hub import Hub
from app.http.middleware.stack import stack
from app.settings import Settings

BASE = "/things/v1"
ANSWERS = {"default": {"description": "as it is"}}
GUARD: list[dict[str, list[str]]] = [{"key": []}]


def known(key: str) -> dict[str, str] | None:
    return {"sub": "operator"} if key == "right" else None


class Registered:
    """Registrations that are all there."""

    async def get(self, id: str) -> dict[str, str]:
        return {"id": id}

    async def remove(self, _id: str) -> None:
        pass


def document(**guards: Any) -> dict[str, Any]:
    """A document whose operations of these names are guarded so."""
    operations = {
        method: {
            "operationId": method,
            "responses": ANSWERS,
            **({"security": guards[method]} if method in guards else {}),
        }
        for method in ("get", "delete")
    }
    scheme = {"type": "apiKey", "in": "header", "name": "X-Key", "x-apikeyInfoFunc": f"{__name__}.known"}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "components": {"securitySchemes": {"key": scheme}},
        "paths": {"/hub/{id}": {"x-tmf-resource": "Hub", **operations}},
        **({"security": guards["all"]} if "all" in guards else {}),
    }


def status(method: str, path: str, key: str = "", **guards: Any) -> int:
    """The status of an answer of a server of that document."""
    hub = cast(Hub, Registered())
    api = ConnectedApiVersion(
        "things", "TMF000", "v1", BASE, f"http://here{BASE}", document(**guards), engines={}, hub=hub
    )
    app = stack([api], Settings(), lambda: True, cast(Any, None))

    async def ask() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return (await client.request(method, path, headers={"X-Key": key} if key else {})).status_code

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("method", "key", "expected"),
    [("GET", "", 200), ("HEAD", "", 200), ("DELETE", "right", 204), ("DELETE", "wrong", 400), ("DELETE", "", 400)],
)
def test_an_operation_that_a_document_guards_is_guarded(method: str, key: str, expected: int) -> None:
    assert status(method, f"{BASE}/hub/7", key, delete=GUARD) == expected


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_document_may_guard_all_of_its_operations(method: str) -> None:
    assert status(method, f"{BASE}/hub/7", all=GUARD) == 400
    assert status(method, f"{BASE}/hub/7", "right", all=GUARD) < 300


@pytest.mark.parametrize("guards", [{}, {"all": GUARD}])
@pytest.mark.parametrize(
    ("path", "expected"),
    [("/health/live", 200), (BASE, 200), (f"{BASE}/ui/", 200), (f"{BASE}/nope", 404), ("/nope", 404)],
)
def test_what_is_no_operation_is_answered_by_the_layers_behind(path: str, expected: int, guards: Any) -> None:
    assert status("GET", path, **guards) == expected


def test_a_path_of_an_operation_takes_its_methods_alone() -> None:
    assert status("POST", f"{BASE}/hub/7") == 405
