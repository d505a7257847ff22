# SPDX-License-Identifier: Apache-2.0
"""A fast listener: takes every event, counts them, and tells on GET how many came, and when the first and the last."""

import time

import orjson
from starlette.types import Receive, Scope, Send

received = 0
first = last = 0.0


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request, whatever its path."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    taken = scope["method"] == "POST"
    if taken:
        _count()
    body = b"" if taken else orjson.dumps({"received": received, "first": first, "last": last})
    headers = [] if taken else [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 204 if taken else 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _count() -> None:
    global received, first, last
    last = time.time()
    first = first or last
    received += 1
