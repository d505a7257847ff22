# SPDX-License-Identifier: Apache-2.0
"""Satisfaction surveys: whom one may ask and how often, ranges by kind, and links by which a party answers once."""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pymongo import MongoClient

from app.composition.surveys import survey_expiry
from app.domain import dates
from app.interactions.survey_texts import LANGUAGES, survey_texts
from app.settings import Settings
from app.storage.event_log import event_log
from tests.contract.answers import created, found, patched, refused
from tests.contract.bodies import individual, interaction
from tests.contract.conftest import Stored
from tests.contract.documents import DOCUMENTS, violations
from tests.contract.performing import ERASE, FLOWS, Performer, Settle
from tests.contract.relaying import relaying
from tests.identity_provider import IdentityProvider, bearer
from tests.paths import INDIVIDUAL, INDIVIDUAL_V5, INTERACTION, PRIVACY_PROFILE_V5, SATISFACTION_SURVEY
from tests.serving import free_port, serving
from tests.unit.examples import full_example, minimal_example
from tests.waiting import eventually

Body = dict[str, Any]
NAME = "satisfaction-v5"
RANGES = DOCUMENTS[NAME]["x-tmf-resources"]["SatisfactionSurvey"]["x-ranges"]["score"]["of"]
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
CROWD = 64


def survey(kind: str = "CSAT", party: Body | None = None, **more: Any) -> Body:
    asked = {"respondent": party_ref(party)} if party else {}
    return {"@type": "SatisfactionSurvey", "surveyType": kind, **asked, **more}


def party_ref(party: Body) -> Body:
    return {"@type": "PartyRef", "id": party["id"], "@referredType": "Individual"}


def rated(kind: str, shown: Body) -> Body:
    return {"@type": "RatedEntityRef", "id": shown["id"], "@referredType": kind}


def link_of(client: httpx.Client, shown: Body, **options: Any) -> Body:
    answer = client.post(f"{shown['href']}/surveyLink", **options)
    assert answer.status_code == 201, answer.text
    made: Body = answer.json()
    assert not violations(DOCUMENTS[NAME], "/satisfactionSurvey/{id}/surveyLink", "post", 201, made)
    return made


def token_of(client: httpx.Client, shown: Body) -> str:
    return parse_qs(urlsplit(link_of(client, shown)["link"]).query)["token"][0]


def answered(client: httpx.Client, token: str, score: object = 4, **more: Any) -> httpx.Response:
    return client.post("/survey", json={"token": token, "score": score, **more})


def read(client: httpx.Client, shown: Body) -> Body:
    whole: Body = client.get(shown["href"]).json()
    return whole


def begin(client: httpx.Client, process: str, about: Body, role: str, **told: Any) -> Body:
    """A flow of a process about a party."""
    return created(
        client,
        FLOWS,
        {
            "processFlowSpecification": process,
            "relatedEntity": [{"id": about["id"], "role": role, "@referredType": "Individual"}],
            "characteristic": [{"name": name, "value": value} for name, value in told.items()],
        },
    )


def said(name: str, value: Any, **more: Any) -> Body:
    kind = "BooleanCharacteristic" if isinstance(value, bool) else "StringCharacteristic"
    characteristic = {"@type": kind, "name": name, "value": value}
    return {"@type": "PartyPrivacyProfileCharacteristic", "characterisitc": characteristic, **more}


def profile(party: Body, *characteristics: Body) -> Body:
    return {
        **minimal_example(DOCUMENTS["privacy-v5"], "PartyPrivacyProfile"),
        "agreedByParty": {
            "@type": "RelatedPartyRefOrPartyRoleRef",
            "role": "owner",
            "partyOrPartyRole": party_ref(party),
        },
        "partyPrivacyProfileCharacteristic": list(characteristics),
    }


