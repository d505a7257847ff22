# SPDX-License-Identifier: Apache-2.0
"""Notices over a webhook and over TLS, and what becomes of those on their way to a party that is merged or erased."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import encode
from pymongo import MongoClient
from standardwebhooks import Webhook

from tests.contract.notice_office import (
    AGENT,
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
from tests.contract.performing import ERASE, FLOWS
from tests.listening import SECRET
from tests.storage.mail_server import certificates
from tests.storage.test_notice_webhook import gateway

__all__ = ["office", "urls"]

pytestmark = pytest.mark.anyio

MINUTES = timedelta(minutes=1)
SURVIVOR = "caller-2"


def recipients(notice: dict[str, Any]) -> list[str]:
    return [each["partyOrPartyRole"]["id"] for each in notice["relatedParty"]]


def resolution(notice: dict[str, Any]) -> str:
    return str(notice["interactionItem"][0]["resolution"])


async def perform(at: Office, process: str, party: str, role: str, **inputs: str) -> None:
    """Perform a flow about a party to its end."""
    told = [{"name": name, "value": value} for name, value in {"reason": "asked for", **inputs}.items()]
    about = {"id": party, "role": role, "@referredType": "Individual"}
    body = {"processFlowSpecification": process, "relatedEntity": [about], "characteristic": told}
    flow = at.call("POST", FLOWS, body)
    await at.settle()
    ended = at.call("GET", f"{FLOWS}/{flow['id']}")
    assert ended["state"] == "completed", ended


async def on_its_way(at: Office) -> dict[str, Any]:
    """An interaction with a notice to its party that waits to be sent again."""
    made = at.create("Long")
    at.mail.replies["DATA"] = "452 4.3.1 Full"
    assert await at.at(due(made) - timedelta(hours=1)) == 0
    assert [each["status"] for each in at.notices(made["id"])] == ["inProgress"]
    at.mail.replies.clear()
    return made


async def test_a_party_is_told_over_a_webhook_and_the_notice_says_what_that_answered(office: Opens) -> None:
    async with gateway(503) as heard:
        hooks = {"notice_hooks": f"sms={heard.url}", "notice_hook_secret": SECRET, "callback_networks": "127.0.0.0/8"}
        async with office(**hooks) as at:
            phone = {"@type": "PhoneContactMedium", "phoneNumber": "+31612345678", "preferred": True}
            at.call("PATCH", f"{PARTIES}/{CALLER}", {"contactMedium": [phone]})
            sms = {"@type": "Channel", "id": "text", "name": "SMS", "channelType": "sms", "noticeAllowed": True}
            at.call("POST", CHANNELS, sms)
            made = at.create("Long")
            first = due(made) - timedelta(hours=1)
            assert await at.at(first) == 0
            (notice,) = at.notices(made["id"])
            assert (notice["status"], resolution(notice)[:3]) == ("inProgress", "503")
            heard.status = 202
            assert await at.at(first + 2 * MINUTES) == 0, "nothing goes by mail"
            (notice,) = at.notices(made["id"])
            assert (notice["status"], resolution(notice)[:3]) == ("completed", "202")
            assert notice["relatedChannel"][0]["channel"]["id"] == "text"
            assert recipients(notice) == [CALLER]
            assert [headers["Idempotency-Key"] for headers, _ in heard.requests] == [notice["id"]] * 2
            headers, body = heard.requests[-1]
            said = Webhook(SECRET).verify(body, {name.lower(): value for name, value in headers.items()})
            assert said == json.loads(body)
            assert (said["medium"], said["address"], said["language"]) == ("sms", "+31612345678", "de")
            assert [each["relationshipType"] for each in at.shown(made["id"])["interactionRelationship"]] == [
                "informedBy"
            ]


async def test_a_tls_handshake_that_is_refused_defers_the_notice_until_the_certificate_is_right(
    office: Opens, tmp_path: Path
) -> None:
    folders = [tmp_path / each for each in ("ours", "theirs")]
    for each in folders:
        each.mkdir()
    ours, theirs = map(certificates, folders)
    async with office(mail={"tls_context": theirs.server}, smtp_tls="required", smtp_ca=ours.ca) as at:
        made = at.create("Complaint")
        assert await at.at(due(made)) == 0
        (notice,) = at.notices(made["id"])
        assert (notice["status"], resolution(notice).split()[0]) == ("inProgress", "tls")
        assert "the certificate is not trusted" in resolution(notice)
        theirs.server.load_cert_chain(folders[0] / "server.pem")
        assert await at.at(due(made) + 2 * MINUTES) == 1
        assert at.mail.encrypted == [True]
        assert resolution(at.notices(made["id"])[0]).startswith("250")


async def test_a_notice_on_its_way_follows_a_merged_party_to_the_survivor_and_is_not_doubled(office: Opens) -> None:
    async with office() as at:
        survivor = {"@type": "Individual", "id": SURVIVOR, "givenName": "Ngozi", "familyName": "Okafor"}
        at.call("POST", PARTIES, {**survivor, "contactMedium": [mailed("survivor@home.example")]})
        made = await on_its_way(at)
        await perform(at, "MergeParty", CALLER, "duplicate", survivor=SURVIVOR)
        assert await at.at(due(made) - 50 * MINUTES) == 1
        assert at.mail.recipients == ["survivor@home.example"]
        assert await at.at(due(made) - 40 * MINUTES) == 0
        (notice,) = at.notices(made["id"])
        assert (notice["status"], recipients(notice)) == ("completed", [SURVIVOR])
        assert at.ids() == [f"<{notice['id']}@care.example>"]


async def test_an_erased_party_is_sent_nothing_and_nothing_of_it_is_left_in_notices(
    office: Opens, mongo: MongoClient[dict[str, Any]]
) -> None:
    async with office() as at:
        untold, made = at.create("Long"), await on_its_way(at)
        await perform(at, ERASE, CALLER, "party")
        assert at.notices(made["id"]) == []
        for late in (10 * MINUTES, timedelta(hours=1), timedelta(days=1)):
            await at.at(due(made) + late)
        assert at.mail.messages == []
        assert {recipient for each in (made, untold) for recipient in recipients(at.shown(each["id"]))} == {AGENT}
        rows = mongo[at.liaison.settings.database]
        for name in rows.list_collection_names():
            for row in rows[name].find({}):
                assert not [each for each in (b"ngozi@home.example", b"Okafor") if each in encode(row)], name
        assert not [row["_id"] for row in rows["partyInteraction"].find({}) if CALLER.encode() in encode(row)]
        assert at.client.get(f"{INTERACTIONS}?relatedParty.partyOrPartyRole.id={CALLER}").json() == []
