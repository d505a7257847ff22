"""The headers by which a listener recognises an event and its sender (Standard Webhooks)."""

from datetime import datetime

from standardwebhooks import Webhook

ATTEMPT = "Liaison-Attempt"
"""The header that says the how-manyth attempt to deliver the event this is, from 1."""


def headers(event_id: str, body: bytes, *, attempt: int, at: datetime, secret: str | None) -> dict[str, str]:
    """The headers of one delivery, the `attempt`th of its event, made `at` this UTC instant.

    Every attempt has the same `webhook-id`. With a `secret` (`whsec_…`) it is signed.
    """
    signature = {"webhook-signature": Webhook(secret).sign(event_id, at, body.decode())} if secret else {}
    return {"webhook-id": event_id, "webhook-timestamp": str(int(at.timestamp())), ATTEMPT: str(attempt), **signature}
