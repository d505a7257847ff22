# SPDX-License-Identifier: Apache-2.0
"""The facts of interactions and surveys are what their definitions say, whatever a document has."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.channels import UNKNOWN
from app.domain.rules import Lifecycle
from app.interactions.facts import FactRules, InteractionFacts, interaction_facts, promise_facts, survey_facts

LIFECYCLE = Lifecycle(
    field="status",
    initial="opened",
    moves={"opened": frozenset({"completed", "cancelled"}), "completed": frozenset(), "cancelled": frozenset()},
    aliases={"open": "opened"},
    changed="statusChangeDate",
)
RULES = FactRules(LIFECYCLE, frozenset({"TrackedInteraction"}), {"call-centre": "phone", "shop-7": "store"})
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
INSTANTS = st.integers(-50, 50).map(lambda minutes: NOON + timedelta(minutes=minutes))


def facts(**document: Any) -> InteractionFacts:
    return interaction_facts({"@type": "PartyInteraction", "creationDate": NOON, "status": "opened", **document}, RULES)


def tracked(clock: dict[str, Any], **document: Any) -> InteractionFacts:
    return facts(**{"@type": "TrackedInteraction", "clock": {"startDate": NOON, **clock}, **document})


def after(**passed: float) -> datetime:
    return NOON + timedelta(**passed)


def test_durations_are_elapsed_seconds_from_the_start_of_the_clock() -> None:
    clock = {"firstResponseDate": after(minutes=5, milliseconds=1), "endDate": after(days=3)}
    told = tracked(clock, creationDate=after(hours=-2), status="completed")
    assert (told.response_seconds, told.resolution_seconds) == (300.001, 259200.0)
    assert told.period == date(2026, 6, 3)
    assert told.created == after(hours=-2)


def test_without_a_clock_only_the_state_tells_of_an_end() -> None:
    assert facts().resolution_seconds is None
    told = facts(status="Completed", statusChangeDate=after(hours=1))
    assert (told.over, told.ended, told.state) == (True, after(hours=1), "completed")
    assert (told.resolution_seconds, told.response_seconds) == (3600.0, None)


def test_what_was_withdrawn_has_no_resolution_time() -> None:
    told = tracked({"endDate": after(hours=1), "withdrawn": True}, status="cancelled")
    assert (told.over, told.withdrawn, told.resolution_seconds) == (True, True, None)
    plain = facts(status="cancelled", statusChangeDate=after(hours=1))
    assert (plain.over, plain.withdrawn, plain.resolution_seconds) == (True, True, None)


def test_what_a_client_sends_under_names_of_the_tracked_class_counts_for_nothing() -> None:
    told = facts(clock={"startDate": "noon"}, promise=[{"name": "resolution"}], priority=1, assignee="me")
    assert (told.started, told.promises, told.priority, told.assignee) == (NOON, (), "", "")


def test_a_duration_that_would_be_negative_is_none() -> None:
    assert facts(status="completed", statusChangeDate=after(hours=-1)).resolution_seconds is None


def test_date_times_without_a_zone_are_utc() -> None:
    told = facts(creationDate=datetime(2026, 6, 3, 23, 59, 59, 999000))
    assert (told.created, told.period) == (datetime(2026, 6, 3, 23, 59, 59, 999000, UTC), date(2026, 6, 3))


@given(created=INSTANTS, ended=st.none() | INSTANTS, at=INSTANTS)
def test_the_backlog_is_what_was_there_and_not_over(created: datetime, ended: datetime | None, at: datetime) -> None:
    told = tracked({"endDate": ended} if ended else {}, creationDate=created)
    assert told.in_backlog(at) == (created <= at and (ended is None or at < ended))


@given(due=INSTANTS, met=INSTANTS, at=INSTANTS)
def test_a_promise_is_broken_once_it_is_due_and_not_met_by_then(due: datetime, met: datetime, at: datetime) -> None:
    promise = {"name": "resolution", "dueDate": due}
    assert promise_facts({**promise, "state": "due"}, None).breached(at) == (due < at)
    assert promise_facts({**promise, "state": "met", "metDate": met}, met).breached(at) == (due < min(at, met))
    assert promise_facts({**promise, "state": "cancelled"}, met).breached(at) == (due < min(at, met))
    assert not promise_facts({**promise, "state": "paused"}, None).breached(at)


def test_an_interaction_is_in_a_bucket_for_each_dimension() -> None:
    channels = [{"channel": {"id": id}} for id in ("shop-7", "555", "shop-7", "call-centre")]
    parties = [{"role": role} for role in ("caller", "agent", "caller")] + [{"name": "no role"}]
    told = facts(relatedChannel=channels, relatedParty=parties, direction="Inbounds", reason="Complaint")
    assert (told.channel, told.channels) == ("store", ("store", UNKNOWN, "phone"))
    assert (told.direction, told.reason, told.roles) == ("inbound", "Complaint", ("caller", "agent"))
    bare = facts()
    assert (bare.channel, bare.channels, bare.direction, bare.reason, bare.roles) == (
        UNKNOWN, (UNKNOWN,), UNKNOWN, "", (),
    )  # fmt: skip


@pytest.mark.parametrize(("status", "score"), [("asked", None), ("answered", 9), ("Answered", 9), ("expired", None)])
def test_a_survey_has_a_score_once_it_is_answered(status: str, score: int | None) -> None:
    rated = {"id": "9120", "@referredType": "PartyInteraction"}
    told = survey_facts(
        {"surveyType": "NPS", "status": status, "score": 9, "statusDate": NOON, "ratedEntity": rated}
    )  # fmt: skip
    assert (told.kind, told.score, told.answered) == ("NPS", score, NOON if score else None)
    assert (told.rated_type, told.rated_id, told.respondent) == ("PartyInteraction", "9120", "")
