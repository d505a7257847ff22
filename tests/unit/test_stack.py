# SPDX-License-Identifier: Apache-2.0
"""The layers as they are put together: an operation has its handler, and what is none is answered behind."""

import asyncio
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest

from app.errors import StartError
from app.events.api_version import ConnectedApiVersion
from app.events.hub.hub import Hub
from app.http.middleware.stack import stack
from app.settings import Settings

BASE = "/things/v1"
ANSWERS = {"default": {"description": "as it is"}}


class Registered:
    """Registrations that are all there."""

    async def get(self, id: str, _principal: None) -> dict[str, str]:
        return {"id": id}

    async def remove(self, _id: str, _principal: None) -> None:
        pass


def document() -> dict[str, Any]:
    """A document with two operations."""
    operations = {method: {"operationId": method, "responses": ANSWERS} for method in ("get", "delete")}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "components": {},
        "paths": {"/hub/{id}": {"x-tmf-resource": "Hub", **operations}},
    }


def status(method: str, path: str) -> int:
    """The status of an answer of a server of that document."""
    hub = cast(Hub, Registered())
    api = ConnectedApiVersion("things", "TMF000", "v1", BASE, f"http://here{BASE}", document(), engines={}, hub=hub)
    app = stack([api], Settings(), lambda: True, cast(Any, None))

    async def ask() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return (await client.request(method, path)).status_code

    return asyncio.run(ask())


@pytest.mark.parametrize(("method", "expected"), [("GET", 200), ("HEAD", 200), ("DELETE", 204)])
def test_an_operation_is_answered_by_its_handler(method: str, expected: int) -> None:
    assert status(method, f"{BASE}/hub/7") == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/health/live", 200), (BASE, 200), (f"{BASE}/ui/", 200), (f"{BASE}/nope", 404), ("/nope", 404)],
)
def test_what_is_no_operation_is_answered_by_the_layers_behind(path: str, expected: int) -> None:
    assert status("GET", path) == expected


def test_a_path_of_an_operation_takes_its_methods_alone() -> None:
    assert status("POST", f"{BASE}/hub/7") == 405


def layers(**changes: Any) -> list[str]:
    """The names of the layers of a server with these settings, from the outside in."""
    app = stack([], replace(Settings(), **changes), lambda: True, cast(Any, None))
    ours = [each for each in app.middlewares if getattr(each, "func", each).__module__.startswith("app.")]
    return [type(each(cast(Any, app))).__name__ for each in ours]


DEFAULT = layers()


def test_a_request_pays_for_no_layer_that_no_setting_asks_for() -> None:
    assert DEFAULT == ["RequestContext", "ErrorMiddleware", "UrlLimit", "Routing", "TmfMiddleware", "Documentation"]


@pytest.mark.parametrize(
    ("changes", "layer"),
    [
        ({"rate": 1.0}, "ClientLimits"),
        ({"client_concurrency": 1}, "ClientLimits"),
        ({"cors_origins": "*"}, "Cors"),
        ({"max_concurrency": 1}, "Capacity"),
    ],
)
def test_a_setting_adds_its_layer_and_no_other(changes: dict[str, Any], layer: str) -> None:
    more = layers(**changes)
    assert layer in more
    assert [each for each in more if each != layer] == DEFAULT


def test_errors_of_inner_layers_pass_the_layers_that_add_to_every_answer() -> None:
    order = layers(rate=1.0, cors_origins="*", max_concurrency=1)
    assert order[:5] == ["RequestContext", "Cors", "ClientLimits", "ErrorMiddleware", "UrlLimit"]


def test_a_burst_without_a_rate_does_not_start() -> None:
    with pytest.raises(StartError, match="LIAISON_RATE"):
        layers(burst=5)
