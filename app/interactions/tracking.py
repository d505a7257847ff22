# SPDX-License-Identifier: Apache-2.0
"""Tracking of interactions (eTOM 1.6.9): folds each write into the clock and the promises of the document."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.domain.ownership import objects_at, texts_at
from app.domain.rules import Lifecycle
from app.errors import InvalidField
from app.interactions.policies import Document, PolicyVersion, PolicyVersions
from app.interactions.promises import RESTART, Clock, Pause, Policy, due_notices, first_due, promises

OWNED = ("clock", "dueDate", "policy", "policyVersion", "promise", "reopened")
"""The attributes that the server sees to; clients cannot set them."""

PARTY, NOBODY = "party", "none"
ANSWERED_BY = "answeredBy"
"""The type of the relationship to an interaction that answers this one."""
INFORMED_BY = "informedBy"
"""The type of the relationship to an interaction by which the party heard that this one goes on: a sign, no answer."""

_NO_POLICY = Policy("", None)  # type: ignore[arg-type] # it promises nothing, and needs no hours


class Tracking:
    """The tracking of one resource; `types` are the class whose interactions are tracked and those that extend it."""

    def __init__(
        self,
        versions: PolicyVersions | None,
        lifecycle: Lifecycle,
        *,
        resource: str,
        tracked: str,
        types: frozenset[str],
    ) -> None:
        """Without `versions` nothing is promised, and clients still cannot set what the server sees to."""
        self.versions = versions
        self._lifecycle = lifecycle
        self._resource = resource
        self._tracked = tracked
        self.types = types

    async def ready(self, document: Mapping[str, Any]) -> None:
        """See to it that the policies are known under which the promises of a stored document were made."""
        if self.versions:
            await self.versions.ready(document)

    def begin(self, document: Document, at: datetime, version: PolicyVersion | None = None) -> None:
        """Make the promises of a new document, created `at` this instant, under a `version`, by default the current.

        Where policies apply to all interactions, one that a policy applies to becomes one of the tracked class.
        """
        version = version or (self.versions.current if self.versions else None)
        is_tracked = document["@type"] in self.types
        for name in OWNED if is_tracked else ():
            document.pop(name, None)
        if version and (is_tracked or self._becomes_tracked(document, version)):
            document["policyVersion"] = version.digest
            self._fold(version, Clock(at), {}, document, at)

    def advance(self, before: Document, after: Document, at: datetime, version: PolicyVersion | None = None) -> None:
        """Fold the change of a document at an instant; what made no promises when it was created makes none now.

        Raises `InvalidField` for a change of what the server sees to, and `Unavailable` where the version of the
        policies is not known.
        """
        if before["@type"] not in self.types:
            return
        if version is None:
            _refuse_owned(before, after)
        if "policyVersion" in before and (version or self.versions):
            version = version or self._version(before["policyVersion"])
            clock = read_clock(before["clock"])
            after["policyVersion"] = before["policyVersion"]
            self._fold(version, clock, before, after, max(at, latest(clock)))

    def is_over(self, document: Document) -> bool:
        """Whether a stored document is in a final state."""
        return self._lifecycle.is_over(document)

    def next_notice(self, document: Mapping[str, Any]) -> datetime | None:
        """The first instant at which somebody is to be told of a promise of a stored document; None for never."""
        policy = self.policy_of(document)
        notices = due_notices(policy, document.get("promise", ())) if policy else []
        return notices[0].at if notices else None

    def policy_of(self, document: Mapping[str, Any]) -> Policy | None:
        """The policy that applies to a stored document. Raises `Unavailable` as `advance` does."""
        digest = document.get("policyVersion")
        return self._version(digest).by_name(document.get("policy")) if digest and self.versions else None

    def version_of(self, document: Mapping[str, Any]) -> PolicyVersion | None:
        """The version under which the promises of a stored document were made; None for one without promises."""
        return self._version(document["policyVersion"]) if "policyVersion" in document else None

    def _version(self, digest: str) -> PolicyVersion:
        assert self.versions is not None, "only they make promises"
        return self.versions.get(digest)

    def _becomes_tracked(self, document: Document, version: PolicyVersion) -> bool:
        """Whether a policy applies to a new document of the plain class, which then is of the tracked one."""
        if document["@type"] != self._resource or version.applies_to != self._resource or not version.match(document):
            return False
        document["@type"], document["@baseType"] = self._tracked, self._resource
        return True

    def _fold(self, version: PolicyVersion, clock: Clock, before: Document, after: Document, at: datetime) -> None:
        policy = version.match(after)
        clock, reopened = self._next_clock(policy or _NO_POLICY, version, clock, before, after, at)
        if clock.end and after.get("waitingFor", NOBODY) != NOBODY:
            after["waitingFor"] = NOBODY
        made = promises(policy, clock) if policy else []
        due = first_due(made)
        count = before.get("reopened", 0) + reopened
        _set(after, "clock", written_clock(clock))
        _set(after, "promise", made or None)
        _set(after, "policy", policy.name if policy else None)
        _set(after, "dueDate", due)
        _set(after, "reopened", count or None)

    def _next_clock(
        self, policy: Policy, version: PolicyVersion, clock: Clock, before: Document, after: Document, at: datetime
    ) -> tuple[Clock, bool]:
        """The clock after a change, and whether that opened the interaction again."""
        over, reopened = self._lifecycle.is_over(after), False
        if clock.end and over:
            return clock, False  # What is said after the end neither answers nor restarts anything.
        if clock.end:
            clock, reopened = _reopen(policy, clock, at), True
        if _answers(policy, before, after):
            clock = replace(clock, first_response=clock.first_response or at, last_response=at)
        elif any(each.get("relationshipType") == INFORMED_BY for each in _new_relationships(before, after)):
            clock = replace(clock, last_response=at)
        if over:
            return self._end(version, clock, after, at), reopened
        return _pause(clock, at) if after.get("waitingFor") in policy.pause_while else _resume(clock, at), reopened

    def _end(self, version: PolicyVersion, clock: Clock, after: Document, at: datetime) -> Clock:
        clock = _resume(clock, at)
        state = self._lifecycle.state(after.get(self._lifecycle.field))
        if state is not None and state.lower() in version.withdrawn:
            return replace(clock, end=at, withdrawn=True)
        return replace(clock, end=at, first_response=clock.first_response or at, last_response=at)


def _refuse_owned(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raise `InvalidField` where a client changes what the server sees to."""
    changed = [
        name for name in OWNED if before.get(name) is not after.get(name) and before.get(name) != after.get(name)
    ]
    if changed:
        raise InvalidField("; ".join(f"/{name} is what the server sees to; leave it as it is" for name in changed))


