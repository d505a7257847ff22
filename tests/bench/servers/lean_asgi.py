# SPDX-License-Identifier: Apache-2.0
"""The limit: the leanest handler we could write by hand, without validation, over the same asynchronous driver."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import orjson
from bson import ObjectId
from pymongo import AsyncMongoClient, ReturnDocument
from starlette.types import Receive, Scope, Send

from tests.bench.servers import place

Answer = tuple[int, Any, list[tuple[bytes, bytes]]]

customers = AsyncMongoClient[dict[str, Any]](place.uri())[place.database()][place.COLLECTION]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request; there is nothing to start or to stop."""
    if scope["type"] != "http":
        return
    id = scope["path"][len("/customer/") :]
    status, content, headers = await HANDLERS[scope["method"], bool(id)](id, scope, receive)
    body = orjson.dumps(content)
    headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def create(_id: str, _scope: Scope, receive: Receive) -> Answer:
    """Keep the body as it came."""
    customer = {"_id": str(ObjectId()), **orjson.loads(await read(receive))}
    await customers.insert_one(customer)
    return 201, shown(customer), []


async def retrieve(id: str, _scope: Scope, _receive: Receive) -> Answer:
    """One customer."""
    found = await customers.find_one({"_id": id})
    return (200, shown(found), []) if found else (404, {}, [])


async def patch(id: str, _scope: Scope, receive: Receive) -> Answer:
    """Set the attributes that the body names."""
    changes = {"$set": orjson.loads(await read(receive))}
    changed = await customers.find_one_and_update({"_id": id}, changes, return_document=ReturnDocument.AFTER)
    return (200, shown(changed), []) if changed else (404, {}, [])


async def listed(_id: str, scope: Scope, _receive: Receive) -> Answer:
    """Customers of a name, and how many have it: both asked for at once."""
    asked = parse_qs(scope["query_string"].decode())
    wanted = {"name": asked["name"][0]}
    rows = customers.find(wanted, limit=int(asked["limit"][0])).to_list()
    found, total = await asyncio.gather(rows, customers.count_documents(wanted))
    return 200, [shown(row) for row in found], [(b"x-total-count", b"%d" % total)]


async def read(receive: Receive) -> bytes:
    """The whole body."""
    message = await receive()
    body: bytes = message["body"]
    while message["more_body"]:
        message = await receive()
        body += message["body"]
    return body


def shown(customer: dict[str, Any]) -> dict[str, Any]:
    """A stored customer as clients see it."""
    customer["id"] = customer.pop("_id")
    return customer


HANDLERS: dict[tuple[str, bool], Callable[[str, Scope, Receive], Awaitable[Answer]]] = {
    ("POST", False): create,
    ("GET", True): retrieve,
    ("PATCH", True): patch,
    ("GET", False): listed,
}
