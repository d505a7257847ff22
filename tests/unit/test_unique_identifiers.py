# SPDX-License-Identifier: Apache-2.0
"""The keys of unique identifiers: the same for what is spelt otherwise, and for nothing else."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.composition.unique_identifiers import unique_identifiers
from app.domain.unique_identifiers import UniqueIdentifier, comparable
from app.errors import StartError
from tests.served import PARTS, SERVED

PASSPORT = UniqueIdentifier("passport", ("papers",), (("kind",), ("number",), ("of",)), (("kind",), ("number",)))
VERSIONS = list(PARTS.values())
LIFECYCLES = {name: resource.lifecycle for (name, _), resource in SERVED.items()}
TEXTS = st.text(string.ascii_letters + string.digits, min_size=1)
PAPERS = st.fixed_dictionaries({"kind": TEXTS, "number": TEXTS}, optional={"of": TEXTS})


def keys(*papers: Any) -> list[str]:
    return [key for key, _ in PASSPORT.keys({"papers": list(papers)})]


def respelt(text: str) -> st.SearchStrategy[str]:
    """The text in other letter case, with blanks and punctuation in between."""
    gaps = st.text(" -./_", max_size=2)
    return st.tuples(*(st.tuples(st.sampled_from([each.lower(), each.upper()]), gaps) for each in text)).map(
        lambda parts: "".join(letter + gap for letter, gap in parts)
    )


@given(PAPERS, st.data())
def test_another_spelling_has_the_same_key(paper: dict[str, str], data: st.DataObject) -> None:
    assert keys({name: data.draw(respelt(text)) for name, text in paper.items()}) == keys(paper)


@given(st.text())
def test_the_fast_way_for_plain_text_comes_to_the_same(text: str) -> None:
    # With a sign of another alphabet that compares as nothing, the text takes the other way.
    assert comparable(text) == comparable(f"{text}\N{EM DASH}")


@given(PAPERS, PAPERS)
def test_other_parts_have_other_keys(one: dict[str, str], other: dict[str, str]) -> None:
    folded = [{name: text.casefold() for name, text in each.items()} for each in (one, other)]
    assert (keys(one) == keys(other)) == (folded[0] == folded[1])


@given(st.lists(PAPERS), st.sampled_from(["kind", "number"]))
def test_what_lacks_a_needed_part_has_no_key_and_says_where_the_others_stand(
    papers: list[dict[str, str]], lacking: str
) -> None:
    partial = {"kind": "a", "number": "b"}
    del partial[lacking]
    found = list(PASSPORT.keys({"papers": [partial, *papers]}))
    assert [pointer for _, pointer in found] == [f"/papers/{index}" for index in range(1, len(papers) + 1)]


def test_the_default_is_what_no_document_calls_optional() -> None:
    in_force = unique_identifiers("default", VERSIONS, LIFECYCLES)
    declared = {
        (name, each.name)
        for part in VERSIONS
        for name, declaration in part.declared.items()
        for each in declaration.unique
        if not each.optional
    }
    assert {(name, each.name) for name, found in in_force.items() for each in found.of} == declared
    assert not unique_identifiers("off", VERSIONS, LIFECYCLES)


def test_names_choose_exactly_what_is_in_force() -> None:
    in_force = unique_identifiers("email, engagement", VERSIONS, LIFECYCLES)
    assert {name for found in in_force.values() for name in (each.name for each in found.of)} == {"email", "engagement"}
    with pytest.raises(StartError, match="LIAISON_UNIQUE: 'pasport' is no unique identifier; there are email"):
        unique_identifiers("email,pasport", VERSIONS, LIFECYCLES)
