"""The changes that wait in a row, kept without the documents that they left: these follow from the row's own.

The row has the document that its last change left. What each change replaced takes that back to the one before. Only a
change that leaves no row with its document has it itself.
"""

from collections.abc import Mapping, Set
from typing import Any

from app.domain.events import DELETE
from app.storage.documents.bounds import LARGEST

Document = Mapping[str, Any]
Change = Mapping[str, Any]

OMISSION = "omission"
"""The member of a change, and of its entries in the log, that says why they have no payload. It never had one there."""


def accounted(change: Change, replaced: Set[str], before: Document) -> Change:
    """`change` with all the members that it `replaced` in the document `before`.

    Beside its events is what they do not tell, such as the time of the change.
    """
    told = {name for event in change["events"] for name in event["changed"]}
    untold = sorted(replaced - told)
    if not untold or OMISSION in change:
        return change
    old = {name: before[name] for name in untold if name in before}
    return {**change, "beside": {"changed": untold, "before": old}}


def waiting(row: Mapping[str, Any]) -> list[Change]:
    """The changes that wait in a row for the relay, oldest first, each with the `document` that it left or took away.

    The last of them has that of the row, as it is: bytes stay bytes.
    """
    told: list[Change] = []
    for change in reversed(row.get("pending", ())):
        # Servers of an earlier release keep each document with its change.
        if "document" not in change and OMISSION not in change:
            change = {**change, "document": _found(told[-1]) if told else row["document"]}
        told.append(change)
    return told[::-1]


def without_payload(change: Change) -> Change:
    """A change that tells only that it was: for a document that is too large to be kept with it.

    No other change may wait in the row: what that left would follow from this one.
    """
    bare = {name: value for name, value in change.items() if name != "document"}
    events = [{**event, "before": {}} for event in change["events"]]
    omission = f"the resource was too large for an entry of the event log, which takes {LARGEST} bytes"
    return {**bare, "events": events, OMISSION: omission}


def is_deletion(change: Change) -> bool:
    """Whether it left no document."""
    return any(event["kind"] == DELETE for event in change["events"])


def _found(change: Change) -> Document:
    """The document that a change found, which it replaced or took away."""
    document: Document = change["document"]
    if is_deletion(change):
        return document
    parts = [*change["events"], *([change["beside"]] if "beside" in change else ())]
    names = {name for part in parts for name in part["changed"]}
    before = {name: value for part in parts for name, value in part["before"].items()}
    return {**{name: value for name, value in document.items() if name not in names}, **before}
