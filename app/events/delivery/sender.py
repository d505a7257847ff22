# SPDX-License-Identifier: Apache-2.0
"""Sends notifications, signed (Standard Webhooks) and authenticated as the registration asks for."""

from collections.abc import Mapping
from datetime import datetime

from standardwebhooks import Webhook

from app.domain import dates
from app.events.delivery.http_sender import DeliveryResult, HttpSender
from app.events.delivery.tokens import NoToken, authorization
from app.events.hub.credentials import Credentials
from app.storage.hubs.registrations import Registration
from app.storage.hubs.vault import Vault

ATTEMPT = "Liaison-Attempt"
"""The header with the number of the attempt to deliver the event, from 1."""


def signature_headers(event_id: str, body: bytes, *, attempt: int, at: datetime, secret: str | None) -> dict[str, str]:
    """The headers of one delivery, the `attempt`th of its event, made `at` this UTC instant."""
    return {**signed_headers(event_id, body, at=at, secret=secret), ATTEMPT: str(attempt)}


def signed_headers(id: str, body: bytes, *, at: datetime, secret: str | None) -> dict[str, str]:
    """The headers of what is sent `at` this UTC instant (Standard Webhooks): a repeat has the same `webhook-id`.

    With a `secret` (`whsec_…`) it is signed.
    """
    signature = {"webhook-signature": Webhook(secret).sign(id, at, body.decode())} if secret else {}
    return {"webhook-id": id, "webhook-timestamp": str(int(at.timestamp())), **signature}


class Sender:
    """The sender of notifications to one listener."""

    def __init__(self, registration: Registration, *, vault: Vault | None, postman: HttpSender) -> None:
        """Raises `Unsealable` when there is no key for the secrets of the `registration`."""
        self._callback: str = registration["callback"]
        credentials = Credentials.unseal(registration["secrets"], vault)
        self._secret = credentials.secret
        self._authorization = authorization(credentials.authentication, postman)
        self._postman = postman

    async def send(self, event_id: str, body: bytes, *, attempt: int) -> DeliveryResult:
        """Send the event for the `attempt`th time; after a 401 once more, with a new token, where one can be had."""
        try:
            answer, renewable = await self._send(event_id, body, attempt)
            if answer.unauthorized and renewable:
                answer, _ = await self._send(event_id, body, attempt)
        except NoToken as missing:
            return DeliveryResult(error=str(missing))
        return answer

    async def _send(self, event_id: str, body: bytes, attempt: int) -> tuple[DeliveryResult, bool]:
        """The outcome, and whether after a 401 there may be a valid token."""
        headers = signature_headers(event_id, body, attempt=attempt, at=dates.now(), secret=self._secret)
        if self._authorization is None:
            return await self._post(body, headers, attempt), False
        used = await self._authorization.header(failing=attempt > 1)
        answer = await self._post(body, {**headers, self._authorization.name: used}, attempt)
        return answer, answer.unauthorized and self._authorization.refused(used)

    async def _post(self, body: bytes, headers: Mapping[str, str], attempt: int) -> DeliveryResult:
        return await self._postman.post(self._callback, body, headers, failing=attempt > 1)
