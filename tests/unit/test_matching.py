# SPDX-License-Identifier: Apache-2.0
"""Attribute filters on plain documents: the test vectors, and what finds what."""

from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.filtering import found
from tests.unit.spellings import texts


@pytest.mark.parametrize(
    ("raw", "ids"),
    [
        ("", "123"),
        ("status=x", "1"),
        ("status=x,y", "12"),
        ("status=x%2Cy", "3"),
        ("status=x&status=y", "12"),
        ("status=x;n=10", "12"),
        ("n%3E5&n%3C10", "3"),
        ("n>5&n<10", "3"),
        ("n.gt=5&n.lt=10", "3"),
        ("n>=5&status=x", "1"),
        ("n%3C6;n%3E9", "12"),
        ("note.author=P&note.text=t2", "1"),
        ("filter=note[?(@.author=='P' %26%26 @.text=='t2')]", ""),
        ("filter=note[?(@.author=='P' && @.text=='t2')]", ""),
        ("filter=note[?(@.author=='Q' && @.text=='t2')]", "1"),
        ("status.regex=%5Ex", "13"),
        ("status*=^x", "13"),
        ("status=~^x", "13"),
        ("status=zzz", ""),
        ("sort=-n&fields=n&offset=1&limit=1", "123"),
        ("n=5", "1"),
        ("n=5.0", "1"),
        ("n=1e1", "2"),
        ("n=5,7&status=x", "1"),
        ("n.eq=7", "3"),
        ("n.ne=7", "12"),
        ("n.ne=7,5", "2"),
        ("n.nin=7,5", "2"),
        ("n.ne=7&n.ne=5", "2"),
        ("n.in=7,5", "13"),
        ("n<6,9", "13"),
        ("n>100,9", "2"),
        ("n>x", ""),
        ("status>x", "23"),
        ("status>=x", "123"),
        ("status<x%2C", "1"),
        ("status=~^x$,y", "123"),
        ("n=~5", ""),
        ("note.exists=true", "12"),
        ("note.exists=false", "3"),
        ("note.author.exists=true", "1"),
        ("note.author.ne=P", "23"),
        ("note.author.ne=Z", "123"),
        ("note.author=P,Z", "1"),
        ("note.0.author=P", "1"),
        ("note.1.author=P", ""),
        ("note.1.exists=true", "1"),
        ("note.author.x=P", ""),
        ("note=t1", ""),
        ("unknown=x", ""),
        ("unknown.ne=x", "123"),
        ("unknown>x", ""),
        ("unknown.exists=false", "123"),
        ("filter=note&status=x", "1"),
        ("filter=note;status=x", "1"),
        ("filter=note&status=x;n=10", "12"),
        ("filter=note[?(@.author=='P')]&filter=$[?(@.n==7)]", "13"),
        ("filter=$[?(!(@.status=='x'))]", "23"),
        ("filter=$[?(length(@.note)>1)]", "1"),
        ("filter=$[?(@.n=='5')]", ""),
    ],
)
def test_the_vectors_of_attribute_filtering_find_what_they_should(raw: str, ids: str) -> None:
    assert found(raw) == list(ids)


@given(texts, st.sampled_from([quote, quote_plus]))
def test_any_text_is_found_by_itself_percent_encoded(text: str, encoded: Any) -> None:
    assert found(f"name.eq={encoded(text, safe='')}", [{"id": "1", "name": text}]) == ["1"]


@given(texts, texts)
def test_a_text_is_found_by_no_other(text: str, other: str) -> None:
    documents = [{"id": "1", "name": text}]
    assert found(f"name.eq={quote(other, safe='')}", documents) == (["1"] if text == other else [])
    assert found(f"name.ne={quote(other, safe='')}", documents) == (["1"] if text != other else [])


@given(texts | st.text("=~<>*", max_size=3), texts | st.text("=~<>*", max_size=3))
def test_a_wholly_percent_encoded_text_finds_exactly_what_is_that_text(text: str, other: str) -> None:
    documents = [{"id": "1", "name": text}, {"id": "2", "name": other}, {"id": "3"}]
    raw = "".join(f"%{byte:02x}" for byte in text.encode())
    assert found(f"name={raw}", documents) == (["1", "2"] if text == other else ["1"])


@given(st.lists(texts, min_size=1, max_size=4), texts)
def test_a_list_of_values_finds_each_of_them(values: list[str], text: str) -> None:
    raw = ",".join(quote(value, safe="") for value in values)
    assert bool(found(f"name.in={raw}", [{"id": "1", "name": text}])) == (text in values)


@given(st.lists(texts, max_size=4), texts)
def test_an_array_is_found_by_any_element(elements: list[str], text: str) -> None:
    document = {"id": "1", "tag": elements, "note": [{"text": element} for element in elements]}
    for name in ("tag", "note.text"):
        assert bool(found(f"{name}.eq={quote(text, safe='')}", [document])) == (text in elements)
        assert bool(found(f"{name}.ne={quote(text, safe='')}", [document])) == (text not in elements)
