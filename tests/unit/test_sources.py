# SPDX-License-Identifier: Apache-2.0
"""What a view has to read: whatever is selected, it shows the same of its sources as of the whole document."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.apis import v4_parts, v5_parts
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.residue import MEMORY, RESIDUE
from app.domain.mapping.step import Members, Step
from app.domain.mapping.steps import Renamed
from app.domain.mapping.type_steps import DefaultType
from app.domain.query.selection import Selection, names, parse_fields, select
from tests.served import share
from tests.unit import strategies
from tests.unit.mappings import EACH_STEP, EACH_VIEW, VIEWS

LAW = settings(max_examples=40, deadline=None)


PARTS = {
    f"{module.__name__}.{name}": view
    for module in (v4_parts, v5_parts)
    for name, view in vars(module).items()
    if isinstance(view, VersionMapping)
}

SELECTIONS = st.lists(st.lists(strategies.NAMES, min_size=1, max_size=2).map(".".join), max_size=4)


def tree_of(selection: list[str]) -> Selection:
    """The selection of a list of names; of no name at all, that of `none`."""
    tree = parse_fields(",".join(["none", *selection]))
    assert tree is not None
    return tree


def restricted(view: VersionMapping, document: Members, tree: Selection) -> Members:
    """The document as the database returns it when it is asked for the sources of a selection."""
    sources = view.sources(names(tree))
    return {name: value for name, value in document.items() if sources is None or name in sources}


def agrees(view: VersionMapping, document: Members, selection: list[str]) -> bool:
    """Whether that selection, and each name of the document by itself, shows the same when nothing else is read."""
    shown = view.to_version(document)
    trees = [tree_of(selection), *(Selection({name: {}}) for name in {*shown, *document})]
    return all(select(shown, tree) == select(view.to_version(restricted(view, document, tree)), tree) for tree in trees)


@EACH_VIEW
@settings(LAW, max_examples=share(320, VIEWS))
@given(st.data(), SELECTIONS)
def test_a_selection_shows_the_same_of_its_sources_alone(
    view: VersionMapping,
    older: VersionMapping,
    documents: st.SearchStrategy[Members],
    data: st.DataObject,
    selection: list[str],
) -> None:
    document = data.draw(documents)
    assert agrees(view, document, selection)
    assert agrees(view, older.to_stored(older.normalise(document)), selection)


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
@LAW
@given(strategies.WILD, SELECTIONS)
def test_a_selection_within_an_object_shows_the_same_of_its_sources_alone(
    part: VersionMapping, document: Members, selection: list[str]
) -> None:
    assert agrees(part, document, selection)
    assert agrees(part, part.to_stored(part.normalise(document)), selection)


@EACH_STEP
@LAW
@given(strategies.WILD, SELECTIONS)
@example({"id": "1", "fullName": "F", "engagedParty": {}, "role": "R", "entity": {"name": "E"}}, ["name", "role"])
@example({"id": "1", "role": "R", "@type": "Odd", "description": "D"}, ["engagedParty", "characteristic"])
@example({"@type": "Odd", "name": "N"}, ["id"])
@example({"name": "N"}, ["id"])
def test_each_step_knows_its_sources(step: Step, document: Members, selection: list[str]) -> None:
    assert agrees(VersionMapping(step), document, selection)
    assert agrees(VersionMapping(DefaultType("Odd"), step, Renamed("name", "x")), document, selection)


class Unheard(Step):
    """A step that does not say what it reads."""

    def to_version(self, members: Members) -> None:
        members["size"] = len(members)


def test_a_step_that_does_not_say_what_it_reads_may_read_anything() -> None:
    assert VersionMapping(Renamed("a", "b"), Unheard()).sources(frozenset({"a"})) is None


ALWAYS = frozenset({"@type", "@baseType", "@schemaLocation"})


@pytest.mark.parametrize(
    ("view", "shown", "sources"),
    [
        ("Customer v5", {"name"}, {"name", RESIDUE}),
        ("Customer v4", {"name"}, {"name", MEMORY}),
        ("Customer v4", {"engagedParty"}, {"engagedParty", "role", MEMORY}),
        ("Individual v5", {"name"}, {"name", RESIDUE}),
        ("Individual v4", {"fullName"}, {"fullName", "name", MEMORY}),
        ("PartyInteraction v4", {"channel"}, {"channel", "relatedChannel", MEMORY}),
        ("PartyInteraction v5", {"relatedChannel", "note"}, {"relatedChannel", "note", RESIDUE}),
        ("Organization v4", set(), {MEMORY}),
    ],
)
def test_what_is_read_for_a_selection(view: str, shown: set[str], sources: set[str]) -> None:
    assert VIEWS[view][0].sources(ALWAYS | shown) == ALWAYS | sources


def test_every_resource_can_be_read_in_part() -> None:
    assert [name for name, (view, _, _) in VIEWS.items() if view.sources(ALWAYS) is None] == []