@pytest.mark.parametrize(
    ("kind", "score"), [(kind, score) for kind in RANGES for score in (-1, 0, 1, 5, 6, 7, 8, 10, 11)]
)
def test_a_score_is_within_the_range_of_its_kind_through_every_door(
    client: httpx.Client, kind: str, score: int
) -> None:
    least, greatest = RANGES[kind]
    asked = created(client, SATISFACTION_SURVEY, survey(kind))
    answers = [
        client.post(SATISFACTION_SURVEY, json=survey(kind, status="answered", score=score)),
        answered(client, token_of(client, asked), score),
        client.patch(
            created(client, SATISFACTION_SURVEY, survey(kind))["href"], json={"status": "answered", "score": score}
        ),
    ]
    if least <= score <= greatest:
        assert [each.status_code for each in answers] == [201, 200, 200], [each.text for each in answers]
        return
    for each in answers:
        told = refused(each, 400, "24")
        assert f"/score is {score}" in told
        assert f"from {least} to {greatest}" in told
    assert read(client, asked)["status"] == "asked"


@pytest.mark.parametrize(
    ("more", "place"), [({"score": 3}, "/score"), ({"status": "answered"}, "/score"), ({"comment": "x"}, "/comment")]
)
def test_there_is_a_score_where_and_only_where_a_survey_is_answered(
    client: httpx.Client, more: Body, place: str
) -> None:
    told = client.post(SATISFACTION_SURVEY, json=survey(**{"status": "asked", **more}))
    assert told.status_code == 400
    assert place in told.json()["message"]


def test_an_answer_by_link_is_kept_and_the_survey_then_stays_as_it_is(client: httpx.Client, stored: Stored) -> None:
    party = created(client, INDIVIDUAL, individual())
    talk = created(client, INTERACTION, interaction())
    asked = created(client, SATISFACTION_SURVEY, survey("CES", party, ratedEntity=rated("PartyInteraction", talk)))
    token = token_of(client, asked)
    answer = answered(client, token, 6, comment="Quick")
    assert (answer.status_code, answer.json()) == (200, {"@type": "SurveyAnswer", "status": "answered"})
    after = read(client, asked)
    assert (after["status"], after["score"], after["comment"]) == ("answered", 6, "Quick")
    assert after["ratedEntity"]["id"] == talk["id"]
    revision = stored("satisfactionSurvey", asked["id"])["revision"]

    assert answered(client, token, 6, comment="Quick").status_code == 200, "the same answer again is the same"
    refused(answered(client, token, 1, comment="Quick"), 409, "69")
    refused(answered(client, token, 6), 409, "69")
    refused(client.patch(asked["href"], json={"comment": "Slow"}), 409, "69")
    refused(client.post(f"{asked['href']}/surveyLink"), 409, "69")
    assert client.delete(asked["href"]).status_code == 405
    assert stored("satisfactionSurvey", asked["id"])["revision"] == revision


def test_of_many_answers_at_once_over_two_servers_one_is_kept(
    client: httpx.Client, settings: Settings, stored: Stored
) -> None:
    asked = created(client, SATISFACTION_SURVEY, survey("NPS"))
    token = token_of(client, asked)

    async def crowd(urls: list[str]) -> list[httpx.Response]:
        async with httpx.AsyncClient(timeout=60) as sender:
            sent = (
                sender.post(f"{urls[each % 2]}/survey", json={"token": token, "score": each % 11, "comment": str(each)})
                for each in range(CROWD)
            )
            return await asyncio.gather(*sent)

    with serving(replace(settings, port=free_port())) as other:
        answers = asyncio.run(crowd([str(client.base_url), other]))
    assert sorted(each.status_code for each in answers) == [200] + [409] * (CROWD - 1)
    winner = next(number for number, each in enumerate(answers) if each.status_code == 200)
    row = stored("satisfactionSurvey", asked["id"])
    assert (row["document"]["score"], row["document"]["comment"]) == (winner % 11, str(winner))
    assert row["revision"] == 2


def test_to_open_a_link_answers_nothing(client: httpx.Client, stored: Stored) -> None:
    asked = created(client, SATISFACTION_SURVEY, survey())
    link = link_of(client, asked)["link"]
    for method in ("GET", "HEAD", "GET"):
        for headers in (PAGE, {}):
            assert client.request(method, link, headers=headers).status_code == 200
    assert stored("satisfactionSurvey", asked["id"])["revision"] == 1
    assert client.delete(link).status_code == 405


