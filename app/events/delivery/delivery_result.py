"""What a listener's answer to a delivery means: delivered, gone, or to be tried again, and when."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from app.errors import shortened

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
