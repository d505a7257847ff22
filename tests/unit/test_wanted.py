# SPDX-License-Identifier: Apache-2.0
"""What the query of a registration picks, trims and refuses."""

from typing import Any

import pytest

from app.domain.query.attributes import ANYTHING, DATE_TIME, Attribute
from app.errors import InvalidQuery, NotSupported
from app.events.hub.subscription_filter import SubscriptionFilter
from app.events.notification_content import Notices
from app.events.relay.reader import NOTIFICATIONS
from tests.unit.subjects import Subject

NOTIFICATION: dict[str, Any] = {
    "eventType": "IndividualStateChangeEvent",
    "priority": "3",
    "event": {"individual": {"id": "1", "href": "h", "status": "validated", "givenName": "Jane", "skill": [{"a": 1}]}},
}


def notices(version: str = "v4", *, others: bool = False, **declared: Attribute) -> Notices:
    """The notifications of a version about resources with these attributes."""
    subjects = {name: Subject(name, attributes) for name, attributes in declared.items()}
    return Notices(NOTIFICATIONS[version].envelope, subjects, others=others)


def read_as(version: str, query: str | None) -> SubscriptionFilter:
    return SubscriptionFilter.read(query, NOTIFICATIONS[version].envelope)


def refusal(query: str, about: Notices, version: str = "v4") -> str:
    """What the query of a registration for those notifications is refused with."""
    with pytest.raises(InvalidQuery) as refused:
        read_as(version, query).check(about)
    return refused.value.message


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (None, True),
        ("  ", True),
        ("eventType=IndividualStateChangeEvent", True),
        ("eventType=IndividualCreateEvent,IndividualStateChangeEvent", True),
        ("?eventType=IndividualCreateEvent", False),
        ("eventType=IndividualStateChangeEvent&event.individual.status=validated", True),
        ("eventType=IndividualStateChangeEvent&event.individual.status=deceased", False),
        ("event.organization.status=validated", False),
        ("event.individual.skill.a=1", True),
        ("event.individual.skill.a>1", False),
        ("event.individual.skill.a.gte=1&event.individual.givenName=~^J", True),
        ("event.individual.givenName.ne=Jane;eventType=IndividualStateChangeEvent", True),
        ("event.individual.givenName.ne=Jane;eventType=IndividualCreateEvent", False),
        ("eventType=IndividualCreateEvent;event.individual.status=validated&priority=3", True),
        ("event.individual.deathDate.exists=false", True),
        ("event.individual.exists=true", True),
        ("event.organization.exists=true", False),
        ("event.exists=true", True),
        ("filter=event.organization", False),
        ("filter=event.individual.skill[?(@.a==1)]", True),
        ("filter=event.individual.skill[?(@.a==1 && @.b==2)]", False),
        ("filter=$[?(@.eventType=='IndividualStateChangeEvent')]&event.individual.status=validated", True),
        ("filter=event.individual.skill[*]", True),
        ("filter=$[?(length(@.event.individual.skill)>1)]", False),
        ("fields=status&eventType=IndividualStateChangeEvent", True),
    ],
)
def test_a_query_picks_notifications(query: str | None, wanted: bool) -> None:
    read = read_as("v4", query)
    read.check(notices(Individual=ANYTHING, Organization=ANYTHING))

    assert read.matches(NOTIFICATION) is wanted


