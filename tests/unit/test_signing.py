# SPDX-License-Identifier: Apache-2.0
"""The headers of a delivery, read as a listener would read them."""

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.domain import dates
from app.events.delivery.sender import signature_headers
from tests.listening import SECRET

BODY = '{"name":"Jane Müller"}'.encode()


def test_a_listener_can_verify_what_it_got() -> None:
    sent = signature_headers("event-1", BODY, attempt=1, at=dates.now(), secret=SECRET)
    assert Webhook(SECRET).verify(BODY, sent) == {"name": "Jane Müller"}


def test_a_changed_body_does_not_verify() -> None:
    sent = signature_headers("event-1", BODY, attempt=1, at=dates.now(), secret=SECRET)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY.replace(b"Jane", b"Joan"), sent)


def test_every_attempt_bears_the_id_of_its_event() -> None:
    at = dates.instant("2026-01-01T00:00:00.900Z")
    told = [signature_headers("event-1", BODY, attempt=attempt, at=at, secret=None) for attempt in (1, 2)]
    known = {"webhook-id": "event-1", "webhook-timestamp": "1767225600"}
    assert told == [{**known, "Liaison-Attempt": "1"}, {**known, "Liaison-Attempt": "2"}]
