# SPDX-License-Identifier: Apache-2.0
"""Translates the predicate of a list of events into a MongoDB filter on entries of the event log."""

from app.domain.query.matching import matches
from app.domain.query.normal_form import Test
from app.domain.query.predicates import Condition, Either, Every, Negation, Operator, Predicate
from app.errors import NotSupported
from app.events.topics.entries import KEPT, Entries
from app.resources.lists.filtering import filter_of
from app.resources.lists.plain import Plain
from app.storage.documents.filters import Filter, any_of, every, none_of

_DESCRIPTION = "description"
"""The only member that is neither stored nor determined by the type of the event."""


def event_filter(entries: Entries, predicate: Predicate) -> Filter:
    """The filter on the entries on whose Events `predicate` holds (TMF630 part 1, attribute filtering; part 6).

    Conditions on a payload see the whole resource after the change, also where the payload has only changes. Raises
    `InvalidQuery` for an undeclared attribute, and `NotSupported` for one that is not stored.
    """
    match predicate:
        case Negation(part=part):
            return none_of([event_filter(entries, part)])
        case Every(parts=parts):
            return every([event_filter(entries, part) for part in parts])
        case Either(parts=parts):
            return any_of([event_filter(entries, part) for part in parts])
        case _:
            return _conditions_of(entries, predicate)


def _conditions_of(entries: Entries, test: Test) -> Filter:
    predicate = Plain(entries.attributes).resolve(test)
    member = test.path[0]
    if member == "event":
        return _in_payload(entries, test)
    if member == "correlationId" and isinstance(test, Condition) and test.operator is Operator.EXISTS:
        return {KEPT[member]: {"$ne" if test.values[0] else "$eq": None}}
    if member in KEPT or member == "href":
        return filter_of(entries, test)
    if member == _DESCRIPTION:
        raise NotSupported(f"'{_DESCRIPTION}' is not kept; filter by 'eventType' and 'event.<resource>.id'")
    types = [type for type, specimen in entries.specimens.items() if matches(predicate, specimen)]
    return {"eventType": {"$in": types}}


def _in_payload(entries: Entries, test: Test) -> Filter:
    """The filter of a condition within the payload, limited to entries about the resource at its path."""
    criteria = filter_of(entries, test)
    if len(test.path) < 2:
        return criteria
    name = entries.payloads[test.path[1]].name
    if matches(test, {}):
        return any_of([{"resource": {"$ne": name}}, criteria])
    return every([{"resource": name}, criteria])
