# SPDX-License-Identifier: Apache-2.0
"""Attribute selection by JSONPath: it shows what the JSONPath library finds, refuses what filters refuse, in bounds."""

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.query.path_filter import read_filter
from app.domain.query.selection import parse_fields, select, select_or_whole
from app.domain.query.selection_paths import MOST_STEPS, Work
from app.errors import InvalidQuery, NotSupported, TmfError
from tests.unit.json_paths import DOCUMENTS, LIBRARY, PIECES, TEXTS, written
from tests.unit.json_paths import selected as pairs

DOCUMENT: dict[str, Any] = {
    "note": [{"author": "P", "text": "a,b", "at": datetime(2024, 5, 1, 22, tzinfo=UTC)}, {"author": "Q", "@type": "N"}],
    "o": {"n": 1, "l": [{"a": 1, "b": 2}]},
    "tag": ["x", ["y", "z"]],
}


def shown_of(document: Any, fields: str) -> Any:
    selection = parse_fields(fields)
    return document if selection is None else select(document, selection)


def pruned(value: Any, places: Iterable[tuple[Any, ...]]) -> Any:
    """`value` with what is at one of the places, and the containers on the way there."""
    places = set(places)
    if () in places:
        return value
    steps = enumerate(value) if isinstance(value, list) else value.items()
    heads = {place[0] for place in places}
    kept = {
        key: pruned(each, [place[1:] for place in places if place[0] == key]) for key, each in steps if key in heads
    }
    return list(kept.values()) if isinstance(value, list) else kept


@settings(max_examples=500)
@given(st.lists(st.tuples(pairs(2), st.sampled_from(["$", ""])), min_size=1, max_size=3), DOCUMENTS)
def test_a_selection_shows_what_the_library_finds(asked: list[tuple[tuple[str, str], str]], document: Any) -> None:
    found = [node.parts for (_, meant), _ in asked for node in LIBRARY.finditer(f"${meant}", document)]
    assert shown_of(document, ",".join(f"{start}{sent}" for (sent, _), start in asked)) == pruned(document, found)


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3))
def test_commas_brackets_and_quotes_within_texts_separate_nothing(text: str, others: list[str]) -> None:
    document = {"a": [{"s": each} for each in (text, *others)], "b": 1}
    kept = [{"s": each} for each in (text, *others) if each == text]
    assert shown_of(document, f"a[?(@.s=={written(text)})], b") == {"a": kept, "b": 1}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("$", DOCUMENT),
        ("$,o", DOCUMENT),
        ("note[?(@.text=='a,b')].author", {"note": [{"author": "P"}]}),
        ("note[?(@.text=~/[,'\"\\]]b/)].author", {"note": [{"author": "P"}]}),
        ("note[?(@.at=='2024-05-02T00:00:00+02:00')]", {"note": DOCUMENT["note"][:1]}),
        ("note[?(@.at=='2024-05-01' and @.author=='P')].at", {"note": [{"at": DOCUMENT["note"][0]["at"]}]}),
        ("note[?(@.author=='Q')].author", {"note": [{"author": "Q", "@type": "N"}]}),
        ("note[?(@.author=='R')].author", {}),
        ("$.note.author", {"note": [{"author": "P"}, {"author": "Q", "@type": "N"}]}),
        ("note.author,note[0].text", {"note": [{"author": "P", "text": "a,b"}, {"author": "Q", "@type": "N"}]}),
        ("note[0],note", {"note": DOCUMENT["note"]}),
        ("note[0].text,note[0]", {"note": DOCUMENT["note"][:1]}),
        ("o[*],tag[1][0]", {"o": DOCUMENT["o"], "tag": [["y"]]}),
        ("o[?(@>0)]", {"o": {"n": 1}}),
        ("tag[?(@=='x')]", {"tag": ["x"]}),
        (".o.l[0]['a']", {"o": {"l": [{"a": 1}]}}),
        ("note[7]", {}),
    ],
)
def test_a_path_keeps_what_it_finds(fields: str, expected: Any) -> None:
    assert shown_of(DOCUMENT, fields) == expected


