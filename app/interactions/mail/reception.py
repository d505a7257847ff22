# SPDX-License-Identifier: Apache-2.0
"""Reception: a message becomes an interaction of its conversation, once, however often it comes.

The id of the interaction follows from the Message-ID, and for another message of the same Message-ID from the digest of
that, too: a repeat meets what is there already, and a forged one takes no other's place.
"""

import asyncio
from base64 import b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from app.domain import dates
from app.domain.origin import Origin
from app.errors import Conflict, Gone, NotFound
from app.interactions.mail.message import File, Mail, read_mail
from app.interactions.mail.parties import FoundParty, PartyFinder
from app.interactions.mail.refusal import RefusedMail
from app.resources.engine import Engine

Document = dict[str, Any]

ORIGIN = Origin(actor="liaison mail")
MESSAGE_ID, DIGEST, SENDER = "Message-ID", "messageDigest", "emailAddress"
"""The types of external identifiers that an interaction has by its message."""
REPLY = "inReplyTo"
NO_SUBJECT = "(no subject)"


@dataclass(frozen=True)
class Terms:
    """What a deployment says of its mail: the id of the channel, its own domains, how large a message may be, and the
    server whose `Authentication-Results` (RFC 8601) are believed; without one, `From` is."""

    channel: str = "email"
    own_domains: Collection[str] = ()
    most_bytes: int = 10 * 1024 * 1024
    authserv: str = ""


@dataclass(frozen=True)
class ReceivedMail:
    """The interaction of a message, and whether it was there before."""

    id: str
    repeated: bool


class Reception:
    """Receives messages, by the engine of party interactions."""

    def __init__(self, interactions: Engine, parties: PartyFinder, terms: Terms) -> None:
        self._engine, self._parties, self._terms = interactions, parties, terms

    async def receive(self, raw: bytes, now: datetime | None = None) -> ReceivedMail:
        """Make the interaction of a message, durably.

        Raises `RefusedMail` and `Automatic` for one that becomes none, a `TmfError` below 500 where the server refuses
        what is in it, and above where it should be tried again.
        """
        terms, at = self._terms, now or dates.now()
        mail = await asyncio.to_thread(read_mail, raw, at, terms.most_bytes, terms.own_domains)
        for id in interaction_ids(mail):
            there = await self._present(id)
            if there is None:
                body = await self._body(mail)
                try:
                    made = await self._engine.create({**body, "id": id}, ORIGIN)
                    return ReceivedMail(str(made.view["id"]), repeated=False)
                except Conflict:
                    there = await self._present(id)
            if there is not None and _is_of(there, mail):
                return ReceivedMail(id, repeated=True)
        raise RefusedMail("two other messages of its Message-ID came before")

    async def _present(self, id: str) -> Document | None:
        """The interaction with an id; as far as is known of one that is deleted or archived; None for none."""
        try:
            return (await self._engine.get(id)).view
        except NotFound:
            pass
        if await self._engine.absence_error(id, None):
            return {}
        try:
            return (await self._engine.get_as_of(id, dates.now())).view
        except NotFound:
            return None
        except Gone:
            return {}

    async def _body(self, mail: Mail) -> Document:
        party = await self._parties.having(mail.sender) if self._is_authentic(mail) else None
        replied = await self._answered_id(mail, party)
        body: Document = {
            "@type": "PartyInteraction",
            "direction": "inbound",
            "reason": mail.subject or NO_SUBJECT,
            "description": mail.text,
            "interactionDate": {"startDateTime": dates.text(mail.at)},
            "relatedChannel": [_channel(self._terms.channel)],
            "externalIdentifier": [_identifier(*each) for each in _identifiers(mail)],
            "attachment": [_attachment(each) for each in mail.files],
        }
        if party:
            body["relatedParty"] = [_sender(party)]
        if replied:
            relationship = {"@type": "InteractionRelationship", "id": replied, "relationshipType": REPLY}
            body["interactionRelationship"] = [relationship]
        return {name: value for name, value in body.items() if value not in ("", [])}

    async def _answered_id(self, mail: Mail, party: FoundParty | None) -> str | None:
        """The interaction that a message answers: the nearest that is there, and is of the same party or sender.

        Anybody may name any message; so a conversation takes in nobody else.
        """
        for reference in mail.references:
            local = reference.partition("@")[0]
            for id in (interaction_id(reference), local):
                there = await self._find(id)
                if there and _is_with(there, mail, party):
                    return id
        return None

    async def _find(self, id: str) -> Document | None:
        try:
            return (await self._engine.get(id)).view
        except NotFound:
            return None

    def _is_authentic(self, mail: Mail) -> bool:
        """Whether a sender is believed to be who it says, which others may write as they like."""
        if not self._terms.authserv:
            return True
        server, _, results = mail.authentication.partition(";")
        passed = any(each.strip().lower().startswith("dmarc=pass") for each in results.split(";"))
        return server.strip().split(" ")[0].lower() == self._terms.authserv.lower() and passed


def interaction_id(message_id: str) -> str:
    """The id of the interaction that the first message of a Message-ID becomes."""
    return str(uuid5(NAMESPACE_URL, f"mid:{message_id}"))


def interaction_ids(mail: Mail) -> list[str]:
    """The ids that the interaction of a message may have: the second where another took the first."""
    own = str(uuid5(NAMESPACE_URL, f"mid:{mail.id}/{mail.digest}"))
    return [interaction_id(mail.id), own] if mail.id else [own]


def _identifiers(mail: Mail) -> list[tuple[str, str]]:
    return [*([(MESSAGE_ID, mail.id)] if mail.id else []), (DIGEST, f"sha256:{mail.digest}"), (SENDER, mail.sender)]


def _identifier(kind: str, id: str) -> Document:
    return {"@type": "ExternalIdentifier", "externalIdentifierType": kind, "id": id}


def _external(view: Mapping[str, Any], kind: str) -> set[str]:
    found = view.get("externalIdentifier", ())
    return {each.get("id", "") for each in found if each.get("externalIdentifierType") == kind}


def _is_of(view: Mapping[str, Any], mail: Mail) -> bool:
    """Whether an interaction is that of a message; of what is gone nothing says otherwise."""
    return not view or f"sha256:{mail.digest}" in _external(view, DIGEST)


def _is_with(view: Mapping[str, Any], mail: Mail, party: FoundParty | None) -> bool:
    if party is None:
        return mail.sender in _external(view, SENDER) and not view.get("relatedParty")
    related = view.get("relatedParty", ())
    return any(each.get("partyOrPartyRole", {}).get("id") == party.id for each in related)


def _channel(id: str) -> Document:
    return {"@type": "RelatedChannel", "role": "contact", "channel": {"@type": "ChannelRef", "id": id}}


def _sender(party: FoundParty) -> Document:
    reference = {"@type": "PartyRef", "id": party.id, "href": party.href, "@referredType": party.resource}
    return {"@type": "RelatedPartyOrPartyRole", "role": "sender", "partyOrPartyRole": reference}


def _attachment(file: File) -> Document:
    content = b64encode(file.data).decode()
    named = {"name": file.name} if file.name else {}
    return {"@type": "Attachment", "attachmentType": "email", "mimeType": file.media_type, "content": content, **named}
