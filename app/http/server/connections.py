# SPDX-License-Identifier: Apache-2.0
"""The connections of a server process together: who makes room for whom when there are too many, or too much unread."""

from collections.abc import Collection, Iterable
from typing import Protocol

from app.http.server.bounds import UNREAD_BYTES


class Peer(Protocol):
    """What is looked at of a connection."""

    since: float
    answered: int

    @property
    def is_answering(self) -> bool: ...

    @property
    def unsent(self) -> int: ...

    def abort(self) -> None: ...

    def check(self, now: float) -> None: ...


def make_room(peers: Collection[Peer], most: int) -> bool:
    """Whether there is room for one more among `most`; if need be, one that nobody waits for makes it.

    First goes who never had an answer, and of those who came first: a crowd that is silent or slow hurts only itself.
    """
    if len(peers) < most:
        return True
    idle = [peer for peer in peers if not peer.is_answering]
    if idle:
        min(idle, key=_importance).abort()
    return bool(idle)


def relieve(peers: Iterable[Peer], size: int, most: int = UNREAD_BYTES) -> None:
    """Let go of those who leave most unread until one more answer of `size` bytes may wait to be read."""
    unread = sorted((peer for peer in peers if peer.unsent), key=_unsent)
    total = sum(map(_unsent, unread)) + size
    while unread and total > most:
        peer = unread.pop()
        total -= peer.unsent
        peer.abort()


def check_all(peers: Iterable[Peer], now: float) -> None:
    """End whatever takes longer than it may."""
    for peer in list(peers):
        peer.check(now)


def _importance(peer: Peer) -> tuple[bool, float]:
    return peer.answered > 0, peer.since


def _unsent(peer: Peer) -> int:
    return peer.unsent