def test_a_link_names_nobody_and_is_for_one_survey_alone(client: httpx.Client) -> None:
    party = created(client, INDIVIDUAL, individual())
    first = created(client, SATISFACTION_SURVEY, survey("CSAT", party))
    token = token_of(client, first)
    assert party["id"] not in token
    assert first["id"] not in token
    changed = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
    forged = [changed, token[:20], token + "AAAA", "", "é", "x" * 5000, "=", "!"]
    told = {refused(answered(client, each), 404, "60") for each in forged}
    assert len(told) == 1, "nobody learns why a link is not valid"
    assert read(client, first)["status"] == "asked"


def test_a_link_ends_with_its_own_time_and_that_of_the_survey(client: httpx.Client, stored: Stored) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    asked = created(client, SATISFACTION_SURVEY, survey(expirationDate=soon))
    token = token_of(client, asked)
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    patched(client, asked, {"expirationDate": past})
    refused(client.get("/survey", params={"token": token}), 410, "70")
    assert read(client, asked)["status"] == "asked", "to look changes nothing"
    refused(client.post(f"{asked['href']}/surveyLink"), 409, "69")
    refused(answered(client, token), 410, "70")
    assert read(client, asked)["status"] == "expired"
    refused(answered(client, token), 410, "70")


def test_a_party_is_asked_once_in_the_days_of_the_policy(
    client: httpx.Client, mongo: MongoClient[Body], database_name: str
) -> None:
    party, other = (created(client, INDIVIDUAL, individual()) for _ in range(2))
    first = created(client, SATISFACTION_SURVEY, survey("CSAT", party))
    told = refused(client.post(SATISFACTION_SURVEY, json=survey("NPS", party)), 409, "69")
    assert "once in 90 days" in told
    created(client, SATISFACTION_SURVEY, survey("CSAT", other))
    created(client, SATISFACTION_SURVEY, survey("NPS", party, status="answered", score=9))  # It was told by itself.
    rows = mongo[database_name]["satisfactionSurvey"]
    assert rows.count_documents({"document.respondent.id": party["id"]}) == 2
    rows.delete_many({"_id": {"$ne": first["id"]}})
    rows.update_one({"_id": first["id"]}, {"$set": {"document.creationDate": datetime.now(UTC) - timedelta(days=31)}})
    refused(client.post(SATISFACTION_SURVEY, json=survey("NPS", party)), 409, "69")
    created(client, SATISFACTION_SURVEY, survey("CES", party))


def test_of_many_who_ask_a_party_at_once_over_two_servers_one_does(
    client: httpx.Client, settings: Settings, mongo: MongoClient[Body], database_name: str
) -> None:
    party = created(client, INDIVIDUAL, individual())

    async def crowd(urls: list[str]) -> list[int]:
        async with httpx.AsyncClient(timeout=60) as sender:
            sent = (
                sender.post(
                    urls[each % 2] + SATISFACTION_SURVEY,
                    json=survey("CSAT", party),
                    headers={"Idempotency-Key": f"ask-{each}"} if each % 3 else {},
                )
                for each in range(16)
            )
            return [each.status_code for each in await asyncio.gather(*sent)]

    with serving(replace(settings, port=free_port())) as other:
        statuses = asyncio.run(crowd([str(client.base_url), other]))
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 409}
    assert mongo[database_name]["satisfactionSurvey"].count_documents({}) == 1


@pytest.mark.parametrize("value", ["opted out", "No", False])
def test_who_does_not_want_to_be_asked_is_not(client: httpx.Client, value: object) -> None:
    party = created(client, INDIVIDUAL, individual())
    wish = said("satisfactionSurvey", value)
    kept = created(client, PRIVACY_PROFILE_V5, profile(party, said("emailAddress", "opted in"), wish))
    told = refused(client.post(SATISFACTION_SURVEY, json=survey("CSAT", party)), 409, "69")
    assert "does not want to be asked" in told
    patched(client, kept, {"status": "terminated"})
    asked = created(client, SATISFACTION_SURVEY, survey("CSAT", party))
    assert link_of(client, asked)
    created(client, PRIVACY_PROFILE_V5, profile(party, wish))
    refused(client.post(f"{asked['href']}/surveyLink"), 409, "69")  # It said so before the link was sent.


