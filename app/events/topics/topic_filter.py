# SPDX-License-Identifier: Apache-2.0
"""The filter of a topic: `headerQuery` and `contentQuery` hold on all events in it (TMF688, Topic)."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from app.access.merged_parties import MergedParties
from app.domain.query.attributes import ANYTHING, Attribute
from app.domain.query.matching import matches
from app.domain.query.predicates import Predicate
from app.domain.query.query import parse_query
from app.errors import InvalidField, InvalidQuery, TmfError, shorten
from app.resources.lists.plain import Plain

HEADER, CONTENT = "headerQuery", "contentQuery"


class _EventQuery(NamedTuple):
    """A query of a topic, from its `member`: the predicate, and the text."""

    member: str
    where: Predicate
    text: str


def check_queries(topic: Mapping[str, Any], declared: Attribute) -> None:
    """Raise `InvalidQuery` for a query of a `topic` that cannot be parsed, or that names an unknown member of an Event.

    `declared` are the attributes of an Event; those of its content are not declared.
    """
    for query in _queries(topic):
        _resolve_query(query, declared)


def refuse_stranger(
    event: Mapping[str, Any], topic: Mapping[str, Any], declared: Attribute, merged: MergedParties
) -> None:
    """Raise `InvalidField` when `event`, given as JSON, does not belong to the `topic`.

    What names the survivor of a merged id belongs to a topic that names that.
    """
    for query in _queries(topic):
        query = query._replace(where=merged.naming_survivors(query.where, None))
        looked_at = event if query.member == HEADER else event.get("event", {})
        if not matches(_as_it_stands(query, declared), looked_at):
            raise InvalidField(f"The event does not meet the topic's {query.member}: {shorten(query.text)}")


def _resolve_query(query: _EventQuery, declared: Attribute) -> Predicate:
    return Plain(declared if query.member == HEADER else ANYTHING).resolve(query.where)


def _as_it_stands(query: _EventQuery, declared: Attribute) -> Predicate:
    """The predicate of a topic's query, also where an earlier release took a query that this one refuses."""
    try:
        return _resolve_query(query, declared)
    except TmfError:
        return query.where


def _queries(topic: Mapping[str, Any]) -> Iterator[_EventQuery]:
    for member in (HEADER, CONTENT):
        text = topic.get(member, "").strip()
        if not text:
            continue
        query = parse_query(text)
        if query.controls:
            names = shorten(", ".join(query.controls), 60)
            raise InvalidQuery(f"'{names}' says nothing about events; {member} takes conditions and 'filter'")
        yield _EventQuery(member, query.where, text)
