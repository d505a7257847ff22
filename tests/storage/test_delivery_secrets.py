# SPDX-License-Identifier: Apache-2.0
"""Secrets of listeners: used for their deliveries, and neither kept in clear nor told to anybody."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog
from aiohttp import web
from bson import encode
from cryptography.fernet import Fernet
from standardwebhooks import Webhook

from app.events.delivery.deliveries import Delivery
from app.storage.hubs.vault import Vault
from app.storage.mongod.durable import Database
from tests.listening import SECRET
from tests.storage.listening import (
    LOOPBACK,
    QUICK,
    RENDERERS,
    VAULT,
    Ear,
    Writer,
    answering,
    ear,
    hub,
    relay,
    running,
)
from tests.storage.watching import until

pytestmark = pytest.mark.anyio

TOKEN, CLIENT_SECRET = "token-that-nobody-may-see", "client secret: nobody's"


class TokenServer:
    """A real token server: every token that it gives out is another one. `answers` are its next statuses, then 200."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.answers: list[int] = []
        self.says: dict[str, Any] = {"token_type": "Bearer", "expires_in": 3600}

    async def give(self, request: web.Request) -> web.Response:
        """A token."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.requests.append((request.headers["Authorization"], form))
        status = self.answers.pop(0) if self.answers else 200
        return web.json_response({"access_token": f"{TOKEN}-{len(self.requests)}", **self.says}, status=status)


@asynccontextmanager
async def token_server() -> AsyncIterator[TokenServer]:
    """A token server at a free loopback port."""
    server = TokenServer()
    application = web.Application()
    application.router.add_post("/token", server.give)
    async with answering(application) as port:
        server.url = f"http://127.0.0.1:{port}/token"
        yield server


def client_credentials(server: TokenServer) -> dict[str, str]:
    return {
        "type": "clientCredentials",
        "tokenUrl": server.url,
        "clientId": "liaison",
        "clientSecret": CLIENT_SECRET,
        "scope": "events",
    }


def authorizations(listener: Ear) -> list[str | None]:
    return [request.headers.get("Authorization") for request in listener.requests]


async def test_a_listener_with_a_secret_can_verify_each_attempt(database: Database) -> None:
    async with ear(500) as listener:
        await hub(database).register({"callback": listener.url, "secret": SECRET})
        async with running(relay(database)):
            await Writer(database).create("1", name="Jürgen")
            await until(lambda: len(listener.heard) == 1)

    assert len(listener.requests) == 2
    for request, body in zip(listener.requests, listener.bodies, strict=True):
        told = Webhook(SECRET).verify(body, dict(request.headers))
        assert told["eventId"] == request.headers["webhook-id"]
        assert told["event"]["individual"]["name"] == "Jürgen"


async def test_a_bearer_token_lets_us_in(database: Database) -> None:
    async with ear() as listener:
        callback = listener.url.replace("//", "//user:password@")
        await hub(database).register({"callback": callback, "authentication": {"type": "bearer", "token": TOKEN}})
        async with running(relay(database)):
            await Writer(database).create("1", name="a")
            await until(lambda: len(listener.heard) == 1)

    assert authorizations(listener) == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize(
    ("user", "authentication", "header", "value"),
    [
        ("", {"type": "basic", "username": "crm", "password": "hush ü"}, "Authorization", "Basic Y3JtOmh1c2ggw7w="),
        ("crm:hush%20%C3%BC@", None, "Authorization", "Basic Y3JtOmh1c2ggw7w="),
        ("", {"type": "apiKey", "header": "X-Api-Key", "key": "open sesame"}, "X-Api-Key", "open sesame"),
    ],
)
async def test_a_password_or_a_key_lets_us_in(
    database: Database, user: str, authentication: dict[str, str] | None, header: str, value: str
) -> None:
    async with ear() as listener:
        callback = listener.url.replace("//", f"//{user}")
        made = await hub(database).register({"callback": callback, "authentication": authentication})
        async with running(relay(database)):
            await Writer(database).create("1", name="a")
            await until(lambda: len(listener.heard) == 1)

    assert [request.headers[header] for request in listener.requests] == [value]
    assert made["callback"] == listener.url
    assert "hush" not in str(await database["hub"].find({}).to_list())


async def test_a_401_to_a_given_token_is_a_failure(database: Database) -> None:
    async with ear(401) as listener:
        await hub(database).register({"callback": listener.url, "authentication": {"type": "bearer", "token": TOKEN}})
        async with running(relay(database)):
            await Writer(database).create("1", name="a")
            await until(lambda: len(listener.heard) == 1)

    assert [request.headers["Liaison-Attempt"] for request in listener.requests] == ["1", "2"]


async def test_a_token_is_fetched_once_and_used_again(database: Database) -> None:
    async with ear() as listener, token_server() as tokens:
        await hub(database).register({"callback": listener.url, "authentication": client_credentials(tokens)})
        async with running(relay(database)):
            for id in "12345":
                await Writer(database).create(id, name="a")
            await until(lambda: len(listener.heard) == 5)

    assert authorizations(listener) == [f"Bearer {TOKEN}-1"] * 5
    ((sent, form),) = tokens.requests
    assert base64.b64decode(sent.removeprefix("Basic ")) == b"liaison:client+secret%3A+nobody%27s"
    assert form == {"grant_type": "client_credentials", "scope": "events"}


async def test_after_a_401_a_new_token_is_fetched_once(database: Database) -> None:
    refusing = (401, 201, 401, 401)
    async with ear(*refusing) as listener, token_server() as tokens:
        await hub(database).register({"callback": listener.url, "authentication": client_credentials(tokens)})
        async with running(relay(database)):
            await Writer(database).create("1", name="a")
            await until(lambda: len(listener.heard) == 1)
            await Writer(database).create("2", name="a")
            await until(lambda: len(listener.heard) == 2)

    numbers = [str(each).rpartition("-")[2] for each in authorizations(listener)]
    assert numbers == ["1", "2", "2", "3", "4"]
    assert [request.headers["Liaison-Attempt"] for request in listener.requests] == ["1", "1", "1", "1", "2"]


async def test_a_token_that_ended_is_not_used(database: Database) -> None:
    async with ear() as listener, token_server() as tokens:
        tokens.says["expires_in"] = "1e-9"
        await hub(database).register({"callback": listener.url, "authentication": client_credentials(tokens)})
        async with running(relay(database)):
            for id in "12":
                await Writer(database).create(id, name="a")
            await until(lambda: len(listener.heard) == 2)

    assert authorizations(listener) == [f"Bearer {TOKEN}-1", f"Bearer {TOKEN}-2"]


@pytest.mark.parametrize(
    ("says", "error"),
    [
        ({"access_token": "two words"}, "no token from tokenUrl: its 'access_token' is no bearer token (RFC 6750)"),
        (
            {"access_token": "a\r\nX-Evil: yes"},
            "no token from tokenUrl: its 'access_token' is no bearer token (RFC 6750)",
        ),
        ({"access_token": 7}, "no token from tokenUrl: its 'access_token' is no bearer token (RFC 6750)"),
        (
            {"expires_in": "soon"},
            "no token from tokenUrl: its answer has no 'access_token', or its 'expires_in' is no number",
        ),
    ],
)
async def test_a_token_server_that_gives_no_token_is_a_failure_of_the_delivery(
    database: Database, says: dict[str, Any], error: str
) -> None:
    async with ear() as listener, token_server() as tokens:
        usual, tokens.says = tokens.says, {**tokens.says, **says}
        made = await hub(database).register({"callback": listener.url, "authentication": client_credentials(tokens)})
        async with running(relay(database)):
            await Writer(database).create("1", name="a")
            await until(lambda: _error(database, made["id"], error))
            tokens.says = usual
            await until(lambda: len(listener.heard) == 1)


async def test_a_token_server_that_fails_is_a_failure_of_the_delivery(database: Database) -> None:
    async with ear() as listener, token_server() as tokens:
        tokens.answers = [500, 302]
        await hub(database).register({"callback": listener.url, "authentication": client_credentials(tokens)})
        async with running(relay(database)):
            await Writer(database).create("1", name="a")
            await until(lambda: len(listener.heard) == 1)

    assert len(tokens.requests) == 3
    assert listener.requests[0].headers["Liaison-Attempt"] == "3"


async def test_a_token_is_fetched_only_from_an_allowed_address(database: Database) -> None:
    async with ear() as listener, token_server() as tokens:
        inside = {**client_credentials(tokens), "tokenUrl": tokens.url.replace("127.0.0.1", "localhost")}
        await hub(database).register({"callback": "http://listener.example/", "authentication": inside})
        delivery = Delivery(database, RENDERERS, QUICK, vault=VAULT)
        await Writer(database).create("1", name="a")
        await relay(database).drain()
        await delivery.refresh(1)
        await until(lambda: _told(database, "is no public address"))
        await delivery.stop()

    assert tokens.requests == listener.requests == []


async def test_no_secret_is_in_the_database_or_in_the_log(database: Database) -> None:
    async with ear(401, 500) as listener, token_server() as tokens:
        body = {
            "callback": listener.url.replace("//", "//user:password@"),
            "secret": SECRET,
            "authentication": client_credentials(tokens),
        }
        with structlog.testing.capture_logs() as said:
            answer = await hub(database).register(body)
            async with running(relay(database)):
                await Writer(database).create("1", name="a")
                await until(lambda: len(listener.heard) == 1)
        kept = [encode(row) for name in await _collections(database) for row in await database[name].find({}).to_list()]

    secrets = [SECRET, SECRET.removeprefix("whsec_"), CLIENT_SECRET, TOKEN]
    for secret in secrets:
        assert not any(secret.encode() in each for each in kept)
        assert secret not in json.dumps(answer)
        assert secret not in str(said)
    assert "password" not in str(said)
    assert not any(b"password@" in each for each in kept)


async def test_a_listener_whose_secrets_cannot_be_opened_waits_and_it_shows(database: Database) -> None:
    async with ear() as listener, ear() as other:
        made = await hub(database).register({"callback": listener.url, "secret": SECRET})
        await hub(database).register({"callback": other.url})
        strange = Vault(Fernet.generate_key().decode())
        await Writer(database).create("1", name="a")
        await relay(database).drain()
        for vault in (None, strange):
            delivery = Delivery(database, RENDERERS, QUICK, vault=vault, allowed=LOOPBACK)
            await database["hub"].update_one({"_id": made["id"]}, {"$set": {"lastError": None}})
            await delivery.refresh(1)
            await until(lambda: _told(database, "LIAISON_SECRETS_KEY"))
            await until(lambda: len(other.heard) == 1)
            await delivery.stop()

    assert listener.requests == []


async def _error(database: Database, id: str, error: str) -> bool:
    return await database["hub"].find_one({"_id": id, "lastError": error}) is not None


async def _told(database: Database, error: str) -> bool:
    return await database["hub"].find_one({"lastError": {"$regex": error}}) is not None


async def _collections(database: Database) -> list[str]:
    return await database.list_collection_names(filter={"type": "collection"})