def test_who_is_asked_is_a_party_here_and_in_its_own_language(client: httpx.Client) -> None:
    told = refused(client.post(SATISFACTION_SURVEY, json=survey("CSAT", {"id": "nobody"})), 400, "24")
    assert "does not exist here" in told
    vague = survey(respondent={"@type": "PartyRef", "id": "1"})
    assert "/respondent/@referredType" in refused(client.post(SATISFACTION_SURVEY, json=vague), 400, "24")
    abilities = [{"languageCode": "en"}, {"languageCode": "ar-EG", "isFavouriteLanguage": True}]
    speaker = created(client, INDIVIDUAL, individual(languageAbility=abilities))
    shown = created(client, SATISFACTION_SURVEY, survey("CSAT", speaker))
    assert shown["language"] == "ar"
    assert link_of(client, shown)["language"] == "ar"
    assert shown["expirationDate"] > shown["creationDate"]


def test_the_examples_are_taken_again_and_again(client: httpx.Client) -> None:
    for make in (minimal_example, full_example):
        for _ in range(2):
            shown = created(client, SATISFACTION_SURVEY, make(DOCUMENTS[NAME], "SatisfactionSurvey"))
            assert not violations(DOCUMENTS[NAME], "/satisfactionSurvey", "post", 201, shown)


def test_pages_for_browsers_and_errors_for_programs_say_how_it_ended(client: httpx.Client) -> None:
    asked = created(client, SATISFACTION_SURVEY, survey("NPS", language="de"))
    token, texts = token_of(client, asked), survey_texts()["de"]
    question = client.get("/survey", params={"token": token}).json()
    assert (question["minimum"], question["maximum"], question["language"]) == (0, 10, "de")
    assert question["question"] == texts["NPS"]["question"]
    form = {"token": token, "lang": "de", "comment": "So <b>gut</b>"}
    kept = client.post("/survey", data=form, headers=PAGE)
    assert (kept.status_code, texts["missing"] in kept.text) == (400, True)
    assert "So &lt;b&gt;gut&lt;/b&gt;" in kept.text, "what was written is not lost, and is no markup"
    ends = [
        (client.post("/survey", data={**form, "score": "9"}, headers=PAGE), 200, "thanks"),
        (client.post("/survey", data={**form, "score": "9"}, headers=PAGE), 200, "thanks"),
        (client.post("/survey", data={**form, "score": "1"}, headers=PAGE), 409, "answered"),
        (client.get("/survey", params={"token": token, "lang": "de"}, headers=PAGE), 409, "answered"),
        (client.get("/survey", params={"token": "x", "lang": "de"}, headers=PAGE), 404, "invalid"),
    ]
    for answer, status, message in ends:
        assert (answer.status_code, texts[message] in answer.text) == (status, True), answer.text
        assert answer.headers["content-language"] == "de"
    assert "9" not in ends[2][0].text.partition("<main>")[2], "the page does not tell what was answered"


def test_a_page_cannot_be_framed_cached_or_sent_from_another_site(client: httpx.Client) -> None:
    asked = created(client, SATISFACTION_SURVEY, survey())
    token = token_of(client, asked)
    page = client.get("/survey", params={"token": token}, headers=PAGE)
    policy = page.headers["content-security-policy"]
    assert "script" not in policy
    for part in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"):
        assert part in policy
    assert (page.headers["x-frame-options"], page.headers["cache-control"]) == ("DENY", "no-store")
    assert (page.headers["referrer-policy"], page.headers["x-content-type-options"]) == ("no-referrer", "nosniff")
    assert not re.search(r"https?://|<script|set-cookie", page.text + str(page.headers), re.IGNORECASE)
    foreign = client.post(
        "/survey", data={"token": token, "score": "1"}, headers={**PAGE, "Sec-Fetch-Site": "cross-site"}
    )
    assert foreign.status_code == 403
    assert read(client, asked)["status"] == "asked"