FOR_BOTH = [
    *("$..note", "note[0:2]", "note[-1]", "party.*", "$.*", "$[*]", "$[0]", "note[(@.length-1)]", "$['a.b']", "$['']"),
    *("note[?(@.a == $.b)]", "note[?(@.a == @.b)]", "note[?(count(@.a) > 1)]", "note[?(min(@.a) > 1)]"),
    *("note[?(@.a =~ /x/m)]", "note['0']", "note[", "note]", "note[]", "note.", "$note", "$$", "note[01]"),
    *("note[?(@.a=='P']", "note[?(@.a='P')]", "note[?(@.a == True)]", "note[?(@.n + 1 == 6)]", "$.n > 5", "(a)"),
    *("note[?(@.a in ['x'])]", "note[?(@type=='x')]", "note[?(@.a =~ '(a+)+b')]", "note[?(@.n == 1e400)]"),
    *("note[?(@.a[*].b == 1)]", "a" + "[?(@.a" * 11 + ")]" * 11, "a[?(" + "@.a||" * 100 + "@.a)]", "a" + "[0,1]" * 30),
    *("note[?(length(@.a) > 1.5)]", "$['" + "a" * 2000 + "']"),
]


@pytest.mark.parametrize("path", FOR_BOTH)
def test_what_a_filter_refuses_a_selection_refuses_alike(path: str) -> None:
    with pytest.raises(TmfError) as by_filter:
        read_filter(path)
    with pytest.raises(TmfError) as by_fields:
        parse_fields(f"status,{path}")
    assert (by_fields.value.status, by_fields.value.code) == (by_filter.value.status, by_filter.value.code)
    if isinstance(by_filter.value, NotSupported):
        assert by_fields.value.message == by_filter.value.message.replace("'filter'", "'fields'")
    assert "'filter'" not in by_fields.value.message


@pytest.mark.parametrize("path", ["$[?(@.status=='x')]", "[?(@.a)].b"])
def test_a_condition_on_the_resource_itself_selects_nothing_of_it(path: str) -> None:
    with pytest.raises(NotSupported, match="is not supported in 'fields'"):
        parse_fields(path)


@pytest.mark.parametrize("path", ["length(@.note) > 1", "note.length()", "$.note.length() == 2"])
def test_what_compares_or_measures_is_no_selection(path: str) -> None:
    with pytest.raises(InvalidQuery, match="is no JSONPath; write one such as"):
        parse_fields(path)


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=12))
def test_any_text_selects_or_is_refused_with_a_tmf_error(text: str) -> None:
    with contextlib.suppress(InvalidQuery, NotSupported):
        assert shown_of({"a": [{"note": "x"}, 0, None]}, text).keys() <= {"a"}


def test_the_paths_of_a_selection_are_bounded_together() -> None:
    parse_fields(",".join(["a[?(@.b==1)]"] * 100))
    with pytest.raises(InvalidQuery, match="more than 100 comparisons"):
        parse_fields(",".join(["a[?(@.b==1)]"] * 101))
    with pytest.raises(InvalidQuery, match="JSONPath of 2001 characters"):
        parse_fields(",".join(["$.a"] * 667))


WIDE = {"a": [{"b": [{"c": 1}] * 1000}] * 10, "t": ["x" * 1_000_000]}


@pytest.mark.parametrize(
    ("path", "least", "most"),
    [
        ("a[0].b[0].c", 3, 10),
        ("a[*].b", 20, 60),
        ("$.a.b.c", 10_000, 50_000),
        ("a[?(@.b[?(@.c==1)])]", 10_000, 20_000),
        ("a[*].b[?(@.c==1)].c", 10_000, 50_000),
        ("t[?(@=~/x/)]", 1000, 1100),
    ],
)
def test_steps_count_what_a_path_looks_at(path: str, least: int, most: int) -> None:
    selection = parse_fields(path)
    assert selection is not None
    assert select(WIDE, selection, Work(most))
    with pytest.raises(InvalidQuery, match="ask for fewer items with 'limit'"):
        select(WIDE, selection, Work(least))


def test_all_items_of_an_answer_share_its_steps() -> None:
    selection, work = parse_fields("$.a.b.c"), Work()
    assert selection is not None

    def answer() -> None:
        for _ in range(MOST_STEPS // 10_000):
            select(WIDE, selection, work)

    with pytest.raises(InvalidQuery, match=f"more than {MOST_STEPS} values"):
        answer()


def test_what_was_written_is_shown_whole_when_its_selection_takes_too_long() -> None:
    selection = parse_fields(",".join(["a[*].b[?(@.c!=1)]"] * 20))
    assert selection is not None
    with pytest.raises(InvalidQuery):
        select(WIDE, selection)
    assert select_or_whole(WIDE, selection) is WIDE
    assert select_or_whole({"a": [], "x": 1}, selection) == {}
