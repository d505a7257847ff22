# SPDX-License-Identifier: Apache-2.0
"""Has a deployment's hook (`x-hook`) compute the result of a task: a POST of the request, answered with its members."""

import asyncio
from collections.abc import Mapping
from typing import Any

from app.domain.json_text import dump, parse_object
from app.domain.origin import Origin
from app.errors import BadGateway, BadRequest, GatewayTimeout
from app.events.delivery.callback_addresses import Allowed
from app.events.delivery.http_sender import MOST_BODY_BYTES, DeliveryResult, HttpSender

Document = dict[str, Any]

CORRELATION_HEADER = "X-Correlation-ID"


class Hook:
    """The hook at `url` of the resource called `name`; `timeout_seconds` bound one call as a whole.

    Its connections begin with the first call, in the event loop of that.
    """

    def __init__(self, name: str, url: str, *, allowed: Allowed, timeout_seconds: float) -> None:
        self._name, self._url = name, url
        self._allowed, self._seconds = allowed, timeout_seconds
        self._sender: HttpSender | None = None

    async def result(self, body: Mapping[str, Any], origin: Origin) -> Document:
        """What the hook answers to the `body` of a create. Raises `BadGateway` (502) and `GatewayTimeout` (504)."""
        if self._sender is None:
            self._sender = HttpSender(timeout_seconds=self._seconds, allowed=self._allowed)
        headers = {CORRELATION_HEADER: origin.correlation_id} if origin.correlation_id else {}
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._sender.post(self._url, dump(body), headers)
        except TimeoutError:
            raise self._late() from None
        return self._read(answer)

    async def close(self) -> None:
        """Close its connections."""
        if self._sender is not None:
            await self._sender.close()

    def _read(self, answer: DeliveryResult) -> Document:
        if answer.late:
            raise self._late()
        if not answer.delivered:
            raise BadGateway(f"The hook that computes a {self._name} failed: {answer.summary}")
        try:
            return parse_object(answer.body)
        except BadRequest as wrong:
            expected = f"a JSON object of at most {MOST_BODY_BYTES} bytes"
            told = f"The hook that computes a {self._name} should answer {expected}: {wrong.message}"
            raise BadGateway(told) from None

    def _late(self) -> GatewayTimeout:
        return GatewayTimeout(f"The hook that computes a {self._name} did not answer within {self._seconds:g} seconds")
