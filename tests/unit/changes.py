# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies for changes of documents, each told by an operation of a patch in any notation."""

import copy
import json
from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import quote

from hypothesis import strategies as st
from jsonpointer import JsonPointer

from tests.unit.queries import change

Document = dict[str, Any]
Location = tuple[str | int, ...]
Notation = Callable[[Document, Location], str]

TEXTS = st.text("xy 4=&%?'\"é\\", max_size=3)
NAMES = st.sampled_from(["n", "s", "m.m", "@type", "o"])
SCALARS = st.booleans() | st.integers(-2, 2) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2), max_leaves=5
)
IDS = TEXTS.filter(bool) | st.integers(0, 50)


def arrays(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Document]]:
    """Arrays of objects that differ in their `id`, even where that of one is a number and of another its text."""
    opened = st.dictionaries(NAMES, VALUES, max_size=3)
    known = st.fixed_dictionaries({"id": IDS}, optional=members)
    elements = st.builds(lambda one, other: {**one, **other}, opened, known)
    return st.lists(elements, max_size=3, unique_by=lambda element: str(element["id"]))


ARRAYS = arrays(item=arrays())
DOCUMENTS = st.fixed_dictionaries(
    {"note": ARRAYS, "party": st.fixed_dictionaries({"note": ARRAYS})}, optional={"status": TEXTS, "o": VALUES}
)


def at(document: Document, location: Location) -> Any:
    return JsonPointer.from_parts(location).resolve(document)


def pointer(_document: Document, location: Location) -> str:
    return str(JsonPointer.from_parts(location).path)


def conditional(document: Document, location: Location, spelt: Callable[[Location], str]) -> str:
    """The path to `location` with each element told by its id; `spelt` writes the name that conditions have for it."""
    ends = [end for end, step in enumerate(location, start=1) if isinstance(step, int)]
    conditions = [f"{spelt((*nameable(location[:end]), 'id'))}={told(document, location[:end])}" for end in ends]
    return "?".join(filter(None, (pointer(document, nameable(location)), "&".join(conditions))))


def nameable(location: Location) -> Location:
    return tuple(step for step in location if isinstance(step, str))


def told(document: Document, element: Location) -> str:
    return quote(str(at(document, element)["id"]))


def dotted(document: Document, location: Location) -> str:
    return conditional(document, location, lambda names: ".".join(map(str, names)))


def pointed(document: Document, location: Location) -> str:
    return conditional(document, location, lambda names: pointer(document, names))


def relative(document: Document, location: Location) -> str:
    above = next((index for index, step in enumerate(location) if isinstance(step, int)), 0)
    return conditional(document, location, lambda names: ".".join(map(str, names[above:])))


def json_path(document: Document, location: Location) -> str:
    steps = [
        f"[?(@.id=={json.dumps(at(document, location[:end])['id'])})]" if isinstance(step, int) else f"['{step}']"
        for end, step in enumerate(location, start=1)
    ]
    return "$" + "".join(steps)


def short_json_path(document: Document, location: Location) -> str:
    return json_path(document, location).removeprefix("$['").replace("']", "", 1)


NOTATIONS: tuple[Notation, ...] = (pointer, dotted, pointed, relative, json_path, short_json_path)


class Change(NamedTuple):
    """What is done where; what is `appended` becomes the last element of the array there."""

    op: str
    location: Location
    value: Any = None
    source: Location = ()
    appended: bool = False

    def made(self, before: Document) -> Document:
        """The document with the change in it, which is `before` no longer."""
        after, value = copy.deepcopy(before), copy.deepcopy(at(before, self.source) if self.source else self.value)
        *above, name = self.location
        if self.op == "move":
            del at(after, self.source[:-1])[self.source[-1]]
        if self.op == "remove":
            del at(after, tuple(above))[name]
        elif self.appended:
            at(after, self.location).append(value)
        elif self.op != "test":
            at(after, tuple(above))[name] = value
        return after

    def operation(self, document: Document, notation: Notation) -> dict[str, Any]:
        """The change as the operation of a patch, with its paths in that notation."""
        end = "/-" if self.appended and notation is pointer else ""
        source = {"from": notation(document, self.source)} if self.source else {}
        return change(self.op, notation(document, self.location) + end, self.value, **source)


def elements(document: Document) -> list[Location]:
    """Where the elements of the arrays are, and those of the arrays within them."""
    arrays: tuple[Location, ...] = (("note",), ("party", "note"))
    outer = [(*array, index) for array in arrays for index in range(len(at(document, array)))]
    return outer + [
        (*each, "item", index) for each in outer for index in range(len(at(document, each).get("item", [])))
    ]


@st.composite
def changes(draw: st.DrawFn, document: Document) -> Change:
    """A change that every kind of patch can tell."""
    place = draw(st.sampled_from([(), *elements(document)]))
    present, value = at(document, place), draw(VALUES)
    fresh = next(name for name in map("new{}".format, count()) if name not in document)
    members = sorted(present.keys() - {"id", "item", "note", "party"})
    whole = [Change("add", (*place, "other"), value)] if "other" not in present else []
    if place:
        whole += [Change("remove", place), Change("copy", (fresh,), source=(*place, "id"))]
    if "item" in present:
        whole += [Change("add", (*place, "item"), {"id": fresh, "n": value}, appended=True)]
    if members:
        member = (*place, draw(st.sampled_from(members)))
        whole += [
            Change("replace", member, value),
            Change("remove", member),
            Change("test", member, at(document, member)),
        ]
        whole += [Change(op, (fresh,), source=member) for op in ("copy", "move")]
    drawn: Change = draw(st.sampled_from(whole or [Change("add", (fresh,), value)]))
    return drawn


@st.composite
def stories(draw: st.DrawFn, notation: Notation) -> tuple[Document, list[dict[str, Any]], Document]:
    """A document, the operations of a patch, and the document that they make of it."""
    before = after = draw(DOCUMENTS)
    operations = []
    for _ in range(draw(st.integers(1, 3))):
        drawn = draw(changes(after))
        operations.append(drawn.operation(after, notation))
        after = drawn.made(after)
    return before, operations, after
