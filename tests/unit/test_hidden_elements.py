# SPDX-License-Identifier: Apache-2.0
"""Hidden elements of arrays: what is seen has none of them, and every change leaves them as they were."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.query.matching import matches
from app.domain.query.predicates import Predicate
from app.domain.query.query import parse_query
from app.domain.restriction import SensitiveElements
from app.errors import Forbidden
from app.resources.hidden_elements import HiddenElements

ARRAY = "partyCharacteristic"
SECRETS = [SensitiveElements(ARRAY, "name", text, f"{text}:reveal") for text in ("religion", "health")]
HIDDEN = HiddenElements("Individual", {ARRAY: SECRETS})

NAMES = st.sampled_from(["religion", "health", "Religion", "language", ""])
ELEMENTS = st.one_of(
    st.just({}),
    st.builds(lambda name, value: {"name": name, "value": value}, NAMES, st.sampled_from([1, 5, "fi", {"tags": [3]}])),
)
VIEWS = st.one_of(
    st.just({"id": "1"}), st.builds(lambda elements: {"id": "1", ARRAY: elements}, st.lists(ELEMENTS, max_size=4))
)


def names(view: dict[str, Any]) -> list[str | None]:
    return [each.get("name") for each in view.get(ARRAY, [])]


def secrets(view: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in view.get(ARRAY, []) if each.get("name") in ("religion", "health")]


@given(whole=VIEWS, changed=VIEWS)
def test_a_change_of_what_is_seen_loses_and_tells_nothing_of_what_is_hidden(
    whole: dict[str, Any], changed: dict[str, Any]
) -> None:
    seen, changed = HIDDEN.visible(whole), HIDDEN.visible(changed)
    assert secrets(seen) == []
    assert HIDDEN.restore(seen, whole) == whole
    restored = HIDDEN.restore(changed, whole)
    assert HIDDEN.visible(restored) == changed
    assert secrets(restored) == secrets(whole)
    assert HIDDEN.visible({**whole, ARRAY: [*whole.get(ARRAY, []), {"name": "health"}]}) == seen


@given(whole=VIEWS)
def test_what_is_hidden_is_refused_in_what_is_sent(whole: dict[str, Any]) -> None:
    HIDDEN.refuse(HIDDEN.visible(whole))
    if found := secrets(whole):
        with pytest.raises(Forbidden, match=f"needs the scope {found[0]['name']}:reveal"):
            HIDDEN.refuse(whole)


def predicate(text: str) -> Predicate:
    return parse_query(text).where


ASKED = [
    f"{ARRAY}.name=religion",
    f"{ARRAY}.name=language",
    f"{ARRAY}.name.ne=religion",
    f"{ARRAY}.name.ne=language",
    f"{ARRAY}.name.regex=^[rl]",
    f"{ARRAY}.value>3",
    f"{ARRAY}.value.tags.gte=3",
    f"{ARRAY}.value.ne=5",
    f"{ARRAY}.exists=true",
    f"{ARRAY}.exists=false",
    f"{ARRAY}.name.exists=true",
    f"{ARRAY}.name.exists=false",
    f"{ARRAY}.value.tags.exists=false",
    f"filter=$[?(@.{ARRAY}[?(@.name=='religion' && @.value==5)])]",
    f"filter=$[?(!@.{ARRAY}[?(@.value==5)])]",
    f"filter=$[?(@.{ARRAY}[?(@.name!='language')] || @.id=='2')]",
    f"filter=$[?(@.{ARRAY})]",
    "id=1",
]


@pytest.mark.parametrize("asked", ASKED)
@given(whole=VIEWS)
def test_a_filter_finds_by_what_is_seen(asked: str, whole: dict[str, Any]) -> None:
    where = predicate(asked)
    assert matches(HIDDEN.visible_predicate(where), whole) is matches(where, HIDDEN.visible(whole))


@pytest.mark.parametrize(
    "asked", [f"{ARRAY}.0.name=x", f"filter=$[?(length(@.{ARRAY})>1)]", f"filter=$[?(@.{ARRAY}[0].name=='x')]"]
)
def test_what_counts_elements_is_refused(asked: str) -> None:
    with pytest.raises(Forbidden, match="religion:reveal"):
        HIDDEN.visible_predicate(predicate(asked))
    with pytest.raises(Forbidden, match="religion:reveal"):
        HIDDEN.refuse_order([("id",), (ARRAY, "name")])


@given(before=VIEWS, after=VIEWS)
def test_a_change_is_seen_where_what_is_seen_changes(before: dict[str, Any], after: dict[str, Any]) -> None:
    same, gone = HIDDEN.visible_change(before, after)
    former, present = HIDDEN.visible(before).get(ARRAY, []), HIDDEN.visible(after).get(ARRAY, [])
    assert (same, gone) == ({ARRAY} if former == present else set(), {ARRAY} if former and not present else set())
