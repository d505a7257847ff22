# SPDX-License-Identifier: Apache-2.0
"""How notices leave a server: the transport of each medium, as the settings name them."""

from importlib.util import find_spec

from app.errors import InvalidField, StartError, shorten
from app.interactions.notices.transport_protocol import (
    DEFERRED,
    DELIVERED,
    EMAIL,
    MEDIA,
    PUSH,
    REFUSED,
    SMS,
    WEBHOOK,
    Outbound,
    Outcome,
    Transport,
)
from app.settings import Settings

__all__ = [
    "DEFERRED",
    "DELIVERED",
    "EMAIL",
    "MEDIA",
    "PUSH",
    "REFUSED",
    "SMS",
    "WEBHOOK",
    "Outbound",
    "Outcome",
    "Transport",
    "transports",
]

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
