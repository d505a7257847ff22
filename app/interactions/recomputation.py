# SPDX-License-Identifier: Apache-2.0
"""Promises computed again from the log: they are as stored, or as they would be under other policies."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from app.interactions.policies import Document, PolicyVersion
from app.interactions.tracking import OWNED, Tracking

States = Sequence[tuple[datetime, Document | None]]
"""The states of a document, oldest first: an instant, and the document since then, where its payload is still there."""


class PromiseChange(NamedTuple):
    """What other policies would change of a promise: its policy and `dueDate` before and after; None for no promise."""

    name: str
    policies: tuple[str | None, str | None]
    due: tuple[datetime | None, datetime | None]
    states: tuple[str | None, str | None]


def replay(tracking: Tracking, states: States, version: PolicyVersion | None = None) -> Iterator[Document]:
    """The documents that the same writes make, under a version of the policies; by default the one of the first.

    Raises `Unavailable` where that is not known, and `ValueError` where the payload of a state is gone.
    """
    before: Document | None = None
    for at, stored in states:
        if stored is None:
            raise ValueError("the payload of an entry of the log is gone")
        document = {name: value for name, value in stored.items() if name not in OWNED}
        if before is None:
            tracking.begin(document, at, version or tracking.version_of(stored))
        else:
            document |= {name: before[name] for name in OWNED if name in before}
            tracking.advance(before, document, at, version or tracking.version_of(stored))
        yield document
        before = document


def owned_difference(stored: Document, computed: Document) -> list[str]:
    """The attributes that the server sees to and that differ."""
    return [name for name in OWNED if stored.get(name) != computed.get(name)]


def promise_changes(stored: Document, computed: Document) -> list[PromiseChange]:
    """What differs between the promises of two documents, by the names of promises."""
    mine, theirs = _by_name(stored), _by_name(computed)
    policies = stored.get("policy"), computed.get("policy")
    changes = [
        PromiseChange(
            name,
            policies,
            (_member(mine, name, "dueDate"), _member(theirs, name, "dueDate")),
            (_member(mine, name, "state"), _member(theirs, name, "state")),
        )
        for name in sorted(mine.keys() | theirs.keys())
    ]
    return [each for each in changes if each.due[0] != each.due[1] or each.states[0] != each.states[1]]


def _by_name(document: Document) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in document.get("promise", ())}


def _member(promises: dict[str, dict[str, Any]], name: str, member: str) -> Any:
    return promises.get(name, {}).get(member)
