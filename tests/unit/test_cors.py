# SPDX-License-Identifier: Apache-2.0
"""Which pages of other origins may call the server: what preflights and other answers say to browsers."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app.errors import StartError
from app.http.middleware.cors import Cors, allowed_origins

APP = "https://app.example.com"
OTHER = "https://evil.example.com"
PREFLIGHT = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,if-match"}


async def _answer(scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [(b"etag", b'"1"'), (b"content-type", b"application/json"), (b"ratelimit", b'"client";r=1;t=1')]
    await send({"type": "http.response.start", "status": 401 if scope["method"] == "GET" else 405, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


def answer(origins: str, method: str = "GET", **headers: str) -> httpx.Response:
    """What a server that allows these origins answers to a request with these headers."""
    app: Any = Cors(_answer, allowed_origins(origins), ["GET", "PATCH"], ["Authorization", "If-Match"])

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return await client.request(
                method, "/", headers={name.replace("_", "-"): headers[name] for name in headers}
            )

    return asyncio.run(ask())


def cors_headers(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith("access-control")}


@pytest.mark.parametrize(("origins", "told"), [(APP, APP), (f"{OTHER},{APP}", APP), ("*", "*")])
def test_a_preflight_of_an_allowed_origin_is_answered_by_the_layer_itself(origins: str, told: str) -> None:
    response = answer(origins, "OPTIONS", Origin=APP, **PREFLIGHT)
    assert (response.status_code, response.content) == (204, b"")
    assert cors_headers(response) == {
        "access-control-allow-origin": told,
        "access-control-allow-methods": "GET, PATCH",
        "access-control-allow-headers": "Authorization, If-Match",
        "access-control-max-age": "600",
    }


@pytest.mark.parametrize("headers", [{"Origin": OTHER, **PREFLIGHT}, {"Origin": APP}, PREFLIGHT, {}])
def test_what_is_no_preflight_of_an_allowed_origin_goes_on(headers: dict[str, str]) -> None:
    response = answer(APP, "OPTIONS", **headers)
    assert response.status_code == 405
    assert ("access-control-allow-origin" in response.headers) == (headers == {"Origin": APP})


def test_every_header_of_an_answer_can_be_read_errors_included() -> None:
    response = answer(APP, Origin=APP)
    assert response.status_code == 401
    assert cors_headers(response) == {
        "access-control-allow-origin": APP,
        "access-control-expose-headers": "etag, ratelimit, x-correlation-id",
    }


def test_another_origin_is_told_nothing() -> None:
    for headers in ({"Origin": OTHER}, {"Origin": "null"}, {"Origin": f"{APP}.evil.example"}, {}):
        assert cors_headers(answer(APP, **headers)) == {}


def test_caches_are_told_that_answers_differ_by_origin_unless_they_do_not() -> None:
    for headers in ({"Origin": APP}, {"Origin": OTHER}, {}):
        assert answer(APP, **headers).headers["vary"] == "Origin"
        assert "vary" not in answer("*", **headers).headers


@pytest.mark.parametrize("origins", [APP, "*"])
def test_credentials_are_never_allowed(origins: str) -> None:
    for method in ("GET", "OPTIONS"):
        assert "access-control-allow-credentials" not in answer(origins, method, Origin=APP, **PREFLIGHT).headers


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", set()),
        (" , ", set()),
        ("*", {"*"}),
        (f" {APP} ,HTTP://LocalHost:5173", {APP, "http://localhost:5173"}),
        ("https://a.example:443,http://a.example:80", {"https://a.example", "http://a.example"}),
        ("http://[::1]:8080", {"http://[::1]:8080"}),
    ],
)
def test_origins_are_compared_as_browsers_write_them(text: str, origins: set[str]) -> None:
    assert allowed_origins(text) == origins


@pytest.mark.parametrize(
    "text",
    ["app.example.com", f"{APP}/", f"{APP}/shop", "null", f"*,{APP}", "https://u:p@a.example", "https://*.a.example"],
)
def test_what_is_no_origin_does_not_start(text: str) -> None:
    with pytest.raises(StartError, match=r"LIAISON_CORS_ORIGINS.*https://app\.example\.com or"):
        allowed_origins(text)
