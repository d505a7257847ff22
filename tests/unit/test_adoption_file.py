# SPDX-License-Identifier: Apache-2.0
"""Reading a published file: JSON and YAML within bounds, and what is refused before it is built."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.spec.adoption.published_file import MOST_BYTES, MOST_NESTED, MOST_VALUES, read_published
from app.spec.adoption.report import AdoptionError

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029\ufeff"), max_size=8
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


def read(folder: Path, content: str | bytes, name: str = "a.yaml") -> dict[str, Any]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_published(path)


def refusal(folder: Path, content: str | bytes) -> str:
    with pytest.raises(AdoptionError) as refused:
        read(folder, content)
    (note,) = refused.value.notes
    return note.line("a.yaml")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_json_and_yaml_say_the_same(tmp_path: Path, document: dict[str, Any]) -> None:
    assert read(tmp_path, json.dumps(document)) == document
    assert read(tmp_path, "# A comment\n" + yaml.safe_dump(document, allow_unicode=True)) == document


def test_keys_are_texts_and_dates_stay_what_was_written(tmp_path: Path) -> None:
    content = "200: {on: 2023-02-31}\nat: 2024-05-01T00:00:00Z"
    assert read(tmp_path, content) == {"200": {"true": "2023-02-31"}, "at": "2024-05-01T00:00:00Z"}


def test_an_alias_stands_for_what_it_names(tmp_path: Path) -> None:
    assert read(tmp_path, "a: &it {b: 1}\nc: *it\nd: {<<: *it, e: 2}") == {
        "a": {"b": 1},
        "c": {"b": 1},
        "d": {"b": 1, "e": 2},
    }


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    assert read(tmp_path, b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGED = "a: &a {x: 1}\n" + "".join(
    f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 10)}]}}\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
DEEP_ALIASES = "a0: &a0 [1]\n" + "".join(f"a{index + 1}: &a{index + 1} [*a{index}]\n" for index in range(MOST_NESTED))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b" " * (MOST_BYTES + 1), "is larger than 20 MB"),
        ('{"a": ' * (MOST_NESTED + 1) + "1" + "}" * (MOST_NESTED + 1), "is nested deeper than 100 objects and arrays"),
        ('{"a": ' * 100_000, "is no JSON or YAML"),
        ("a: " + "[" * MOST_NESTED + "]" * MOST_NESTED, "is nested deeper than 100 objects and arrays"),
        ("[" * 100_000, "is no JSON or YAML"),
        (DEEP_ALIASES, "is nested deeper than 100 objects and arrays"),
        ('{"a": [' + "[]," * MOST_VALUES + "1]}", f"stands for more than {MOST_VALUES} values"),
        ("a: [" + "1," * MOST_VALUES + "1]", f"stands for more than {MOST_VALUES} values"),
        (LAUGHS, f"stands for more than {MOST_VALUES} values"),
        (MERGED, f"stands for more than {MOST_VALUES} values"),
        ("a: &a [*a]", "has an alias *a that stands for nothing, or for itself"),
        ("a: *b", "has an alias *b that stands for nothing, or for itself"),
        ("a: 1" + ":1" * 1_000_000, "has a number of more than 100 digits"),
        ('{"a": ' + "1" * 5000 + "}", "is no JSON or YAML"),
        ('{"a": NaN}', "holds 'nan', which JSON does not know"),
        ("a: .inf", "holds 'inf', which JSON does not know"),
        ("a: !!binary aGVsbG8=", "which JSON does not know"),
        ('a: !!python/object/apply:os.system ["id"]', "is no JSON or YAML: could not determine a constructor"),
        ('{"a": "\\ud800"}', "holds half of a surrogate pair"),
        ('{"a": 1, "a": 2}', "is no JSON or YAML: 'a' stands twice"),
        ("a: 1\na: 2", "is no JSON or YAML: 'a' stands twice"),
        ("--- 1\n--- 2", "is no JSON or YAML"),
        (b"\xff\xfe", "is no JSON or YAML: 'utf-8' codec"),
        ("", "holds no object; an OpenAPI document"),
        ("[1]", "holds no object; an OpenAPI document"),
    ],
)
def test_what_is_too_much_or_no_document_is_refused_in_one_line(
    tmp_path: Path, content: str | bytes, told: str
) -> None:
    line = refusal(tmp_path, content)
    assert told in line
    assert line.startswith("a.yaml: ")
    assert "\n" not in line


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(AdoptionError, match="cannot be read: No such file or directory"):
        read_published(tmp_path / "nowhere.json")
