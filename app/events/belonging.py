"""Which events a topic takes: those that its `headerQuery` and its `contentQuery` hold for (TMF688, Topic)."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from app.domain.attributes import Attribute
from app.domain.filtering.matching import matches
from app.domain.filtering.predicates import Predicate, arrays, comparisons
from app.domain.filtering.query import parse_query
from app.errors import InvalidField, InvalidQuery, shortened

HEADER, CONTENT = "headerQuery", "contentQuery"


class _Asked(NamedTuple):
    """A query of a topic, by its `member`: what it asks, and how it is written."""

    member: str
    where: Predicate
    text: str


def check_queries(topic: Mapping[str, Any], declared: Attribute) -> None:
    """Raise `InvalidQuery` for a query of a `topic` that cannot be read, or asks for what an event does not have.

    `declared` is what the document says of an Event. What its content has, nobody declares.
    """
    for asked in _queries(topic):
        for path in (*(path for path, _ in comparisons(asked.where)), *arrays(asked.where)):
            if asked.member == HEADER:
                declared.along(path)


def refuse_stranger(event: Mapping[str, Any], topic: Mapping[str, Any]) -> None:
    """Raise `InvalidField` when `event`, given as JSON, does not belong to the `topic`."""
    for asked in _queries(topic):
        looked_at = event if asked.member == HEADER else event.get("event", {})
        if not matches(asked.where, looked_at):
            raise InvalidField(f"The event does not meet the topic's {asked.member}: {shortened(asked.text)}")


def _queries(topic: Mapping[str, Any]) -> Iterator[_Asked]:
    for member in (HEADER, CONTENT):
        text = topic.get(member, "").strip()
        if not text:
            continue
        query = parse_query(text)
        if query.controls:
            said = shortened(", ".join(query.controls), 60)
            raise InvalidQuery(f"'{said}' says nothing about events; {member} takes conditions and 'filter'")
        yield _Asked(member, query.where, text)
