# SPDX-License-Identifier: Apache-2.0
"""Turns what a list of events is asked for into a filter on entries of the event log."""

from app.domain.query.matching import matches
from app.domain.query.normal_form import Test
from app.domain.query.predicates import Condition, Either, Every, Negation, Operator, Predicate
from app.errors import NotSupported
from app.events.topics.entries import KEPT, Entries
from app.resources.lists.filtering import filter_of
from app.resources.lists.plain import Plain
from app.storage.documents.filters import Filter, any_of, every, none_of

_DESCRIPTION = "description"
"""The one member that is not kept, and that the type of an event does not decide."""


def event_filter(entries: Entries, predicate: Predicate) -> Filter:
    """The filter on entries whose Events `predicate` holds on (TMF630 part 1, attribute filtering; part 6).

    Conditions on a payload look at the whole resource after the change, also where the version tells only what has
    changed. Raises `InvalidQuery` for an attribute that is not declared, and `NotSupported` for what is not kept.
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
    """The filter on a condition within the payload: entries about other resources have nothing at its path."""
    criteria = filter_of(entries, test)
    if len(test.path) < 2:
        return criteria
    name = entries.payloads[test.path[1]].name
    if matches(test, {}):
        return any_of([{"resource": {"$ne": name}}, criteria])
    return every([{"resource": name}, criteria])