def test_every_language_has_every_text_and_the_document_lists_them() -> None:
    texts = survey_texts()
    declared = DOCUMENTS[NAME]["components"]["schemas"]["SatisfactionSurvey_base"]["properties"]["language"]["enum"]
    assert {*declared} == {*LANGUAGES} == {*texts}
    shapes = [
        {name: sorted(text) if isinstance(text, dict) else "" for name, text in each.items()} for each in texts.values()
    ]
    assert all(each == shapes[0] for each in shapes)
    assert RANGES.keys() <= shapes[0].keys()


@pytest.fixture
def staff(guarded: str, provider: IdentityProvider, clean_database: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=guarded, headers=bearer(provider.token("*:*"))) as client:
        yield client


def test_a_party_sees_its_own_surveys_and_links_are_made_by_who_may(
    staff: httpx.Client, provider: IdentityProvider
) -> None:
    mine, theirs = (created(staff, INDIVIDUAL, individual()) for _ in range(2))
    own, other = (created(staff, SATISFACTION_SURVEY, survey("CSAT", party)) for party in (mine, theirs))
    nobodys = created(staff, SATISFACTION_SURVEY, survey())

    def as_party(*scopes: str) -> dict[str, str]:
        return bearer(provider.token(*scopes, party_id=mine["id"]))

    reading = as_party("satisfactionSurvey:read")
    assert [each["id"] for each in staff.get(SATISFACTION_SURVEY, headers=reading).json()] == [own["id"]]
    absent = staff.get(f"{SATISFACTION_SURVEY}/nothing", headers=reading)
    for hidden in (other, nobodys):
        answer = staff.get(hidden["href"], headers=reading)
        assert answer.status_code == absent.status_code == 404
    refused(staff.post(f"{own['href']}/surveyLink", headers=bearer(provider.token("*:read"))), 403, "50")
    linking = as_party("surveyLink:create", "satisfactionSurvey:read")
    refused(staff.post(f"{other['href']}/surveyLink", headers=linking), 404, "60")
    link = link_of(staff, own, headers=linking)["link"]
    # Whoever has the link needs no token.
    token = parse_qs(urlsplit(link).query)["token"][0]
    with httpx.Client(base_url=staff.base_url) as anybody:
        assert answered(anybody, token, 5).status_code == 200
        assert anybody.get(SATISFACTION_SURVEY).status_code == 401
    assert staff.get(own["href"], headers=reading).json()["score"] == 5


def test_events_tell_of_surveys_and_never_of_their_links(
    client: httpx.Client, settle: Settle, mongo: MongoClient[Body], database_name: str
) -> None:
    asked = created(client, SATISFACTION_SURVEY, survey("CSAT"))
    token = token_of(client, asked)
    assert answered(client, token).status_code == 200
    settle()
    events = client.get("/tmf-api/event/v4/topic/satisfaction-v5/event").json()
    assert {each["eventType"] for each in events} == {
        "SatisfactionSurveyCreateEvent",
        "SatisfactionSurveyStateChangeEvent",
        "SatisfactionSurveyAttributeValueChangeEvent",
    }
    everything = "".join(
        str(row) for name in mongo[database_name].list_collection_names() for row in mongo[database_name][name].find()
    )
    assert token not in everything
    entry = mongo[database_name][event_log.COLLECTION].find_one(
        {"resource": "SatisfactionSurvey", "kind": "StateChange"}
    )
    assert entry
    assert entry["actor"] == "survey link"


