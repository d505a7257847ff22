# SPDX-License-Identifier: Apache-2.0
"""Lists, topics and hubs agree: what one finds or refuses, the others do, whichever way a predicate is evaluated."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.collection import Collection

from app.domain import dates
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.shape_steps import Wrapped
from app.domain.mapping.steps import Nested, Renamed
from app.domain.query.attributes import ANYTHING, Attribute
from app.domain.query.matching import matches
from app.domain.query.predicates import (
    Condition,
    Either,
    Element,
    Every,
    Length,
    Negation,
    Operator,
    Path,
    Predicate,
)
from app.errors import NotSupported
from app.events.notification_content import Notices
from app.events.relay.reader import NOTIFICATIONS
from app.events.topics.entries import Entries
from app.events.topics.event_filter import event_filter
from app.resources.lists.filtering import filter_of
from app.resources.resource import Resource
from app.spec.schemas import Schemas
from tests.served import RESOURCES

EXAMPLES = int(os.environ.get("HYPOTHESIS_MAX_EXAMPLES", "300"))
DOCUMENTS = 300

TEXT, NUMBER, MOMENT = {"type": "string"}, {"type": "number"}, {"type": "string", "format": "date-time"}


def some(*names: str, **declared: Any) -> dict[str, Any]:
    """A schema with text attributes of these names, and those that are declared."""
    return {"type": "object", "properties": {**dict.fromkeys(names, TEXT), **declared}}


def array(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


COMMON: dict[str, Any] = {
    "n": NUMBER,
    "alive": {"type": "boolean"},
    "at": MOMENT,
    "tag": array(TEXT),
    "seen": array(MOMENT),
    "score": array({"type": "integer"}),
    "open": {},
}
NOTE = some("text", part=array(some("name", n=NUMBER)), **COMMON)
PARTY = some("name", "role", seen=array(MOMENT))
THING = some("name", "id", "href", note=array(NOTE), place=some("city", tag=array(TEXT)), party=array(PARTY), **COMMON)

TREE = Schemas({"components": {"schemas": {"Thing": THING}}}).tree("Thing")
RESOURCE: Resource = replace(
    next(iter(RESOURCES.values())),
    name="Thing",
    attributes=TREE,
    stored=Schemas({"components": {"schemas": {"Thing": {}}}}).tree("Thing"),
    view=VersionMapping(
        Renamed("name", "title"),
        Nested("note", VersionMapping(Renamed("text", "words"))),
        Nested("party", VersionMapping(Wrapped("inner", VersionMapping(), kind="Party"))),
    ),
)
"""A resource that is not stored as it is shown."""

MOMENTS = ["2024-04-30T23:59:59.999Z", "2024-05-01T00:00:00Z", "2024-05-01T12:00:00Z", "2024-05-02T00:00:00Z"]
WORDS = [
    "2024-05-01",
    "2024-05-01T00:00:00Z",
    "a",
    "b",
    "A",
    "",
    "ab",
    "a,b",
    "$a",
    "1",
    "10",
    "2",
    "true",
    "é",
    "a\n",
    "😀",
    "z",
]
NUMBERS = [0, 1, -1, 1.0, 1.5, 2, 10, 2**53 + 1, 2**63 - 1, 1e19]
PATTERNS = [
    "",
    "a",
    "^a",
    "a$",
    "^a$",
    "A|b",
    "(?i)A",
    "[ab]{2}",
    "(?:ab)+",
    "^.$",
    "é",
    "^(a|b|)$",
    r"\$",
    r"^\d+$",
    "a*b*",
    "(?s)^.*b.*$",
]

words, numbers, moments = st.sampled_from(WORDS), st.sampled_from(NUMBERS), st.sampled_from(MOMENTS)
anything = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=2),
    max_leaves=5,
)


def object_of(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=members)


common: dict[str, st.SearchStrategy[Any]] = {
    "n": numbers,
    "alive": st.booleans(),
    "at": moments,
    "tag": st.lists(words, max_size=3),
    "seen": st.lists(moments, max_size=3),
    "score": st.lists(st.integers(-1, 3), max_size=3),
    "open": anything,
}
note = object_of(text=words, part=st.lists(object_of(name=words, n=numbers), max_size=2), **common)
things = object_of(
    name=words,
    note=st.lists(note, max_size=3),
    place=object_of(city=words, tag=st.lists(words, max_size=2)),
    party=st.lists(object_of(name=words, role=words, seen=st.lists(moments, max_size=2)), max_size=2),
    **common,
)

Kinds = dict[Path, str]
WITHIN_COMMON: Kinds = {
    ("n",): "number",
    ("alive",): "boolean",
    ("at",): "date-time",
    ("tag",): "string",
    ("tag", "1"): "string",
    ("seen",): "date-time",
    ("seen", "0"): "date-time",
    ("score",): "number",
    ("score", "1"): "number",
    ("open",): "any",
    ("open", "x"): "any",
    ("open", "0"): "any",
    ("open", "y", "x"): "any",
    ("open", "x", "1"): "any",
}
ARRAYS: dict[Path, Kinds] = {
    ("tag",): {(): "string"},
    ("seen",): {(): "date-time"},
    ("score",): {(): "number"},
    ("open",): {(): "any", ("x",): "any", ("y", "x"): "any", ("x", "0"): "any"},
    ("open", "x"): {(): "any", ("y",): "any"},
    ("part",): {("name",): "string", ("n",): "number"},
    ("note",): {("text",): "string", ("part", "name"): "string", ("part", "1", "n"): "number", **WITHIN_COMMON},
    ("note", "tag"): {(): "string"},
    ("note", "seen"): {(): "date-time"},
    ("note", "0", "tag"): {(): "string"},
    ("note", "part"): {("name",): "string", ("n",): "number"},
    ("party",): {("name",): "string", ("role",): "string", ("seen",): "date-time", ("seen", "0"): "date-time"},
    ("place", "tag"): {(): "string"},
}
INNER_ARRAYS: dict[Path, list[Path]] = {
    ("note",): [("tag",), ("seen",), ("score",), ("open",), ("open", "x"), ("part",)],
    ("party",): [("seen",)],
    ("open",): [("x",)],
}
THINGS: Kinds = {
    **{(name,): "string" for name in ("name", "id")},
    **{(*path, *inner): kind for path in ARRAYS for inner, kind in ARRAYS[path].items() if path != ("part",)},
    **{("note", "0", *path): kind for path, kind in ARRAYS["note",].items()},
    ("place", "city"): "string",
    ("party", "1", "name"): "string",
    **WITHIN_COMMON,
}
TYPED: dict[str, st.SearchStrategy[Any]] = {
    "string": words,
    "number": numbers,
    "boolean": st.booleans(),
    "date-time": moments | st.sampled_from(["2024-05-01", "2024-05-02"]),
    "any": words | numbers | st.booleans() | st.none(),
}
SPELT: dict[str, st.SearchStrategy[str]] = {
    "string": words,
    "number": st.sampled_from(["0", "1", "1.0", "1e0", "-1", "1.5", "2", str(2**53), str(2**53 + 1), "1e19"]),
    "boolean": st.sampled_from(["true", "false"]),
    "date-time": st.sampled_from(
        [
            *(*MOMENTS, "2024-04-30", "2024-05-01", "2024-05-02", "2024-05-03", "9999-12-31"),
            *("2024-05-01T02:00:00+02:00", "2024-05-01T14:00:00 02:00", "2024-05-01T12:00:00.000999z"),
        ]
    ),
    "any": words | st.sampled_from(["0", "1.0", "-1", "false", "x", "1_0", "null"]),
}
ORDERINGS = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
NUMBERED = (*ORDERINGS, Operator.EQ, Operator.NE)


def operators(kind: str, typed: bool) -> list[Operator]:
    ordered = () if kind == "boolean" else ORDERINGS
    text = (Operator.REGEX,) if kind in ("string", "any") else ()
    return [Operator.EQ, Operator.EQ, Operator.NE, *ordered, *text, *(() if typed else (Operator.EXISTS,))]


@st.composite
def conditions(draw: st.DrawFn, kinds: Kinds) -> Predicate:
    path = draw(st.sampled_from(sorted(kinds)))
    typed = draw(st.booleans()) or path == ()
    operator = draw(st.sampled_from(operators(kinds[path], typed)))
    if operator is Operator.EXISTS:
        return Condition(path, operator, (draw(st.booleans()),), typed=True)
    one = (TYPED if typed else SPELT)[kinds[path]]
    if operator is Operator.REGEX:
        one = st.sampled_from(PATTERNS)
    elif operator in ORDERINGS:
        one = one if kinds[path] != "any" else words | numbers if typed else words
    values = draw(st.lists(one, min_size=1, max_size=1 if typed else 3))
    return Condition(path, operator, tuple(values), typed)


@st.composite
def lengths(draw: st.DrawFn, paths: list[Path]) -> Predicate:
    return Length(draw(st.sampled_from(paths)), draw(st.sampled_from(NUMBERED)), draw(st.integers(-1, 4)))


def whole(kinds: Kinds, arrays: list[Path]) -> list[Path]:
    """Of these attributes, those that have a length.

    Beyond an attribute of any kind the database cannot tell texts in arrays from texts in objects in arrays.
    """
    measured = [path for path, kind in kinds.items() if kind == "string" or (kind == "any" and path[-1:] == ("open",))]
    return sorted({*measured, *arrays})


def predicates(kinds: Kinds, arrays: list[Path], above: Path = ()) -> st.SearchStrategy[Predicate]:
    simple: list[st.SearchStrategy[Predicate]] = [conditions(kinds)]
    if measured := whole(kinds, arrays):
        simple.append(lengths(measured))
    for path in arrays:
        kinds_within = ARRAYS[path if path in ARRAYS else (*above, *path)]
        holds = predicates(kinds_within, [] if above else INNER_ARRAYS.get(path, []), path)
        simple.append(st.builds(Element, st.just(path), holds))
    return joined(joined(st.one_of(simple)))


def joined(each: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    some = st.lists(each, max_size=3).map(tuple)
    return st.one_of(
        each, each, st.builds(Every, some), st.builds(Either, some.filter(bool)), st.builds(Negation, each)
    )


asked = predicates(THINGS, [path for path in ARRAYS if path != ("part",)])


def gathered(number: int) -> list[dict[str, Any]]:
    """So many documents, always the same: what differs from run to run are the filters."""
    found: list[dict[str, Any]] = []

    @settings(max_examples=number, derandomize=True, database=None, phases=[Phase.generate])
    @given(things)
    def gather(thing: dict[str, Any]) -> None:
        found.append(thing)

    gather()
    return found


class Kept:
    """The documents as they are stored, as they are shown, and as the log has them; and as hubs tell of them."""

    def __init__(self, stored: Collection[dict[str, Any]], logged: Collection[dict[str, Any]]) -> None:
        self.stored = stored
        self.logged = logged
        self.shown: list[dict[str, Any]] = []

    def fill(self, documents: list[dict[str, Any]]) -> None:
        """Keep `documents`, which are given as they are stored."""
        rows: list[dict[str, Any]] = [
            {"_id": str(number), "document": document} for number, document in enumerate(documents)
        ]
        self.stored.insert_many(rows)
        self.logged.insert_many([{**row, "resource": "Thing", "resourceId": row["_id"]} for row in rows])
        self.shown = [dates.with_text_dates(RESOURCE.to_view(row["_id"], row["document"])) for row in rows]

    def told(self, predicate: Predicate) -> set[str]:
        """The ids of those of which a hub tells a listener that registers with `predicate`."""
        asked = NOTICES.resolve(predicate)
        return {each["id"] for each in self.shown if matches(asked, {"event": {"thing": each}})}


NOTICES = Notices(NOTIFICATIONS["v4"].envelope, {"Thing": RESOURCE})
EVENT = Attribute("object", False, lambda: {"eventId": ANYTHING})
ENTRIES = Entries(url="", version="v4", resources={"Thing": RESOURCE}, declared=EVENT)


def in_payload(predicate: Predicate) -> Predicate:
    """The same about the resource that an event tells of."""
    match predicate:
        case Condition() | Length() | Element():
            return replace(predicate, path=("event", "thing", *predicate.path))
        case Negation(part=part):
            return Negation(in_payload(part))
        case Every(parts=parts):
            return Every(tuple(map(in_payload, parts)))
        case Either(parts=parts):
            return Either(tuple(map(in_payload, parts)))


def asked_of(door: Callable[[Predicate], Any], predicate: Predicate) -> Any:
    """What a door makes of `predicate`, or the words with which it refuses it."""
    try:
        return door(predicate)
    except NotSupported as refusal:
        return refusal.message


@pytest.fixture(scope="module")
def kept(mongo: MongoClient[dict[str, Any]], database_name: str) -> Iterator[Kept]:
    """Documents in collections of these tests alone."""
    kept = Kept(mongo[database_name]["agreeing"], mongo[database_name]["agreeing_log"])
    kept.fill([RESOURCE.to_stored(TREE.with_instants(document)) for document in gathered(DOCUMENTS)])
    yield kept
    kept.stored.drop()
    kept.logged.drop()


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(asked)
def test_lists_topics_and_hubs_find_the_same(kept: Kept, predicate: Predicate) -> None:
    criteria = asked_of(partial(filter_of, RESOURCE), predicate)
    if isinstance(criteria, str):
        event("is not supported")
        for door in (NOTICES.resolve, partial(event_filter, ENTRIES)):
            refusal = asked_of(door, in_payload(predicate))
            assert isinstance(refusal, str)
            assert refusal.replace("event.thing.", "") == criteria
        return
    found = {row["_id"] for row in kept.stored.find(criteria, {"_id": 1})}
    told = kept.told(in_payload(predicate))
    event("finds all" if len(found) == DOCUMENTS else "finds some" if found else "finds none")
    wrong = [document for document in kept.shown if document["id"] in found ^ told]
    assert wrong[:1] == [], f"{'found' if wrong[0]['id'] in found else 'not found'} by {criteria}"
    logged = kept.logged.find(event_filter(ENTRIES, in_payload(predicate)), {"_id": 1})
    assert {row["_id"] for row in logged} == found