def latest(clock: Clock) -> datetime:
    """The last instant at which something happened. Time never runs back, whatever the clocks of servers say."""
    known = (clock.start, clock.last_response, clock.end, *(each for pause in clock.pauses for each in pause))
    return max(each for each in known if each)


def read_clock(stored: Mapping[str, Any]) -> Clock:
    """The clock in a stored document."""
    return Clock(
        stored["startDate"],
        stored.get("firstResponseDate"),
        stored.get("lastResponseDate"),
        stored.get("endDate"),
        stored.get("withdrawn", False),
        tuple(Pause(each["startDate"], each.get("endDate")) for each in stored.get("pause", ())),
    )


def written_clock(clock: Clock) -> Document:
    """The clock as a stored document has it."""
    pauses = [_without_none({"startDate": each.start, "endDate": each.end}) for each in clock.pauses]
    return _without_none(
        {
            "startDate": clock.start,
            "firstResponseDate": clock.first_response,
            "lastResponseDate": clock.last_response,
            "endDate": clock.end,
            "withdrawn": clock.withdrawn or None,
            "pause": pauses or None,
        }
    )


def _answers(policy: Policy, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the enterprise answered the party by a change: it waits for the party since, or left a note, or refers to
    the interaction by which it answered."""
    if after.get("waitingFor") == PARTY != before.get("waitingFor"):
        return True
    if any(each.get("relationshipType") == ANSWERED_BY for each in _new_relationships(before, after)):
        return True
    authors = {str(note.get("author")).lower() for note in _new_elements("note", before, after)}
    return bool(authors) and not authors.isdisjoint(_who_answers(policy, after))


def _new_relationships(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return _new_elements("interactionRelationship", before, after)


def _who_answers(policy: Policy, document: Mapping[str, Any]) -> set[str]:
    """The ids and names, in lower case, of those whose notes answer."""
    parties = [
        each for each in objects_at(document, ("relatedParty",)) if str(each.get("role")).lower() in policy.answered_by
    ]
    paths = [("partyOrPartyRole", "id"), ("partyOrPartyRole", "name")]
    texts = [text for each in parties for path in paths for text in texts_at(each, path)]
    texts += [text for name in ("id", "name") for text in texts_at(document, ("assignee", name))]
    return {text.lower() for text in texts}


def _new_elements(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The elements of an array that it did not have before; one with the same id is the same, whatever it says."""
    if after.get(name) is before.get(name):
        return
    there = list(objects_at(before, (name,)))
    ids = {each["id"] for each in there if isinstance(each.get("id"), str)}
    for each in objects_at(after, (name,)):
        if each.get("id") not in ids if isinstance(each.get("id"), str) else each not in there:
            yield each


def _reopen(policy: Policy, clock: Clock, at: datetime) -> Clock:
    if policy.reopening == RESTART or clock.end is None:
        return Clock(at)
    return replace(clock, end=None, withdrawn=False, pauses=(*clock.pauses, Pause(clock.end, at)))


def _pause(clock: Clock, at: datetime) -> Clock:
    return clock if _is_paused(clock) else replace(clock, pauses=(*clock.pauses, Pause(at)))


def _resume(clock: Clock, at: datetime) -> Clock:
    return (
        replace(clock, pauses=(*clock.pauses[:-1], Pause(clock.pauses[-1].start, at))) if _is_paused(clock) else clock
    )


def _is_paused(clock: Clock) -> bool:
    return bool(clock.pauses) and clock.pauses[-1].end is None


def _set(document: Document, name: str, value: Any) -> None:
    """Set a member of a document, or remove it for None; leaves alone what is as it should be, which then is shared."""
    if value is None:
        document.pop(name, None)
    elif document.get(name) != value:
        document[name] = value


def _without_none(members: Document) -> Document:
    return {name: value for name, value in members.items() if value is not None}