@pytest.mark.parametrize(
    ("query", "payload"),
    [
        ("fields=event.individual.status", {"id": "1", "href": "h", "status": "validated"}),
        ("fields=status", {"id": "1", "href": "h", "status": "validated"}),
        ("fields=none", {"id": "1", "href": "h"}),
        ("fields=eventType,event.organization.name", {"id": "1", "href": "h"}),
        ("fields=$.status", {"id": "1", "href": "h", "status": "validated"}),
        ("fields=$['status','eventType']", {"id": "1", "href": "h", "status": "validated"}),
        ("fields=$.event.individual['status']", {"id": "1", "href": "h", "status": "validated"}),
        ("fields=$.event['organization','individual'].status", {"id": "1", "href": "h", "status": "validated"}),
        ("fields=$.event.organization.status,$.eventType", {"id": "1", "href": "h"}),
        ("fields=$.event.individual", NOTIFICATION["event"]["individual"]),
        ("fields=$", NOTIFICATION["event"]["individual"]),
        ("priority=3", NOTIFICATION["event"]["individual"]),
    ],
)
def test_fields_trim_the_payload_and_leave_the_envelope(query: str, payload: dict[str, Any]) -> None:
    assert read_as("v4", query).select_fields(NOTIFICATION) == {**NOTIFICATION, "event": {"individual": payload}}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("eventTyp=IndividualCreateEvent", "did you mean 'eventType'"),
        ("eventType=CustomerCreateEvent", "known: IndividualCreateEvent"),
        ("eventType=IndividualCreateEvent,Nonsense", "'Nonsense' is no event"),
        ("event.individul.status=x", "did you mean 'individual'"),
        ("event.individual=x", "<attribute>"),
        ("event=x", "<attribute>"),
        ("status=x", "known: eventId"),
        ("limit=3", "'limit' says nothing"),
        ("sort=eventTime", "'sort' says nothing"),
        ("cursor=x;offset=3", "'cursor' says nothing"),
        ("eventType", "asks nothing"),
        ("eventType=~(", "regular expression"),
        ("priority=3;eventTyp=IndividualCreateEvent", "did you mean 'eventType'"),
        ("eventTyp.ne=IndividualCreateEvent", "did you mean 'eventType'"),
        ("filter=$[?(!(@.eventTyp=='x'))]", "did you mean 'eventType'"),
        ("filter=$[?(@.eventType=='CustomerCreateEvent')]", "known: IndividualCreateEvent"),
        ("filter=evnt[*]", "did you mean 'event'"),
        ("filter=event.individul.skill[*]", "did you mean 'individual'"),
        ("filter=event.individul", "did you mean 'individual'"),
        ("filter=event[?(@.status=='x')]", "<attribute>"),
        ("fields=a[0", "fields"),
        ("fields=a..b.", "fields"),
    ],
)
def test_a_query_that_could_never_match_is_refused(query: str, told: str) -> None:
    assert told in refusal(query, notices(Individual=ANYTHING))


TEXT = Attribute("string", False, dict)
SKILL = Attribute("object", True, lambda: {"skillName": TEXT})
INDIVIDUAL = Attribute("object", False, lambda: {"status": TEXT, "skill": SKILL})


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("event.individual.statu=x", "'event.individual.statu' is not a known attribute; did you mean 'status'?"),
        ("event.individual.status.gtr=x", "'gtr' is no operator; did you mean 'gt'?"),
        ("eventTime.gtr=x", "'gtr' is no operator; did you mean 'gt'?"),
        ("eventType.name.ne=x", "'eventType.name' is not a known attribute"),
        ("filter=eventType[*]", "'eventType' is no array"),
        (
            "event.individual.skill.name.ne=x",
            "'event.individual.skill.name' is not a known attribute; did you mean 'skillName'?",
        ),
        ("filter=event.individual.skill[?(@.name=='x')]", "'event.individual.skill.name' is not a known attribute"),
        ("filter=event.individual.skil[*]", "'event.individual.skil' is not a known attribute; did you mean 'skill'?"),
        ("filter=event.individual.status[*]", "'event.individual.status' is no array"),
    ],
)
def test_what_a_resource_does_not_declare_is_named(query: str, told: str) -> None:
    assert told in refusal(query, notices(Individual=INDIVIDUAL))


@pytest.mark.parametrize("query", ["filter=event.individual[?(@.status=='x')]", "filter=event.individual.skill[0][0]"])
def test_what_a_list_cannot_be_asked_a_registration_cannot_either(query: str) -> None:
    with pytest.raises(NotSupported, match="is not supported"):
        read_as("v4", query).check(notices(Individual=INDIVIDUAL))


@pytest.mark.parametrize(
    "query",
    [
        "event.individual.status=x",
        "event.individual.skill.skillName=x",
        "filter=event.individual.skill[?(@.skillName=='x')]",
        "filter=event.individual.skill[*]",
        "filter=event.individual.skill[0]",
        "eventType.ne=CustomerCreateEvent",
    ],
)
def test_what_a_resource_declares_may_be_asked_for(query: str) -> None:
    read_as("v4", query).check(notices(Individual=INDIVIDUAL))


