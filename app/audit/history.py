# SPDX-License-Identifier: Apache-2.0
"""The history of a resource from the event log: attributes with former and new values, time, and actor."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, NamedTuple

from app.audit.lines import heading
from app.domain import dates
from app.domain.events import DELETE
from app.domain.json_values import ABSENT
from app.storage.event_log.chain import DROPPED, OMISSION
from app.storage.event_log.event_log import EventLog
from app.storage.sealing.sealed_payloads import REMAINDER

Entry = Mapping[str, Any]


class Turn(NamedTuple):
    """A change of an attribute: its values before and after as JSON; `ABSENT` for none."""

    attribute: str
    before: Any
    after: Any

    def to_json(self) -> dict[str, Any]:
        """As `{attribute, from, to}`, without what is absent."""
        sides = {"from": self.before, "to": self.after}
        return {"attribute": self.attribute, **{side: value for side, value in sides.items() if value is not ABSENT}}


class Step(NamedTuple):
    """An event in the history of a resource; `turns` is None when the payload of its entry was dropped."""

    entry: Entry
    turns: list[Turn] | None

    def to_json(self) -> dict[str, Any]:
        """As JSON: the head of the event, and the `changes`; when they were `dropped`, only the names in `changed`.

        `omission` is the reason why the entry was logged without them, or cannot be opened; `remainder` what can be.
        """
        if self.turns is None:
            why = {
                name: dates.with_text_dates(self.entry[name])
                for name in (DROPPED, OMISSION, REMAINDER)
                if name in self.entry
            }
            return {**heading(self.entry), "changed": self.entry["changed"], **why}
        return {**heading(self.entry), "changes": [turn.to_json() for turn in self.turns]}


async def history(log: EventLog, resource: str, id: str) -> AsyncIterator[Step]:
    """The history of the resource `id`, and of earlier ones of this id, in the order of the log."""
    async for entry in log.about(resource, id):
        yield Step(entry, None if DROPPED in entry else list(turns(entry)))


def turns(entry: Entry) -> Iterator[Turn]:
    """The changes of attributes in the event of an entry. The entry of a deletion has the last document."""
    deleted = entry["kind"] == DELETE
    before = dates.with_text_dates(entry["document"] if deleted else entry.get("before", {}))
    after = {} if deleted else dates.with_text_dates(entry["document"])
    for name in entry["changed"]:
        yield Turn(name, before.get(name, ABSENT), after.get(name, ABSENT))
