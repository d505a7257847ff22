# SPDX-License-Identifier: Apache-2.0
"""The exception tree as its module draws it, and the TMF Error body."""

import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import errors
from app.errors import LONGEST_ECHO, TmfError, shorten

LINE = re.compile(r"^(?P<indent>[│├└─ ]*)(?P<name>\w+)(?: +(?P<status>\d{3}))?(?: +(?P<code>\d{1,3}))?(?: +.*)?$")


def tree(of: type[TmfError]) -> Iterator[type[TmfError]]:
    yield of
    for child in of.__subclasses__():
        yield from tree(child)


def drawn() -> Iterator[tuple[int, str, str, str]]:
    """(depth, name, status, code) of every line of the drawing."""
    lines = (errors.__doc__ or "").splitlines()
    for line in lines[lines.index("TmfError") :]:
        if found := LINE.match(line):
            yield len(found["indent"]) // 4, found["name"], found["status"] or "", found["code"] or ""


CLASSES = list(tree(TmfError))
ERRORS = CLASSES[1:]


def test_the_drawing_shows_every_error_below_its_parent_with_status_and_code() -> None:
    shown = [(depth, name, status, code) for depth, name, status, code in drawn() if depth]
    assert sorted(shown) == sorted(
        (len(e.__mro__) - len(TmfError.__mro__), e.__name__, str(e.status), e.code) for e in ERRORS
    )
    assert [name for _, name, _, _ in shown] == [each.__name__ for each in ERRORS]


@pytest.mark.parametrize("error", CLASSES)
def test_every_member_of_an_error_body_is_text(error: type[TmfError]) -> None:
    body = error("What was wrong.").body()
    assert body == {
        "@type": "Error",
        "code": error.code,
        "reason": error.reason,
        "message": "What was wrong.",
        "status": str(error.status),
    }
    assert all(isinstance(value, str) and value for value in body.values())


@pytest.mark.parametrize("error", ERRORS)
def test_a_code_belongs_to_one_status_only(error: type[TmfError]) -> None:
    assert {other.status for other in ERRORS if other.code == error.code} == {error.status}


def test_an_error_reads_as_its_message() -> None:
    assert str(errors.NotFound("There is no such thing")) == "There is no such thing"


def test_headers_that_go_with_an_error_are_kept_apart() -> None:
    headers = {"Retry-After": "1"}
    error = errors.Unavailable("Later", headers)
    headers["Retry-After"] = "2"
    assert error.headers == {"Retry-After": "1"}
    assert errors.Unavailable("Later").headers == {}


@given(st.text(max_size=400), st.integers(1, 300))
def test_a_shortened_text_is_the_text_or_its_beginning(text: str, longest: int) -> None:
    told = shorten(text, longest)
    assert len(told) <= longest
    assert told == text if len(text) <= longest else told.endswith("…") and text.startswith(told[:-1])


def test_what_is_no_text_is_shortened_as_text() -> None:
    assert json.loads(shorten([1, 2])) == [1, 2]
    assert len(shorten(list(range(10_000)))) == LONGEST_ECHO
