# SPDX-License-Identifier: Apache-2.0
"""All connections of a server process: which ones are closed when there are too many, or too many unread answers."""

from collections.abc import Collection, Iterable
from typing import Protocol

from app.http.server.bounds import UNREAD_BYTES


class Peer(Protocol):
    """The interface of a connection for these decisions."""

    since: float
    answered: int

    @property
    def is_answering(self) -> bool: ...

    @property
    def unsent(self) -> int: ...

    def abort(self) -> None: ...

    def check(self, now: float) -> None: ...


def make_room(peers: Collection[Peer], most: int) -> bool:
    """Whether there is room for one more connection within `most`; closes an idle one if necessary.

    Connections that never had an answer are closed first, the oldest of them first, so that a crowd of silent or slow
    clients harms only itself.
    """
    if len(peers) < most:
        return True
    idle = [peer for peer in peers if not peer.is_answering]
    if idle:
        min(idle, key=_importance).abort()
    return bool(idle)


def relieve(peers: Iterable[Peer], size: int, most: int = UNREAD_BYTES) -> None:
    """Close the connections with most unread bytes, until one more answer of `size` bytes may be buffered."""
    unread = sorted((peer for peer in peers if peer.unsent), key=_unsent)
    total = sum(map(_unsent, unread)) + size
    while unread and total > most:
        peer = unread.pop()
        total -= peer.unsent
        peer.abort()


def check_all(peers: Iterable[Peer], now: float) -> None:
    """Enforce the timeouts of all connections."""
    for peer in list(peers):
        peer.check(now)


def _importance(peer: Peer) -> tuple[bool, float]:
    return peer.answered > 0, peer.since


def _unsent(peer: Peer) -> int:
    return peer.unsent