def test_surveys_follow_a_merged_party_and_go_with_an_erased_one(client: httpx.Client, settle: Settle) -> None:
    duplicate, survivor, other = (
        created(client, INDIVIDUAL_V5, {"@type": "Individual", **individual()}) for _ in range(3)
    )
    related = {"id": survivor["id"], "role": "caller", "@referredType": "Individual"}
    talk = created(client, INTERACTION, interaction(relatedParty=[related]))
    asked = created(client, SATISFACTION_SURVEY, survey("CSAT", duplicate))
    about = created(client, SATISFACTION_SURVEY, survey("CSAT", ratedEntity=rated("PartyInteraction", talk)))
    stays = created(client, SATISFACTION_SURVEY, survey("CSAT", other))
    begin(client, "MergeParty", duplicate, "duplicate", survivor=survivor["id"], reason="The same")
    settle()
    assert read(client, asked)["respondent"]["id"] == survivor["id"]
    told = refused(client.post(SATISFACTION_SURVEY, json=survey("CSAT", survivor)), 409, "69")
    assert "once in 30 days" in told
    begin(client, ERASE, survivor, "party", reason="asked for")
    settle()
    assert client.get(survivor["href"]).status_code == 404
    assert found(client, SATISFACTION_SURVEY, "sort=id") == [stays["id"]]
    assert about["id"] != stays["id"]


def expire(performer: Performer, ahead: timedelta = timedelta()) -> int:
    """Note what is not answered in time, on a clock that is so much ahead, as a relay does; returns how many."""
    expiry = survey_expiry(performer.liaison.database, performer.liaison.apis, lambda: dates.now() + ahead)
    assert expiry is not None
    noted: int = performer.run(expiry.note())
    return noted


def test_what_nobody_answers_is_noted_as_expired_once_with_its_event(
    client: httpx.Client,
    performer: Performer,
    drain_all: Callable[[], None],
    mongo: MongoClient[Body],
    database_name: str,
) -> None:
    soon, later = dates.now() + timedelta(days=1), dates.now() + timedelta(days=9)
    asked, open_still = (
        created(client, SATISFACTION_SURVEY, survey(expirationDate=dates.text(each))) for each in (soon, later)
    )
    done = created(client, SATISFACTION_SURVEY, survey(expirationDate=dates.text(soon), status="answered", score=3))
    undated = created(client, SATISFACTION_SURVEY, survey())
    patched(client, undated, {"expirationDate": None})
    assert expire(performer) == 0
    assert read(client, undated)["expirationDate"] > dates.text(later)
    assert read(client, asked)["status"] == "asked"
    # A second one, after a restart or at the same time, finds nothing to note.
    assert [expire(performer, timedelta(days=2)) for _ in range(2)] == [1, 0]
    assert expire(performer, timedelta(days=3)) == 0
    drain_all()
    entries = mongo[database_name][event_log.COLLECTION].find({"resourceId": asked["id"]}, sort=[("_id", 1)])
    assert [(each["kind"], each["actor"]) for each in entries][1:] == [("StateChange", "survey expiry")]
    states = [read(client, each)["status"] for each in (asked, open_still, done, undated)]
    assert states == ["expired", "asked", "answered", "asked"]
    assert expire(performer, timedelta(days=400)) == 2


def test_a_look_for_what_was_not_answered_reads_keys_of_what_is_due_alone(
    client: httpx.Client, performer: Performer, mongo: MongoClient[Body], database_name: str
) -> None:
    for days in (1, 1, *range(2, 40)):
        created(client, SATISFACTION_SURVEY, survey(expirationDate=dates.text(dates.now() + timedelta(days=days))))
    database = mongo[database_name]
    database.command("profile", 2)
    try:
        assert expire(performer, timedelta(days=1, hours=1)) == 2
    finally:
        database.command("profile", 0)
    looks = database["system.profile"].find({"op": "query", "command.filter.state": "asked"})
    read_of = [(each["keysExamined"], each["docsExamined"], each.get("hasSortStage")) for each in looks]
    database.drop_collection("system.profile")
    assert len(read_of) == 2
    assert all(keys <= 3 and documents <= 2 and not sorts for keys, documents, sorts in read_of), read_of


def test_a_relay_notes_what_was_not_answered(client: httpx.Client, settings: Settings) -> None:
    asked = created(client, SATISFACTION_SURVEY, survey(expirationDate=dates.text(dates.now() + timedelta(seconds=1))))
    with relaying(settings):
        eventually(lambda: read(client, asked)["status"] == "expired")
