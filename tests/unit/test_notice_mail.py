# SPDX-License-Identifier: Apache-2.0
"""Notices as e-mails: headers that say what they are, one Message-ID for each notice, and nothing injected."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import StartError
from app.interactions.notices.mail_message import UnsendableNotice, envelope, message_id, read_sender
from app.interactions.notices.message import Message
from app.interactions.notices.transport import EMAIL, SMS, WEBHOOK, Outbound, transports
from app.settings import Settings
from tests.listening import SECRET

AT = datetime(2026, 6, 5, 14, 30, tzinfo=UTC)
SENDER = read_sender("Pflege für alle <care@example.com>")
NOTICE = Outbound("7301", EMAIL, "ann@example.org", Message("Late", "It is late.\n", "en"))


def parsed(notice: Outbound, unsubscribe: str = "") -> EmailMessage:
    """The e-mail of a notice, as its recipient reads it."""
    content = envelope(notice, SENDER, AT, unsubscribe).content
    read = message_from_bytes(content, policy=default)
    assert isinstance(read, EmailMessage)
    assert all(len(line) <= 78 for line in content.split(b"\r\n"))
    return read


def test_the_headers_say_what_it_is_and_in_which_language() -> None:
    headers = dict(parsed(replace(NOTICE, message=Message("Zu spät", "Zu spät.\n", "de")), "https://example.com/u"))
    assert headers == {
        "From": "Pflege für alle <care@example.com>",
        "To": "ann@example.org",
        "Subject": "Zu spät",
        "Date": "Fri, 05 Jun 2026 14:30:00 +0000",
        "Message-ID": "<7301@example.com>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "de",
        "List-Unsubscribe": "<https://example.com/u>",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
        "MIME-Version": "1.0",
    }
    assert "List-Unsubscribe" not in parsed(NOTICE)
    long = f"https://example.com/{'u' * 200}"
    assert f"List-Unsubscribe: <{long}>\r\n".encode() in envelope(NOTICE, SENDER, AT, long).content


one_line = st.text(st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S", "Zs")), min_size=1, max_size=300)


@given(one_line.filter(lambda text: text.strip() == text), st.text(st.characters(codec="utf-8"), max_size=2000))
def test_subject_and_text_arrive_as_they_were(subject: str, text: str) -> None:
    read = parsed(replace(NOTICE, message=Message(subject, text, "ar")))
    assert " ".join(read["Subject"].split()) == " ".join(subject.split())
    content = read.get_content()
    assert content.split() == text.split()


@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200))
def test_each_notice_has_a_message_id_of_its_own(one: str, other: str) -> None:
    ids = [message_id(each, "example.com") for each in (one, one, other)]
    assert ids[0] == ids[1]
    assert (ids[0] == ids[2]) is (one == other)
    assert re.fullmatch(r"<[A-Za-z0-9%._~-]+@example\.com>", ids[0])


@pytest.mark.parametrize("id", ["0190b5a7-5e61-7b53-a7c0-8f1c2f7d6a11", "x" * 150, "7301/resolution+7200s:assignee"])
def test_a_message_id_is_never_folded_or_encoded(id: str) -> None:
    content = envelope(replace(NOTICE, id=id), SENDER, AT).content
    assert f"Message-ID: {message_id(id, 'example.com')}\r\n".encode() in content


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\x00"])
@pytest.mark.parametrize("of", ["subject", "language", "address", "from"])
def test_no_header_can_be_injected(end: str, of: str) -> None:
    forged = f"a{end}Bcc: other@example.org"
    notice = {
        "subject": replace(NOTICE, message=Message(forged, "a", "en")),
        "language": replace(NOTICE, message=Message("a", "a", forged)),
        "address": replace(NOTICE, address=f"ann@example.org{end}Bcc: other@example.org"),
        "from": NOTICE,
    }[of]
    with pytest.raises(UnsendableNotice):
        envelope(notice, read_sender(f"{forged} <care@example.com>") if of == "from" else SENDER, AT)


@pytest.mark.parametrize(
    ("address", "recipient", "utf8"),
    [
        ("ann@EXAMPLE.org", "ann@example.org", False),
        ("ann+7@xn--mller-kva.example", "ann+7@xn--mller-kva.example", False),
        ("ann@müller.example", "ann@xn--mller-kva.example", False),
        ("jürgen@müller.example", "jürgen@xn--mller-kva.example", True),
        ("用户@例子.example", "用户@xn--fsqu00a.example", True),
    ],
)
def test_addresses_in_any_script_are_for_servers_that_take_them(address: str, recipient: str, utf8: bool) -> None:
    made = envelope(replace(NOTICE, address=address), SENDER, AT)
    assert (made.recipient, made.utf8) == (recipient, utf8)
    assert recipient.encode() in made.content


@pytest.mark.parametrize(
    "address",
    [
        *("", "ann", "@example.org", "ann@", "ann@a b", "ann@@a", "a b@c", "<ann@a>, <bob@a>", "ann@[::1]"),
        *("+31612345678", "ann@" + "a" * 64 + ".org", "a" * 65 + "@a.org", "ann@a.org, bob@a.org", "a,b@a.org"),
        *("ann@a..b", "Ann <ann@a.org>", "ann@a.org\n"),
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UnsendableNotice) as refused:
        envelope(replace(NOTICE, address=address), SENDER, AT)
    assert refused.value.code == "address"


def test_the_text_is_sent_in_lines_that_every_server_takes() -> None:
    content = envelope(replace(NOTICE, message=Message("a", "é" * 5000 + "\n.\n", "fr")), SENDER, AT).content
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 78
    assert message_from_bytes(content, policy=SMTP)["Subject"] == "a"


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"smtp_host": "mail.example"}, "LIAISON_SMTP_FROM should be an address, such as Care <care@example.com>"),
        ({"smtp_host": "mail.example", "smtp_from": "a\n@b"}, "LIAISON_SMTP_FROM should be an address"),
        (
            {"smtp_host": "a", "smtp_from": "a@b.org", "smtp_user": "u", "smtp_tls": "optional"},
            "LIAISON_SMTP_USER needs LIAISON_SMTP_TLS=required",
        ),
        ({"smtp_host": "a", "smtp_from": "a@b.org", "smtp_ca": "/no/file"}, "LIAISON_SMTP_CA=/no/file: cannot be read"),
        ({"notice_hooks": "fax=https://a.example"}, "LIAISON_NOTICE_HOOKS: 'fax' should be one of email, sms, push,"),
        ({"notice_hooks": "sms=a"}, "LIAISON_NOTICE_HOOKS: sms must be an absolute http or https URL"),
        ({"notice_hooks": "sms=http://127.0.0.1/"}, "LIAISON_CALLBACK_NETWORKS names the others that may be called"),
        ({"notice_hooks": "sms=https://a.example,sms=https://b.example"}, "'sms' should be one of"),
        ({"notice_hooks": "sms=https://a.example", "notice_hook_secret": "a"}, "LIAISON_NOTICE_HOOK_SECRET must be"),
        (
            {"notice_hooks": "email=https://a.example", "smtp_host": "a", "smtp_from": "a@b.org"},
            "LIAISON_NOTICE_HOOKS names one of `email`, and LIAISON_SMTP_HOST a mail server: choose one of them",
        ),
    ],
)
def test_settings_that_cannot_work_are_told_at_the_start(settings: dict[str, str], fault: str) -> None:
    with pytest.raises(StartError, match=re.escape(fault)):
        transports(Settings(**settings))  # type: ignore[arg-type] # the settings of this test are texts


def test_each_medium_has_the_transport_that_settings_name() -> None:
    assert transports(Settings()) == {}
    hooks = f"sms=https://a.example/sms, {WEBHOOK}=https://a.example/hook?b=c"
    made = transports(
        Settings(notice_hooks=hooks, notice_hook_secret=SECRET, smtp_host="a", smtp_from="Care <a@b.org>")
    )
    assert [(name, type(each).__name__) for name, each in sorted(made.items())] == [
        (EMAIL, "SmtpTransport"),
        (SMS, "WebhookTransport"),
        (WEBHOOK, "WebhookTransport"),
    ]
