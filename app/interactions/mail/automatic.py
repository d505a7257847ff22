# SPDX-License-Identifier: Apache-2.0
"""Automatic messages (RFC 3834): bounces, lists, auto-replies, and our own that come back."""

import re
from collections.abc import Collection
from email.message import Message

from app.interactions.mail.headers import message_id, plain, sender
from app.interactions.mail.refusal import Automatic, RefusedMail

MOST_HOPS = 50
"""Servers that a message went through at most; beyond them it goes in a circle (RFC 5321 §6.3)."""

LOOP = "X-Loop"
_MACHINES = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?(?:[+=-].*)?)@", re.IGNORECASE)
_BULK = frozenset({"bulk", "list", "junk", "auto_reply"})


def refuse_automatic(message: Message, own_domains: Collection[str]) -> None:
    """Raise `Automatic` for a message that no person wrote to be answered; `own_domains` are those we send from."""
    if reason := _reason(message, frozenset(each.lower() for each in own_domains)):
        raise Automatic(reason)


def _reason(message: Message, own: frozenset[str]) -> str:
    if message.get_content_type() == "multipart/report":
        return "a delivery report (RFC 3464)"
    if str(message.get("Return-Path", "?")).strip() == "<>":
        return "a bounce: its return path is empty"
    if len(message.get_all("Received", [])) > MOST_HOPS:
        return f"it went through more than {MOST_HOPS} servers"
    return _of_many(message) or _circle(message, own)


def _of_many(message: Message) -> str:
    submitted = str(message.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return f"Auto-Submitted is {plain(submitted, 40)}"
    if str(message.get("Precedence", "")).strip().lower() in _BULK or "X-Autoreply" in message:
        return "Precedence says that nobody wrote it to be answered"
    return "of a mailing list" if "List-Id" in message or "List-Unsubscribe" in message else ""


def _circle(message: Message, own: frozenset[str]) -> str:
    if any(_domain(str(each)) in own for each in message.get_all(LOOP, [])):
        return f"{LOOP} says that it was here before"
    try:
        written_by = sender(message)
        id = message_id(message)
    except RefusedMail:
        return ""  # That is told as what it is, later.
    if _domain(id) in own:
        return "it is a message of our own that comes back"
    if _domain(written_by) in own:
        return "its sender is one of our own addresses"
    return "its sender is a machine" if _MACHINES.match(written_by) else ""


def _domain(address: str) -> str:
    return address.strip().rpartition("@")[2].lower()
