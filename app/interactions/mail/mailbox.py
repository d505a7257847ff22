# SPDX-License-Identifier: Apache-2.0
"""The mailbox: what is in the Maildir is received, one message after the other, each with a stated end."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from app.errors import TmfError, shorten
from app.interactions.mail.maildir import AUTOMATIC, REJECTED, Maildir
from app.interactions.mail.reception import Reception
from app.interactions.mail.refusal import Automatic, RefusedMail

log = structlog.get_logger()

RECEIVED, REPEATED, SET_ASIDE, REFUSED, DEFERRED = "received", "repeated", "automatic", "rejected", "deferred"


@dataclass(frozen=True)
class End:
    """What became of a message: its `file`, which of the ends, and the id of its interaction, or why there is none."""

    file: str
    end: str
    detail: str


class Mailbox:
    """Receives what is in a Maildir."""

    def __init__(self, maildir: Maildir, reception: Reception, most_bytes: int) -> None:
        self._maildir, self._reception, self._most_bytes = maildir, reception, most_bytes

    async def receive_waiting(self) -> AsyncIterator[End]:
        """Receive all that waits. A message leaves the Maildir when its interaction is durable, or it is set aside."""
        for message in self._maildir.waiting():
            end = await self._receive(message)
            log.info("an e-mail was looked at", file=end.file, end=end.end, detail=end.detail)
            yield end

    async def _receive(self, message: Path) -> End:
        try:
            made = await self._reception.receive(self._read(message))
        except Automatic as reason:
            return self._set_aside(message, AUTOMATIC, SET_ASIDE, str(reason))
        except RefusedMail as reason:
            return self._set_aside(message, REJECTED, REFUSED, str(reason))
        except TmfError as refusal:
            if refusal.status >= 500:
                return End(message.name, DEFERRED, shorten(refusal.message))
            return self._set_aside(message, REJECTED, REFUSED, refusal.message)
        self._maildir.remove(message)
        return End(message.name, REPEATED if made.repeated else RECEIVED, made.id)

    def _read(self, message: Path) -> bytes:
        """The bytes of a message, and one more than there may be of one that is too large."""
        with message.open("rb") as file:
            return file.read(self._most_bytes + 1)

    def _set_aside(self, message: Path, folder: str, end: str, why: str) -> End:
        self._maildir.set_aside(message, folder, why)
        return End(message.name, end, shorten(why))