REPORTED = {"eventType": "FraudEvent", "event": {"case": {"id": "1", "score": 87}, "level": 3}}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("eventType=FraudEvent", True),
        ("event.case.score.gt=80&event.level=3", True),
        ("event.case.score.gt=90", False),
        ("event.exists=true", True),
        ("event.individual.status=x;event.level=3", True),
        ("filter=event.notes[?(@.text=='x')]", False),
    ],
)
def test_where_clients_report_events_a_query_may_ask_for_what_nobody_declares(query: str, wanted: bool) -> None:
    read = read_as("v4", query)
    read.check(notices(others=True, Individual=INDIVIDUAL))

    assert read.matches(REPORTED) is wanted


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("event.individual.statu=x", "did you mean 'status'"),
        ("evenType=FraudEvent", "did you mean 'eventType'"),
        ("event=x", "event.individual.<attribute>"),
    ],
)
def test_what_is_declared_is_asked_for_as_it_is_declared_there_too(query: str, told: str) -> None:
    assert told in refusal(query, notices(others=True, Individual=INDIVIDUAL))
    assert refusal("event=x", notices(others=True))


def test_of_a_reported_event_the_payload_is_trimmed_as_far_as_it_has_attributes() -> None:
    read = read_as("v4", "fields=score")

    assert read.select_fields(REPORTED) == {
        "eventType": "FraudEvent",
        "event": {"case": {"id": "1", "score": 87}, "level": 3},
    }
    assert read.select_fields({"eventType": "FraudEvent"})["event"] == {}


@pytest.mark.parametrize("query", ["filter=$..status", "depth=1", "fields=$..status"])
def test_what_queries_do_not_offer_is_said_to_be_unsupported(query: str) -> None:
    with pytest.raises(NotSupported):
        read_as("v4", query)


@pytest.mark.parametrize(
    ("query", "everything"), [(None, True), ("", True), ("fields=status", True), ("priority=3", False)]
)
def test_a_query_without_conditions_wants_everything(query: str | None, everything: bool) -> None:
    assert read_as("v4", query).everything == everything


@pytest.mark.parametrize(
    ("version", "query", "told"),
    [
        ("v4", "timeOccurred=2024-05-01", "did you mean 'timeOcurred'"),
        ("v4", "@type=IndividualCreateEvent", "is no member of a notification"),
        ("v4", "source.id=liaison", "is no member of a notification"),
        ("v5", "fieldPath=status", "is no member of a notification"),
        ("v5", "@type=CustomerCreateEvent", "known: IndividualCreateEvent"),
    ],
)
def test_each_version_knows_the_members_of_its_own_notifications(version: str, query: str, told: str) -> None:
    assert told in refusal(query, notices(version, Individual=ANYTHING), version)


def test_a_v5_listener_may_ask_for_what_only_v5_sends() -> None:
    read = read_as("v5", "@type=IndividualCreateEvent&timeOccurred=2024-05-01&source.id=liaison")
    read.check(notices("v5", Individual=ANYTHING))
    sent = {"@type": "IndividualCreateEvent", "timeOccurred": "2024-05-01T10:00:00Z", "source": {"id": "liaison"}}

    assert read.matches(sent)
    assert not read.matches({**sent, "source": {"id": "other"}})


def test_a_query_of_a_former_release_is_served_as_before_though_a_new_one_is_refused() -> None:
    declared = notices(Individual=INDIVIDUAL)
    former = read_as("v4", "event.individual.skill=x;event.individual.status.ne=gone")
    with pytest.raises(InvalidQuery, match="array of objects"):
        former.check(declared)

    assert former.of(declared) == former
    assert former.of(declared).matches(NOTIFICATION)


def test_a_query_is_evaluated_by_what_is_declared() -> None:
    told = {"event": {"individual": {"status": "2024-05-01T10:00:00Z", "at": "2024-05-01T10:00:00Z"}}}
    dated = Attribute("object", False, lambda: {"status": TEXT, "at": Attribute(DATE_TIME, False, dict)})

    def matches(query: str) -> bool:
        return read_as("v4", query).of(notices(Individual=dated)).matches(told)

    assert matches("event.individual.at=2024-05-01")
    assert matches("event.individual.at.lte=2024-05-01")
    assert not matches("event.individual.at.gt=2024-05-01")
    assert not matches("event.individual.status=2024-05-01"), "a text is no date, whatever it looks like"
