# SPDX-License-Identifier: Apache-2.0
"""Inbound e-mail: each message becomes an interaction of its conversation, once, or is set aside with a reason."""

import asyncio
import json
import smtplib
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient
from pymongo.collation import Collation

from app.cli.mail import _engines
from app.composition.factory import Liaison
from app.interactions.mail.listener import listen
from app.interactions.mail.mailbox import DEFERRED, RECEIVED, REFUSED, REPEATED, SET_ASIDE, End, Mailbox
from app.interactions.mail.maildir import AUTOMATIC, REJECTED, WHY, Maildir
from app.interactions.mail.reception import Reception, Terms, interaction_id
from app.settings import Settings
from app.storage.documents.indexes import MAIL_INDEX
from app.storage.mongod.client import connect

PATH = "/tmf-api/partyInteraction/v5/partyInteraction"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
MOST = 400_000
TERMS = Terms(own_domains=["liaison.example"], most_bytes=MOST)


def mail(*lines: str, body: str = "Hello", **headers: str) -> bytes:
    """A message with these headers, by their names with underscores, before those that every message has."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    usual = {"From": "Ann <ann@example.org>", "Message-ID": "<1@example.org>", "Subject": "My bill", **named}
    head = [*lines, *(f"{name}: {value}" for name, value in usual.items() if value)]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")


def multipart(*parts: str, kind: str = "mixed", **headers: str) -> bytes:
    body = "".join(f"--b\r\n{part}\r\n" for part in parts) + "--b--\r\n"
    return mail(f'Content-Type: multipart/{kind}; boundary="b"', body=body, **headers)


def file(data: bytes, name: str, kind: str = "application/octet-stream") -> str:
    head = f'Content-Type: {kind}\r\nContent-Disposition: attachment; filename="{name}"'
    return f"{head}\r\nContent-Transfer-Encoding: base64\r\n\r\n{b64encode(data).decode()}"


class Post:
    """A Maildir, and what receives from it, on the database of the server that the tests share."""

    def __init__(self, settings: Settings, path: Path, terms: Terms) -> None:
        self.settings, self.path, self.terms = settings, path, terms
        self.maildir = Maildir(path)

    @asynccontextmanager
    async def mailbox(self) -> AsyncIterator[Mailbox]:
        liaison = Liaison(self.settings, connect(self.settings))
        async with liaison.client:
            await liaison.prepare()
            try:
                interactions, parties = _engines(liaison)
                await parties.prepare()
                yield Mailbox(self.maildir, Reception(interactions, parties, self.terms), self.terms.most_bytes)
            finally:
                await liaison.release()

    def receive(self, *messages: bytes) -> list[End]:
        """What becomes of messages, in their order."""

        async def run() -> list[End]:
            ends = []
            async with self.mailbox() as mailbox:
                for each in messages:
                    self.maildir.deliver(each)
                    ends += [end async for end in mailbox.receive_waiting()]
            return ends

        return asyncio.run(run())

    def left(self) -> list[Path]:
        return list(self.maildir.waiting())


@pytest.fixture
def post(settings: Settings, clean_database: str, tmp_path: Path) -> Post:
    return Post(settings, tmp_path / "mail", TERMS)


def party(client: httpx.Client, address: str) -> str:
    medium = {"@type": "EmailContactMedium", "contactType": "private", "emailAddress": address}
    body = {"@type": "Individual", "givenName": "Ann", "familyName": "Lee", "contactMedium": [medium]}
    made = client.post("/tmf-api/party/v5/individual", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_a_message_becomes_an_interaction_of_its_party_and_conversation(client: httpx.Client, post: Post) -> None:
    ann = party(client, "ann@example.org")
    text = (
        "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe"
    )
    page = "Content-Type: text/html\r\n\r\n<p>Gruesse</p>"
    inner = 'Content-Type: multipart/alternative; boundary="c"\r\n\r\n' + f"--c\r\n{text}\r\n--c\r\n{page}\r\n--c--"
    first = multipart(inner, file(PNG, "scan.pdf", "application/pdf"), Date="Mon, 03 Jun 2024 09:10:30 +0200")
    reply = mail(From="ANN@example.org", Message_ID="<2@x.org>", References="<0@x.org> <1@example.org>")
    other = mail(From="eve@example.org", Message_ID="<3@x.org>", In_Reply_To="<1@example.org>")
    ends = post.receive(first, reply, other)
    assert [each.end for each in ends] == [RECEIVED] * 3, ends
    one, two, three = (client.get(f"{PATH}/{each.detail}").json() for each in ends)
    assert (one["reason"], one["description"], one["direction"]) == ("My bill", "Grüße", "inbound")
    assert one["interactionDate"] == {"startDateTime": "2024-06-03T07:10:30Z"}
    assert one["relatedChannel"][0]["channel"]["id"] == "email"
    assert one["relatedParty"][0]["partyOrPartyRole"]["id"] == ann
    assert one["id"] == interaction_id("1@example.org")
    assert {"Message-ID", "emailAddress"} < {each["externalIdentifierType"] for each in one["externalIdentifier"]}
    (scan,) = one["attachment"]
    assert (scan["name"], scan["mimeType"]) == ("scan.pdf", "image/png")
    assert client.get(scan["url"]).content == PNG
    assert two["interactionRelationship"][0]["id"] == one["id"]
    assert two["relatedParty"][0]["partyOrPartyRole"]["id"] == ann, "addresses compare without case"
    assert "interactionRelationship" not in three, "nobody else comes into a conversation"
    assert "relatedParty" not in three
    assert post.left() == []


def test_addresses_compare_without_case_and_with_what_follows_a_plus(
    client: httpx.Client, post: Post, mongo: MongoClient[dict[str, Any]], clean_database: str
) -> None:
    lee = party(client, "Ann.LEE@Example.ORG")
    spellings = ("ann.lee@example.org", "ANN.lee@EXAMPLE.org", "annlee@example.org", "ann.lee+bills@example.org")
    ends = post.receive(*(mail(From=each, Message_ID=f"<{each}>") for each in spellings))
    shown = [client.get(f"{PATH}/{each.detail}").json() for each in ends]
    found = [each.get("relatedParty", [{}])[0].get("partyOrPartyRole", {}).get("id") for each in shown]
    assert found == [lee, lee, None, None]
    asked = mongo[clean_database]["individual"].find(
        {"document.contactMedium.emailAddress": {"$eq": spellings[0]}}, collation=Collation("en", strength=2)
    )
    assert MAIL_INDEX in json.dumps(asked.explain()["queryPlanner"]["winningPlan"])


def test_a_message_is_received_once_and_a_forged_one_takes_no_others_place(client: httpx.Client, post: Post) -> None:
    ends = post.receive(mail(), mail("Received: again"), mail(body="Another"), mail(body="Another"), mail(Subject="x"))
    assert [each.end for each in ends] == [RECEIVED, REPEATED, RECEIVED, REPEATED, RECEIVED], ends
    assert ends[0].detail == ends[1].detail != ends[2].detail
    (nameless, again) = post.receive(mail(Message_ID=""), mail(Message_ID=""))
    assert (nameless.end, again.end, again.detail) == (RECEIVED, REPEATED, nameless.detail)
    assert len(client.get(PATH).json()) == 4


def test_what_was_deleted_does_not_come_again(client: httpx.Client, post: Post, drain_all: Callable[[], None]) -> None:
    (first,) = post.receive(mail())
    assert client.delete(f"{PATH}/{first.detail}").status_code == 204
    drain_all()
    assert [each.end for each in post.receive(mail())] == [REPEATED]
    assert client.get(PATH).json() == []


def test_a_page_is_told_as_text_without_what_it_would_run(client: httpx.Client, post: Post) -> None:
    page = "<html><head><style>p{}</style></head><body><p onclick=x>1 &lt; 2</p><script>alert(1)</script>end</body>"
    (end,) = post.receive(mail("Content-Type: text/html", body=page))
    assert client.get(f"{PATH}/{end.detail}").json()["description"] == "1 < 2\nend"


def test_only_a_genuine_sender_is_a_party_where_a_server_is_believed(client: httpx.Client, post: Post) -> None:
    party(client, "ann@example.org")
    post.terms = Terms(own_domains=[], most_bytes=MOST, authserv="mx.example")
    ends = post.receive(
        mail("Authentication-Results: mx.example; dmarc=pass", Message_ID="<1@x>"),
        mail("Authentication-Results: evil.example; dmarc=pass", Message_ID="<2@x>"),
        mail("Authentication-Results: mx.example; dmarc=fail", Message_ID="<3@x>"),
        mail(Message_ID="<4@x>"),
    )
    shown = [client.get(f"{PATH}/{each.detail}").json() for each in ends]
    assert ["relatedParty" in each for each in shown] == [True, False, False, False]


def nested(depth: int) -> bytes:
    body = "Content-Type: text/plain\r\n\r\ndeep"
    for level in range(depth):
        body = f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n{body}\r\n--b{level}--'
    return mail(body.partition("\r\n\r\n")[0], body=body.partition("\r\n\r\n")[2])


def embedded(depth: int) -> bytes:
    return mail("Content-Type: message/rfc822", body="Content-Type: message/rfc822\r\n\r\n" * depth + "x")


ZIP_BOMB = b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(2000)
EXE = b"MZ\x90\0" + bytes(500)
A, R, OK = SET_ASIDE, REFUSED, RECEIVED
HOSTILE: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", R, "From"),
    "no headers": (b"\r\n\r\nhello", R, "From"),
    "bytes of nothing": (bytes(range(256)) * 100, R, ""),
    "no sender": (mail(From=""), R, "From"),
    "a sender that is no address": (mail(From="<script>alert(1)</script>"), R, "From"),
    "two addresses of senders": (mail(From="ann@example.org, eve@example.org"), R, "one address"),
    "two senders": (mail("From: eve@example.org"), R, "2 headers From"),
    "two message ids": (mail("Message-ID: <9@x>"), R, "2 headers Message-ID"),
    "a sender with a line in it": (mail(From="ann@example.org\r\n\tBcc: x@y"), R, "From"),
    "a subject with a line in it": (mail(Subject="=?utf-8?q?a=0D=0ABcc:_x@y?="), OK, ""),
    "a subject that turns the writing": (mail(Subject="=?utf-8?q?=E2=80=AEgnp.exe?="), OK, ""),
    "a subject in an unknown charset": (mail(Subject="=?x-nothing?q?=FF?="), OK, ""),
    "a subject in wrong base64": (mail(Subject="=?utf-8?b?A?="), OK, ""),
    "a text in an unknown charset": (mail("Content-Type: text/plain; charset=klingon"), OK, ""),
    "a text in a codec that is none": (mail("Content-Type: text/plain; charset=zlib_codec"), OK, ""),
    "a text with nulls": (mail(body="a\0b\x1b[31mc"), OK, ""),
    "a text in wrong bytes": (mail("Content-Type: text/plain; charset=utf-16", body="a\udcff"), OK, ""),
    "wrong base64": (mail("Content-Transfer-Encoding: base64", body="****"), OK, ""),
    "an unknown transfer coding": (mail("Content-Transfer-Encoding: x-zip", body="abc"), OK, ""),
    "a date that is none": (mail(Date="Mon, 99 Foo 99999 99:99:99 +9999"), OK, ""),
    "a date to come": (mail(Date="Mon, 01 Jan 2180 00:00:00 +0000"), OK, ""),
    "huge headers": (mail(X_Long="a" * 200_000), R, "headers"),
    "very many headers": (mail(*[f"X-{n}: a" for n in range(600)]), R, "headers"),
    "too large": (mail(body="a" * MOST), R, "bytes"),
    "very many references": (mail(References=" ".join(f"<{n}@x>" for n in range(5000))), OK, ""),
    "multipart without an end": (mail('Content-Type: multipart/mixed; boundary="b"', body="--b\r\n\r\nhi"), OK, ""),
    "multipart without a boundary": (mail("Content-Type: multipart/mixed", body="hi"), OK, ""),
    "deep within one another": (nested(38), OK, ""),
    "deeper within one another": (nested(2000), R, "multipart"),
    "messages within messages": (embedded(2000), R, "messages"),
    "very many parts": (multipart(*["\r\nx"] * 1000), R, "parts"),
    "very many attachments": (multipart(*[file(b"a", "a.txt")] * 60), R, "attachments"),
    "a program": (multipart(file(EXE, "invoice.pdf", "application/pdf")), R, "application/x-executable"),
    "a page as a file": (multipart("\r\nhi", file(b"<html><script>", "a.txt", "text/plain")), R, "text/html"),
    "a bomb of a zip": (multipart("\r\nhi", file(ZIP_BOMB, "42.zip", "application/zip")), OK, ""),
    "a name that leads out": (multipart("\r\nhi", file(b"a", "../../etc/passwd")), OK, ""),
    "a name in broken RFC 2231": (
        multipart("Content-Disposition: attachment; filename*0*=x'y'%zz; filename*1=b\r\n\r\nx"),
        OK,
        "",
    ),
    "a page of very many tags": (mail("Content-Type: text/html", body="<div>" * 60_000), OK, ""),
    "a bounce": (mail("Return-Path: <>"), A, "return path"),
    "a delivery report": (multipart("\r\nx", kind="report; report-type=delivery-status"), A, "report"),
    "an automatic answer": (mail(Auto_Submitted="auto-replied"), A, "Auto-Submitted"),
    "of a list": (mail(List_Id="<list.example.org>"), A, "list"),
    "bulk": (mail(Precedence="bulk"), A, "Precedence"),
    "of a machine": (mail(From="MAILER-DAEMON@example.org"), A, "machine"),
    "our own that comes back": (mail(Message_ID="<7@liaison.example>"), A, "own"),
    "of an address of our own": (mail(From="care@Liaison.example"), A, "own"),
    "here before": (mail(X_Loop="care@liaison.example"), A, "X-Loop"),
    "in a circle": (mail(*["Received: from a by b"] * 60), A, "servers"),
    "its own answer": (mail(In_Reply_To="<1@example.org>"), OK, ""),
}


def test_each_hostile_message_has_a_stated_end_and_none_is_lost(client: httpx.Client, post: Post) -> None:
    known = b"<1@example.org>"
    distinct = [raw.replace(known, b"<%d@example.org>" % n) for n, (raw, _, _) in enumerate(HOSTILE.values())]
    ends = post.receive(*distinct)
    assert len(ends) == len(HOSTILE) >= 45
    told = {name: (end.end, end.detail) for name, end in zip(HOSTILE, ends, strict=True)}
    wrong = {
        name: told[name]
        for name, (_, expected, why) in HOSTILE.items()
        if told[name][0] != expected or why not in told[name][1]
    }
    assert wrong == {}
    assert post.left() == []
    for folder, kind in ((REJECTED, REFUSED), (AUTOMATIC, SET_ASIDE)):
        kept = {each.name for each in (post.path / folder / "cur").iterdir()}
        assert kept == {end.file for end in ends if end.end == kind}
        assert {each.name.removesuffix(WHY) for each in (post.path / folder).glob(f"*{WHY}")} == kept
    for end in ends:
        if end.end == RECEIVED:
            shown = client.get(f"{PATH}/{end.detail}").json()
            texts = f"{shown['reason']}{shown.get('description', '')}"
            assert not set(texts) & set("\0\x1b\r\u202e"), end


def test_what_cannot_be_scanned_waits_and_what_is_refused_is_set_aside(
    client: httpx.Client, post: Post, settings: Settings
) -> None:
    message = multipart("\r\nhi", file(PNG, "a.png"))
    post.settings = replace(settings, attachment_scan="/no/such/scanner")
    assert [each.end for each in post.receive(message)] == [DEFERRED]
    assert len(post.left()) == 1
    post.settings = replace(settings, attachment_scan="false")
    assert [each.end for each in post.receive()] == []
    (end,) = receive_left(post)
    assert (end.end, "scan" in end.detail) == (REFUSED, True)
    assert client.get(PATH).json() == []


def receive_left(post: Post) -> list[End]:
    async def run() -> list[End]:
        async with post.mailbox() as mailbox:
            return [end async for end in mailbox.receive_waiting()]

    return asyncio.run(run())


def test_what_smtp_is_told_to_have_taken_is_in_the_maildir(client: httpx.Client, post: Post) -> None:
    def send(port: int) -> Iterator[object]:
        with smtplib.SMTP("127.0.0.1", port) as smtp:
            yield smtp.sendmail("ann@example.org", ["care@liaison.example"], mail())
            yield len(post.left())
            yield smtp.sendmail("<>", ["care@liaison.example"], mail(Message_ID="<2@x>"))
            with pytest.raises(smtplib.SMTPException):
                smtp.sendmail("ann@example.org", ["care@liaison.example"], mail(body="a" * MOST))

    async def run() -> tuple[list[object], list[End]]:
        server = await listen(post.maildir, "127.0.0.1", 0, MOST, asyncio.Event())
        async with server, post.mailbox() as mailbox:
            told = await asyncio.to_thread(lambda: list(send(server.sockets[0].getsockname()[1])))
            return told, [end async for end in mailbox.receive_waiting()]

    told, ends = asyncio.run(run())
    assert told == [{}, 1, {}]
    assert [each.end for each in ends] == [RECEIVED, SET_ASIDE], "the empty return path of the envelope counts"
    assert client.get(f"{PATH}/{ends[0].detail}").json()["description"] == "Hello"
