# SPDX-License-Identifier: Apache-2.0
"""The outline of a document, and that Connexion's layers find in it what they need."""

import asyncio
from typing import Any

import httpx
import pytest
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.security import SecurityMiddleware
from connexion.spec import Specification
from starlette.types import Receive, Scope, Send

from app.http.messages import Request, Response
from app.http.middleware.connexion_spec import connexion_spec, is_guarded
from app.http.middleware.request_context import ErrorMiddleware
from app.http.middleware.routing import Routing, handling
from app.spec.bundle import bundle, names
from app.spec.operations import METHODS

GUARDED: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Things", "version": "1"},
    "components": {
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key", "x-apikeyInfoFunc": f"{__name__}.known"}
        }
    },
    "paths": {
        "/thing/{id}": {
            "get": {"operationId": "readThing", "responses": {"200": {"description": "it"}}},
            "delete": {
                "operationId": "deleteThing",
                "security": [{"key": []}],
                "responses": {"204": {"description": "gone"}},
            },
        }
    },
}


def known(key: str) -> dict[str, str] | None:
    return {"sub": "operator"} if key == "right" else None


@pytest.mark.parametrize("name", names())
def test_an_outline_has_the_operations_of_its_document_and_no_schema(name: str) -> None:
    document = bundle(name)
    told = Specification.from_dict(connexion_spec(document))
    assert {path: {method: item[method]["operationId"] for method in item} for path, item in told["paths"].items()} == {
        path: {method: item[method]["operationId"] for method in METHODS if method in item}
        for path, item in document["paths"].items()
    }
    assert "schemas" not in told.components


@pytest.mark.parametrize("document", [GUARDED, {"security": [{"key": []}], "paths": {}}])
def test_a_document_that_says_who_may_call_is_guarded(document: dict[str, Any]) -> None:
    assert is_guarded(document)


@pytest.mark.parametrize("document", [{"security": [], "paths": {}}, {"paths": {"/a": {"get": {"security": []}}}}])
def test_a_document_that_lets_everybody_call_is_not_guarded(document: dict[str, Any]) -> None:
    assert not is_guarded(document)


@pytest.mark.parametrize("name", names())
def test_our_own_documents_are_not_guarded(name: str) -> None:
    assert not is_guarded(bundle(name))


async def _nothing_here(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError("nobody answers")


async def _found(request: Request) -> Response:
    return Response(200, request.id.encode())


async def _asked(method: str, headers: dict[str, str]) -> httpx.Response:
    app = ConnexionMiddleware(
        _nothing_here, import_name="app", middlewares=[ErrorMiddleware, Routing, SecurityMiddleware, handling(1000, "")]
    )
    app.add_api(connexion_spec(GUARDED), base_path="/things", resolver=lambda _operation: _found)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        return await client.request(method, "/things/thing/7", headers=headers)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200),
        ("HEAD", {}, 200),
        ("DELETE", {"X-Key": "right"}, 200),
        ("DELETE", {"X-Key": "wrong"}, 400),
        ("DELETE", {}, 400),
    ],
)
def test_what_a_document_guards_is_guarded(method: str, headers: dict[str, str], status: int) -> None:
    assert asyncio.run(_asked(method, headers)).status_code == status
