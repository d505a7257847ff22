# SPDX-License-Identifier: Apache-2.0
"""Notices by webhook: a POST to whatever sends them on, as SMS, as push messages, or otherwise."""

from app.domain import dates
from app.domain.json_text import dump
from app.events.delivery.callback_addresses import Allowed
from app.events.delivery.http_sender import DeliveryResult, HttpSender
from app.events.delivery.sender import signed_headers
from app.interactions.notices.transport_protocol import DEFERRED, DELIVERED, REFUSED, Outbound, Outcome

IDEMPOTENCY_KEY = "Idempotency-Key"

_TRY_AGAIN = frozenset({408, 425, 429})
"""The statuses from 400 to 499 that say nothing about the notice."""


class WebhookTransport:
    """The transport to the webhook at `url`, which may be called where it is among the `allowed` addresses.

    With a `secret` (`whsec_…`) it is signed as events are (Standard Webhooks). Its connections begin with the first
    call.
    """

    def __init__(self, url: str, *, secret: str, allowed: Allowed, timeout_seconds: float) -> None:
        self._url, self._secret = url, secret
        self._allowed, self._seconds = allowed, timeout_seconds
        self._sender: HttpSender | None = None

    async def send(self, notice: Outbound) -> Outcome:
        """POST it. It is delivered when that is answered 2xx."""
        if self._sender is None:
            self._sender = HttpSender(timeout_seconds=self._seconds, allowed=self._allowed)
        body = dump(_body(notice))
        signed = signed_headers(notice.id, body, at=dates.now(), secret=self._secret or None)
        return _outcome(await self._sender.post(self._url, body, {**signed, IDEMPOTENCY_KEY: notice.id}))

    async def close(self) -> None:
        """Close its connections."""
        if self._sender is not None:
            await self._sender.close()


def _body(notice: Outbound) -> dict[str, str]:
    message = notice.message
    return {
        "id": notice.id,
        "medium": notice.medium,
        "address": notice.address,
        "language": message.language,
        "subject": message.subject,
        "text": message.text,
    }


def _outcome(result: DeliveryResult) -> Outcome:
    if result.status is None:
        return Outcome(DEFERRED, "timeout" if result.late else "connection", result.summary)
    code = str(result.status)
    if result.delivered:
        return Outcome(DELIVERED, code, result.summary)
    if 400 <= result.status < 500 and result.status not in _TRY_AGAIN:
        return Outcome(REFUSED, code, result.summary)
    return Outcome(DEFERRED, code, result.summary, result.retry_after)
