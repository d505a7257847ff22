# SPDX-License-Identifier: Apache-2.0
"""References that are led on, and back; what a survivor has of both, and gives up again."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.domain.json_pointers import steps, value_at
from app.domain.redirection import Redirection, without_self
from app.domain.survivorship import DUPLICATE, NEWEST, SURVIVOR, Survivorship, divide

CLASSES = frozenset({"Individual", "Party"})
THERE = Redirection("Individual", "a", "b", CLASSES, is_unmistakable=False)
BACK = Redirection("Individual", "b", "a", CLASSES, is_unmistakable=False)
OWNERS = frozenset({("engagedParty", "id")})

TEXTS = st.sampled_from(["a", "c", "liaison:Individual/a", "liaison:Individual/c", "liaison:Customer/a", "Individual"])
OBJECTS = st.dictionaries(st.sampled_from(["id", "href", "@referredType", "name"]), TEXTS)
DOCUMENTS = st.recursive(
    OBJECTS,
    lambda inner: st.dictionaries(st.sampled_from(["engagedParty", "x", "y"]), inner | st.lists(inner, max_size=3)),
    max_leaves=8,
)
VALUES = st.integers(0, 3) | st.lists(st.integers(0, 5), max_size=4, unique=True)
ATTRIBUTES = st.dictionaries(st.sampled_from(["n", "m", "o", "p"]), VALUES)


@given(DOCUMENTS)
def test_what_is_led_on_and_back_is_as_before(document: dict[str, Any]) -> None:
    led, pointers = THERE.follow(document, OWNERS)
    assert not THERE.follow(led, OWNERS)[1]
    references = {text: value_at(led, steps(text)) for text in pointers}
    assert BACK.lead_back(led, references) == (document, [])
    assert (led is document) == (not pointers)


@given(DOCUMENTS, st.lists(OBJECTS, max_size=2))
def test_a_reference_is_found_again_where_its_array_has_grown(document: dict[str, Any], others: list[Any]) -> None:
    led, pointers = THERE.follow({"x": [document]}, OWNERS)
    references = {text: value_at(led, steps(text)) for text in pointers}
    kept = [each for each in others if each not in references.values() and not THERE.follow({"x": each}, OWNERS)[1]]
    grown = {"x": [*kept, *led["x"]]}
    back, lost = BACK.lead_back(grown, references)
    assert not lost
    assert THERE.follow(back, OWNERS)[0] == grown or len({str(each) for each in references.values()}) < len(references)


def test_what_is_a_reference_and_what_only_looks_so() -> None:
    def leads_on(reference: dict[str, Any], **more: Any) -> bool:
        redirection = Redirection("Individual", "a", "b", CLASSES, **{"is_unmistakable": False, **more})
        return bool(redirection.follow({"x": reference}, OWNERS)[1])

    assert leads_on({"href": "liaison:Individual/a"})
    assert leads_on({"id": "a", "@referredType": "Party"})
    assert leads_on({"id": "a", "href": "https://example.com/a", "@referredType": "Individual"})
    assert leads_on({"id": "a", "@referredType": "Customer"}, is_unmistakable=True)
    assert not leads_on({"id": "a", "@referredType": "Customer"})
    assert not leads_on({"id": "a", "href": "liaison:Customer/a"}, is_unmistakable=True)
    assert not leads_on({"id": "a"})
    assert not leads_on({"name": "a"}, is_unmistakable=True)
    assert THERE.follow({"engagedParty": {"id": "a"}}, OWNERS) == ({"engagedParty": {"id": "b"}}, ["/engagedParty"])


def test_a_survivor_does_not_refer_to_itself() -> None:
    own, other = {"id": "b", "@referredType": "Party"}, {"id": "c", "@referredType": "Party"}
    document = {"x": [{"party": own}, {"party": other}], "y": own, "z": [own], "empty": [], "name": "b"}
    assert without_self(document, THERE, OWNERS) == {"x": [{"party": other}], "empty": [], "name": "b"}


@given(ATTRIBUTES, ATTRIBUTES, st.booleans())
def test_a_merge_that_nobody_touched_is_undone_without_a_trace(
    survivor: dict[str, Any], duplicate: dict[str, Any], newest_is_duplicate: bool
) -> None:
    rules = Survivorship({"n": NEWEST, "o": DUPLICATE, "p": SURVIVOR})
    united = rules.unite(survivor, duplicate, newest_is_duplicate=newest_is_duplicate, fixed=())
    names = [name for name in united if name not in survivor or survivor[name] != united[name]]
    before = {name: survivor[name] for name in names if name in survivor}
    after = {name: united[name] for name in names}
    assert divide(united, before, after) == (survivor, [])
    assert united.keys() - survivor.keys() == duplicate.keys() - survivor.keys() - {"p"}


@given(st.lists(st.integers(0, 9), unique=True), st.lists(st.integers(0, 9), unique=True), st.integers(10, 20))
def test_of_an_array_what_came_since_stays(ours: list[int], theirs: list[int], since: int) -> None:
    united = Survivorship().unite({"n": ours}, {"n": theirs}, newest_is_duplicate=False, fixed=())
    before, after = ({"n": ours}, {"n": united["n"]}) if united["n"] != ours else ({}, {})
    assert divide({"n": [*united["n"], since]}, before, after) == ({"n": [*ours, since]}, [])


def test_what_was_changed_since_stays_and_is_named() -> None:
    assert divide({"n": 3, "m": [1]}, {"n": 1}, {"n": 2, "m": [1, 2]}) == ({"n": 3, "m": [1]}, ["m", "n"])
