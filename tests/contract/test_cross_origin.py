# SPDX-License-Identifier: Apache-2.0
"""Calls from web pages of other origins: a server that allows one says so in every answer, errors included."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.spec.operations import METHODS
from tests.contract.conftest import Deploy
from tests.contract.documents import DOCUMENTS
from tests.identity_provider import AUDIENCE, IdentityProvider, bearer
from tests.paths import INDIVIDUAL

APP = "https://app.example.com"
FROM_APP = {"Origin": APP}


@pytest.fixture(scope="module")
def shared(deploy: Deploy, provider: IdentityProvider) -> httpx.Client:
    """A server that asks for tokens, and that pages of one origin may call."""
    return deploy(
        cors_origins=APP,
        issuers=provider.url,
        audience=AUDIENCE,
        rate=1000,
        burst=1000,
        max_body_bytes=1024,
        deprecation="v4=2027-01-01T00:00:00Z",
    )


def test_a_preflight_needs_no_token_and_allows_what_the_documents_declare(shared: httpx.Client) -> None:
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}
    answer = shared.options(f"{INDIVIDUAL}/7", headers=FROM_APP | asked)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, APP)
    assert set(answer.headers["access-control-allow-methods"].split(", ")) == {"DELETE", "GET", "HEAD", "PATCH", "POST"}
    # A document of which no operation is on has no parameters either.
    declared = {
        each["name"] for document in DOCUMENTS.values() for each in _parameters(document) if each.get("in") == "header"
    }
    allowed = set(answer.headers["access-control-allow-headers"].split(", "))
    assert allowed >= {*declared, "Authorization", "Content-Type", "X-Correlation-ID"}
    assert {"If-Match", "If-Range"} <= declared


def _parameters(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Those that operations share, and those that stand at one alone."""
    yield from document["components"].get("parameters", {}).values()
    for item in document["paths"].values():
        for owner in (item, *(item[method] for method in METHODS if method in item)):
            yield from owner.get("parameters", ())


def test_every_answer_can_be_read_with_all_its_headers(shared: httpx.Client, provider: IdentityProvider) -> None:
    good = bearer(provider.token("*:*"))
    answers = {
        200: shared.get(INDIVIDUAL, headers=FROM_APP | good),
        400: shared.post(INDIVIDUAL, headers=FROM_APP | good, content="{"),
        401: shared.get(INDIVIDUAL, headers=FROM_APP),
        403: shared.get(INDIVIDUAL, headers=FROM_APP | bearer(provider.token("customer:read"))),
        404: shared.get("/nothing/here", headers=FROM_APP),
        405: shared.put(INDIVIDUAL, headers=FROM_APP),
        413: shared.post(INDIVIDUAL, headers=FROM_APP | good, content="x" * 2000),
        414: shared.get(f"/{'x' * 20_000}", headers=FROM_APP),
    }
    for status, answer in answers.items():
        assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (status, APP)
        assert answer.headers["vary"] == "Origin"
        exposed = set(answer.headers["access-control-expose-headers"].split(", "))
        unexposed = {name for name in answer.headers if not name.startswith("access-control")} - exposed
        assert unexposed <= {"content-type", "content-length", "connection", "date", "vary", "x-content-type-options"}
        assert {"x-correlation-id", "ratelimit", "ratelimit-policy"} <= exposed
    assert "www-authenticate" in answers[401].headers["access-control-expose-headers"]


def test_too_many_requests_can_be_read_too(deploy: Deploy) -> None:
    server = deploy(cors_origins="*", rate=0.001, burst=1)
    answer = [server.get(INDIVIDUAL, headers=FROM_APP) for _ in range(2)][-1]
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (429, "*")
    assert "retry-after" in answer.headers["access-control-expose-headers"]


def test_nobody_else_is_allowed_by_default(client: httpx.Client) -> None:
    answer = client.get(INDIVIDUAL, headers=FROM_APP)
    assert not [name for name in answer.headers if name.startswith("access-control") or name == "vary"]
