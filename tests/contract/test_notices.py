# SPDX-License-Identifier: Apache-2.0
"""Notices (eTOM 1.6.9): who is told of what is promised, when, in which words, and what is kept of that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest

from app.composition.notice_templates import notice_templates
from app.composition.notices import notifier_of
from app.domain.origin import UNKNOWN
from app.interactions.notices import delivering
from app.interactions.notices.delivering import Patience
from app.interactions.notices.transport import transports
from tests.contract.notice_office import (
    BY_DAY,
    CALLER,
    CHANNELS,
    INTERACTIONS,
    PARTIES,
    Office,
    Opens,
    due,
    mailed,
    office,
    urls,
)
from tests.contract.test_surveys import profile, said
from tests.paths import PRIVACY_PROFILE_V5

__all__ = ["office", "urls"]

pytestmark = pytest.mark.anyio


async def test_a_breach_is_warned_of_told_once_and_escalated_to_whom_the_policy_names(office: Opens) -> None:
    async with office() as at:
        made = at.create("Complaint")
        breach = due(made)
        assert await at.at(breach - timedelta(hours=1, seconds=1)) == 0, "never early"
        assert await at.at(breach - timedelta(hours=1)) == 1
        assert await at.at(breach - timedelta(minutes=1)) == 0
        assert await at.at(breach) == 1
        for minute in range(1, 50, 7):
            assert await at.at(breach + timedelta(minutes=minute)) == 0, "once per breach, not once per minute"
        assert await at.at(breach + timedelta(hours=1)) == 1
        assert at.mail.recipients == ["sam@care.example", "sam@care.example", "lead@care.example"]
        told = at.notices(made["id"])
        assert [each["status"] for each in told] == ["completed"] * 3
        assert [each["@type"] for each in told] == ["PartyInteraction"] * 3, "nothing is promised for them"
        assert {each["direction"] for each in told} == {"outbound"}
        assert told[0]["interactionItem"][0]["resolution"].startswith("250")
        assert told[0]["relatedChannel"][0]["channel"]["id"] == "mail"
        assert [f"<{each['id']}@care.example>" for each in told] == at.ids()


async def test_what_is_due_at_night_or_on_a_weekend_waits_for_the_next_working_minute(office: Opens) -> None:
    async with office(BY_DAY) as at:
        made = at.create("Slow")
        # The promise is due on a Saturday at two in the morning, so its warning on that night at one.
        friday = datetime(2027, 6, 4, 22, tzinfo=UTC)
        await begin_at(at, made["id"], friday)
        monday = datetime(2027, 6, 7, 7, tzinfo=UTC)  # 09:00 in Amsterdam
        for early in (friday + timedelta(hours=3), friday + timedelta(hours=20), monday - timedelta(seconds=1)):
            assert await at.at(early) == 0
        assert await at.at(monday) == 1


async def begin_at(at: Office, id: str, start: datetime) -> None:
    """Have an interaction begin at another instant, with its promises."""
    collection = at.liaison.collections["PartyInteraction"]
    seen = await collection.documents.get(id)
    after = dict(seen.document)
    at.liaison.tracked["PartyInteraction"].begin(after, start)
    change = collection.stored.change(seen.revision + 1, seen.document, after, start, UNKNOWN)
    assert change is not None
    await collection.documents.replace(seen, after, change)


async def test_a_promise_that_is_met_or_moves_is_not_told_of_any_more(office: Opens) -> None:
    async with office() as at:
        kept, moved = at.create("Complaint"), at.create("Complaint")
        at.call("PATCH", f"{INTERACTIONS}/{kept['id']}", {"status": "completed"})
        at.call("PATCH", f"{INTERACTIONS}/{moved['id']}", {"waitingFor": "party"})
        assert await at.at(due(moved) + timedelta(hours=9)) == 0, "one is kept, the other pauses"
        at.mail.replies["DATA"] = "452 4.3.1 Full"
        late = at.create("Complaint")
        assert await at.at(due(late)) == 0
        at.mail.replies.clear()
        at.call("PATCH", f"{INTERACTIONS}/{late['id']}", {"status": "completed"})
        assert await at.at(due(late) + timedelta(days=1)) == 0, "what waited to be sent again is not needed any more"
        (notice,) = at.notices(late["id"])
        assert (notice["status"], notice["interactionItem"][0]["resolution"].split()[0]) == ("cancelled", "moot")


async def test_what_was_told_is_not_told_again_when_promises_are_computed_anew(office: Opens) -> None:
    async with office() as at:
        made = at.create("Complaint")
        assert await at.at(due(made)) == 1, "the warning that was not given in time is a part of the breach"
        for priority in ("high", "low"):
            at.call("PATCH", f"{INTERACTIONS}/{made['id']}", {"priority": priority})
            assert await at.at(due(made) + timedelta(minutes=5)) == 0
        assert len(at.notices(made["id"])) == 1


async def test_a_server_that_has_no_room_is_asked_again_with_the_same_message_id(office: Opens) -> None:
    async with office(patience=Patience(claim=30, sending=10)) as at:
        made = at.create("Complaint")
        at.mail.replies["RCPT"] = "451 4.7.1 Later"
        first = due(made)
        assert await at.at(first) == 0
        (notice,) = at.notices(made["id"])
        assert notice["status"] == "inProgress"
        assert notice["interactionItem"][0]["resolution"].startswith("451")
        assert await at.at(first + timedelta(seconds=59)) == 0
        at.mail.replies.clear()
        assert await at.at(first + timedelta(seconds=61)) == 1
        assert at.ids() == [f"<{notice['id']}@care.example>"]
        assert at.notices(made["id"])[0]["status"] == "completed"


async def test_a_notice_that_is_refused_for_good_puts_the_interaction_on_the_working_list(office: Opens) -> None:
    async with office() as at:
        made = at.create("Complaint")
        at.mail.replies["RCPT"] = "550 5.1.1 No such user"
        assert await at.at(due(made)) == 0
        (notice,) = at.notices(made["id"])
        assert notice["status"] == "cancelled"
        assert notice["interactionItem"][0]["resolution"].startswith("550")
        assert unreached(at) == [made["id"]]
        at.mail.replies.clear()
        assert await at.at(due(made) + timedelta(minutes=30)) == 0, "it is given up"
        at.call("PATCH", f"{INTERACTIONS}/{made['id']}", {"unreachedDate": None})
        assert unreached(at) == []


def unreached(at: Office) -> list[str]:
    """The working list of interactions of which somebody could not be told."""
    query = "@type=TrackedInteraction&unreachedDate.lte=2100-01-01T00:00:00Z&sort=unreachedDate"
    return [each["id"] for each in at.client.get(f"{INTERACTIONS}?{query}").raise_for_status().json()]


@pytest.mark.parametrize("reason", ["hangs", "no TLS"])
async def test_a_server_that_hangs_or_cannot_encrypt_is_tried_again(office: Opens, reason: str) -> None:
    async with office(patience=Patience(claim=20, sending=0.5)) as at:
        made = at.create("Complaint")
        if reason == "hangs":
            at.mail.hangs_at = "DATA"
        else:
            at.mail.replies["CONNECT"] = "454 4.7.0 TLS not available"
        await at.at(due(made))
        (notice,) = at.notices(made["id"])
        assert notice["status"] == "inProgress"
        assert notice["interactionItem"][0]["resolution"].split()[0] in ("timeout", "454")
        assert unreached(at) == []


async def test_a_party_is_told_in_its_language_and_that_is_progress(office: Opens) -> None:
    async with office() as at:
        made = at.create("Long")
        first = due(made)
        assert await at.at(first - timedelta(hours=1)) == 1
        shown = at.shown(made["id"])
        (promise,) = shown["promise"]
        assert datetime.fromisoformat(promise["dueDate"]) > first, "its time begins anew"
        assert [each["relationshipType"] for each in shown["interactionRelationship"]] == ["informedBy"]
        message = message_from_bytes(at.mail.messages[0])
        assert (message["To"], message["Content-Language"]) == ("ngozi@home.example", "de")
        assert await at.at(datetime.fromisoformat(promise["dueDate"]) - timedelta(hours=1)) == 1, "and so on"


async def test_an_opt_out_wins_up_to_the_moment_of_sending(office: Opens) -> None:
    async with office() as at:
        made = at.create("Long")
        at.mail.replies["DATA"] = "452 4.3.1 Full"
        first = due(made) - timedelta(hours=1)
        assert await at.at(first) == 0
        at.mail.replies.clear()
        at.call("POST", PRIVACY_PROFILE_V5, profile({"id": CALLER}, said("notices", "opted out")))
        assert await at.at(first + timedelta(minutes=10)) == 0
        (notice,) = at.notices(made["id"])
        assert notice["interactionItem"][0]["resolution"].startswith("optedOut")
        assert unreached(at) == [], "a party that does not want to be told is not one that cannot be reached"


async def test_an_opt_out_wins_while_a_notice_waits_for_those_before_it(
    office: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "FRESH_SECONDS", 0.0)
    async with office() as at:
        made = at.create("Long")

        @asynccontextmanager
        async def opting_out() -> AsyncIterator[None]:
            at.call("POST", PRIVACY_PROFILE_V5, profile({"id": CALLER}, said("notices", "opted out")))
            yield

        monkeypatch.setattr(at.notifier, "_places", opting_out())
        assert await at.at(due(made) - timedelta(hours=1)) == 0
        (notice,) = at.notices(made["id"])
        assert notice["interactionItem"][0]["resolution"].startswith("optedOut")


@pytest.mark.parametrize("change", ["not allowed", "retired", "medium ended", "party gone"])
async def test_nobody_is_told_over_what_is_not_allowed_or_not_there(office: Opens, change: str) -> None:
    async with office() as at:
        made = at.create("Long")
        if change == "not allowed":
            at.call("PATCH", f"{CHANNELS}/mail", {"noticeAllowed": False})
        elif change == "retired":
            at.call("PATCH", f"{CHANNELS}/mail", {"status": "retired"})
        elif change == "medium ended":
            ended = mailed("old@home.example", validFor={"endDateTime": "2020-01-01T00:00:00Z"})
            at.call("PATCH", f"{PARTIES}/{CALLER}", {"contactMedium": [ended]})
        else:
            assert at.client.delete(f"{PARTIES}/{CALLER}").status_code == 204
        assert await at.at(due(made) - timedelta(hours=1)) == 0
        (notice,) = at.notices(made["id"])
        assert notice["interactionItem"][0]["resolution"].startswith("unreachable")
        assert unreached(at) == [made["id"]]


async def test_two_that_tell_at_once_double_nothing(office: Opens) -> None:
    async with office() as at:
        made = [at.create("Complaint") for _ in range(40)]
        by = transports(at.liaison.settings)
        other = notifier_of(
            at.liaison, by, notice_templates(at.liaison.settings), clock=lambda: at.clock[0], lease_seconds=1
        )
        assert other is not None
        at.clock[0] = max(map(due, made))
        await asyncio.gather(*(each.perform_due() for each in (at.notifier, other) for _ in range(3)))
        while await at.notifier.perform_due() + await other.perform_due():
            pass
        assert len(at.mail.messages) == len(set(at.ids())) == 40
        for each in by.values():
            await each.close()
