# SPDX-License-Identifier: Apache-2.0
"""What a listener's answer means, and how long it asks to be left alone."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events.delivery.http_sender import LONGEST_WAIT_SECONDS, DeliveryResult, retry_after_seconds
from app.events.delivery.retry_policy import RetryPolicy

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "delivered"), [(200, True), (201, True), (204, True), (199, False), (302, False), (500, False)]
)
def test_any_2xx_is_delivered_and_nothing_else(status: int, delivered: bool) -> None:
    assert DeliveryResult(status=status).delivered is delivered


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("999999999999999999999", LONGEST_WAIT_SECONDS),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=9), usegmt=True), LONGEST_WAIT_SECONDS),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_read_as_seconds_and_as_a_date(status: int, header: str, seconds: float) -> None:
    assert retry_after_seconds(status, header, NOW) == seconds


@pytest.mark.parametrize("status", [200, 301, 404, 500])
def test_retry_after_of_other_statuses_says_nothing(status: int) -> None:
    assert retry_after_seconds(status, "120", NOW) == 0


@given(st.text(max_size=60))
def test_no_header_is_too_strange_to_be_read(header: str) -> None:
    assert 0 <= retry_after_seconds(503, header, NOW) <= LONGEST_WAIT_SECONDS


def test_the_pause_is_never_shorter_than_asked_for() -> None:
    assert RetryPolicy(first_pause_seconds=1).pause(1, asked_for=60) == timedelta(seconds=60)
    assert RetryPolicy(first_pause_seconds=100).pause(1, asked_for=1) >= timedelta(seconds=50)
