# SPDX-License-Identifier: Apache-2.0
"""The outline of a document, and that Connexion's layers find in it what they need."""

import asyncio
from typing import Any

import httpx
import pytest
from connexion.middleware import ConnexionMiddleware
from connexion.spec import Specification
from starlette.types import Receive, Scope, Send

from app.http.messages import Request, Response
from app.http.middleware.connexion_spec import connexion_spec
from app.http.middleware.request_context import ErrorMiddleware
from app.http.middleware.routing import Routing, handling
from app.spec.bundle import bundle, names
from app.spec.operations import METHODS

THINGS: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Things", "version": "1"},
    "components": {},
    "paths": {
        "/thing/{id}": {"get": {"operationId": "readThing", "responses": {"200": {"description": "it"}}}},
    },
}


@pytest.mark.parametrize("name", names())
def test_an_outline_has_the_operations_of_its_document_and_no_schema(name: str) -> None:
    document = bundle(name)
    told = Specification.from_dict(connexion_spec(document))
    assert {path: {method: item[method]["operationId"] for method in item} for path, item in told["paths"].items()} == {
        path: {method: item[method]["operationId"] for method in METHODS if method in item}
        for path, item in document["paths"].items()
    }
    assert "schemas" not in told.components


async def _nothing_here(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError("nobody answers")


async def _found(request: Request) -> Response:
    return Response(200, request.id.encode())


async def _asked(method: str) -> httpx.Response:
    app = ConnexionMiddleware(
        _nothing_here, import_name="app", middlewares=[ErrorMiddleware, Routing, handling(1000, "")]
    )
    app.add_api(connexion_spec(THINGS), base_path="/things", resolver=lambda _operation: _found)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        return await client.request(method, "/things/thing/7")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_an_outline_tells_is_enough_to_find_an_operation(method: str) -> None:
    assert asyncio.run(_asked(method)).status_code == 200
