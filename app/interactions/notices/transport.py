# SPDX-License-Identifier: Apache-2.0
"""How a notice leaves the server, and what comes of it."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import NamedTuple, Protocol

from app.errors import InvalidField, StartError, shorten
from app.interactions.notices.message import Message
from app.settings import Settings

EMAIL, SMS, PUSH, WEBHOOK = "email", "sms", "push", "webhook"
MEDIA = (EMAIL, SMS, PUSH, WEBHOOK)
"""The media that a notice may take."""

DELIVERED, DEFERRED, REFUSED = "delivered", "deferred", "refused"
"""What comes of sending: the other side has it; it may be tried again; it is never to be tried again."""


@dataclass(frozen=True)
class Outbound:
    """A notice on its way. A repeat has the same `id`: the Message-ID and the Idempotency-Key are made of it."""

    id: str
    medium: str
    address: str
    message: Message


class Outcome(NamedTuple):
    """What came of sending: the `state`, the `code` of the other side (250, 452; else `timeout`, `tls`, …), and why.

    `retry_after` are the seconds that the other side wants to be left alone for, 0 where it says nothing.
    """

    state: str
    code: str
    text: str
    retry_after: float = 0.0


class Transport(Protocol):
    """What sends notices by one medium."""

    async def send(self, notice: Outbound) -> Outcome:
        """Send it, and tell what came of that. Never raises for what the other side does, or does not do."""

    async def close(self) -> None:
        """Close its connections."""


HOOKS, HOOK_SECRET, HOST, SENDER = (
    "LIAISON_NOTICE_HOOKS",
    "LIAISON_NOTICE_HOOK_SECRET",
    "LIAISON_SMTP_HOST",
    "LIAISON_SMTP_FROM",
)


def transports(settings: Settings) -> dict[str, Transport]:
    """The transports of a server, by medium: e-mail by SMTP or a webhook, the others by webhooks.

    They connect when they send, in the event loop of that. Raises `StartError` for settings that cannot work.
    """
    made = _hooks(settings) if settings.notice_hooks else {}
    if settings.smtp_host:
        if EMAIL in made:
            raise StartError(f"{HOOKS} names one of `{EMAIL}`, and {HOST} a mail server: choose one of them")
        made[EMAIL] = _mail(settings)
    return made


def _hooks(settings: Settings) -> dict[str, Transport]:
    # Imported late, as most servers call nobody.
    from app.events.delivery.callback_addresses import allowed_networks, check
    from app.events.hub.credentials import RIGHT_SECRET, is_signing_secret
    from app.interactions.notices.webhook import WebhookTransport

    secret, allowed = settings.notice_hook_secret, allowed_networks(settings.callback_networks)
    if secret and not is_signing_secret(secret):
        raise StartError(f"{HOOK_SECRET} {RIGHT_SECRET}")
    made: dict[str, Transport] = {}
    for pair in filter(None, map(str.strip, settings.notice_hooks.split(","))):
        medium, _, url = pair.partition("=")
        if medium not in MEDIA or medium in made:
            raise StartError(f"{HOOKS}: '{shorten(medium)}' should be one of {', '.join(MEDIA)}, each once")
        try:
            check(url, allowed, member=f"{HOOKS}: {medium}")
        except InvalidField as wrong:
            raise StartError(wrong.message) from None
        made[medium] = WebhookTransport(
            url, secret=secret, allowed=allowed, timeout_seconds=settings.delivery_timeout_seconds
        )
    return made


def _mail(settings: Settings) -> Transport:
    if find_spec("aiosmtplib") is None:
        raise StartError(f"{HOST} needs aiosmtplib, which is not installed: `pip install 'liaison[notices]'`")
    # Imported late, as most servers send no mail.
    from app.interactions.notices.mail_message import UnsendableNotice, read_sender
    from app.interactions.notices.smtp import IMPLICIT, REQUIRED, MailServer, SmtpTransport

    try:
        sender = read_sender(settings.smtp_from)
    except UnsendableNotice:
        raise StartError(f"{SENDER} should be an address, such as Care <care@example.com>") from None
    if settings.smtp_user and settings.smtp_tls not in (REQUIRED, IMPLICIT):
        raise StartError(f"LIAISON_SMTP_USER needs LIAISON_SMTP_TLS={REQUIRED}: others could read the password")
    server = MailServer(
        settings.smtp_host,
        settings.smtp_port,
        sender,
        settings.smtp_tls,
        settings.smtp_user,
        settings.smtp_password,
        settings.smtp_seconds,
        settings.smtp_unsubscribe,
        settings.smtp_ca,
    )
    try:
        return SmtpTransport(server)
    except OSError as wrong:
        raise StartError(f"LIAISON_SMTP_CA={settings.smtp_ca}: cannot be read: {wrong.strerror}") from None
