"""How a notification is sent: signed, with credentials, and what came of it (Standard Webhooks)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from standardwebhooks import Webhook

from app.domain import dates
from app.errors import shortened
from app.events.delivery.http_sender import HttpSender
from app.events.delivery.tokens import NoToken, authorization
from app.events.hub.credentials import Credentials
from app.storage.hubs.registrations import Registration
from app.storage.hubs.vault import Vault

GONE = 410
UNAUTHORIZED = 401
BUSY = (429, 503)
"""The statuses whose `Retry-After` is obeyed."""

LONGEST_WAIT_SECONDS = 3600.0
"""What a listener may ask for with `Retry-After`; more is cut to this."""


@dataclass(frozen=True)
class DeliveryResult:
    """What came of a POST: the HTTP status, or the error that prevented one.

    `retry_after` are the seconds that the listener wants to be left alone for. `body` is what it said, cut short.
    """

    status: int | None = None
    error: str | None = None
    retry_after: float = 0.0
    body: bytes = b""

    @property
    def delivered(self) -> bool:
        """Any 2xx: the documents name 201 (v4) and 204 (v5), listeners send what they like."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """The listener asks never to be called again."""
        return self.status == GONE

    @property
    def unauthorized(self) -> bool:
        """What the call was authenticated with is not, or no longer, good."""
        return self.status == UNAUTHORIZED

    @property
    def told(self) -> str:
        """For logs and the registration's `lastError`; never with what the listener sent, or where to."""
        return shortened(self.error or f"HTTP status {self.status}")


def wait_asked_for(status: int, header: str | None, now: datetime) -> float:
    """The seconds from `now` that a `Retry-After` `header` asks for (RFC 9110, 10.2.3); 0 for none that is obeyed."""
    if status not in BUSY or not header:
        return 0.0
    try:
        return min(max(_seconds(header.strip(), now), 0.0), LONGEST_WAIT_SECONDS)
    except (ValueError, OverflowError):
        return 0.0


def _seconds(text: str, now: datetime) -> float:
    if text.isascii() and text.isdigit():
        return float(text)
    at = parsedate_to_datetime(text)
    return (at if at.tzinfo else at.replace(tzinfo=now.tzinfo)).timestamp() - now.timestamp()


ATTEMPT = "Liaison-Attempt"
"""The header that says the how-manyth attempt to deliver the event this is, from 1."""


def signature_headers(event_id: str, body: bytes, *, attempt: int, at: datetime, secret: str | None) -> dict[str, str]:
    """The headers of one delivery, the `attempt`th of its event, made `at` this UTC instant.

    Every attempt has the same `webhook-id`. With a `secret` (`whsec_…`) it is signed.
    """
    signature = {"webhook-signature": Webhook(secret).sign(event_id, at, body.decode())} if secret else {}
    return {"webhook-id": event_id, "webhook-timestamp": str(int(at.timestamp())), ATTEMPT: str(attempt), **signature}


class Sender:
    """The calls to one listener."""

    def __init__(self, registration: Registration, *, vault: Vault | None, postman: HttpSender) -> None:
        """Raises `Unsealable` when there is no key for the secrets of the `registration`."""
        self._callback: str = registration["callback"]
        credentials = Credentials.opened(registration["secrets"], vault)
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
        """The answer, and whether, if it is 401, there may be a better token."""
        headers = signature_headers(event_id, body, attempt=attempt, at=dates.now(), secret=self._secret)
        if self._authorization is None:
            return await self._post(body, headers, attempt), False
        used = await self._authorization.header(failing=attempt > 1)
        answer = await self._post(body, {**headers, "Authorization": used}, attempt)
        return answer, answer.unauthorized and self._authorization.refused(used)

    async def _post(self, body: bytes, headers: Mapping[str, str], attempt: int) -> DeliveryResult:
        return await self._postman.post(self._callback, body, headers, failing=attempt > 1)
