# SPDX-License-Identifier: Apache-2.0
"""What a transport takes, and what it tells: a notice on its way, and what came of sending it."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from app.interactions.notices.message import Message

EMAIL, SMS, PUSH, WEBHOOK = "email", "sms", "push", "webhook"
MEDIA = (EMAIL, SMS, PUSH, WEBHOOK)
"""The media that a notice may take."""

DELIVERED, DEFERRED, REFUSED = "delivered", "deferred", "refused"
"""What comes of sending: the other side has it; it may be tried again; it is never to be tried again."""


@dataclass(frozen=True)
class Outbound:
    """A notice on its way. A repeat has the same `id`: the Message-ID and the Idempotency-Key are made of it."""

    id: str
    medium: str
    address: str
    message: Message


class Outcome(NamedTuple):
    """What came of sending: the `state`, the `code` of the other side (250, 452; else `timeout`, `tls`, …), and why.

    `retry_after` are the seconds that the other side wants to be left alone for, 0 where it says nothing.
    """

    state: str
    code: str
    text: str
    retry_after: float = 0.0


class Transport(Protocol):
    """What sends notices by one medium."""

    async def send(self, notice: Outbound) -> Outcome:
        """Send it, and tell what came of that. Never raises for what the other side does, or does not do."""

    async def close(self) -> None:
        """Close its connections."""
