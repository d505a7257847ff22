# SPDX-License-Identifier: Apache-2.0
"""Checkpoints and rejects: whole or not there, and exact about what counts."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidField, StartError
from app.transfer.checkpoint import Checkpoint, Counts, Terms, load
from app.transfer.ids import Ids
from app.transfer.rejects import Rejects
from app.transfer.sources import START, Line, SourcePosition

numbers = st.integers(0, 2**53)
checkpoints = st.builds(
    Checkpoint,
    terms=st.builds(Terms, st.text(), st.text(), numbers, st.text()),
    ids=st.builds(Ids, numbers, numbers),
    place=st.builds(SourcePosition, numbers, numbers, st.text()),
    counts=st.builds(Counts, numbers, numbers, numbers),
    rejected_bytes=numbers,
)
TERMS = Terms("Customer", "v4", 100, "")
WRONG = InvalidField("/status is wrong")


@given(checkpoint=checkpoints)
def test_a_checkpoint_is_read_as_it_was_saved(tmp_path_factory: pytest.TempPathFactory, checkpoint: Checkpoint) -> None:
    path = tmp_path_factory.mktemp("import") / "checkpoint"
    Checkpoint(TERMS, Ids(1, 2)).save(path)
    checkpoint.save(path)
    assert load(path) == checkpoint
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_where_no_checkpoint_is_there_is_none(tmp_path: Path) -> None:
    assert load(tmp_path / "none") is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 99}', '{"format": 1, "terms": {}}'])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(StartError, match="no checkpoint of an import; remove it, or start anew with --anew"):
        load(tmp_path / "file")


@pytest.mark.parametrize(
    ("place", "done"), [(START, False), (SourcePosition(99, 3, "f"), False), (SourcePosition(100, 3, "f"), True)]
)
def test_an_import_is_done_at_the_end_of_its_file(place: SourcePosition, done: bool) -> None:
    assert Checkpoint(TERMS, Ids(1, 2), place).is_done is done


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="No such file or directory"):
        Checkpoint(TERMS, Ids(1, 2)).save(tmp_path / "nowhere" / "checkpoint")


def rejected(path: Path) -> list[int]:
    return [json.loads(line)["line"] for line in path.read_bytes().splitlines()]


def test_a_reject_tells_line_and_error_and_what_was_in_the_line(tmp_path: Path) -> None:
    path = tmp_path / "rejects"
    with Rejects(path, 0) as rejects:
        rejects.add([(Line(7, b'{"a":"\xff\xc3\xa4"}'), WRONG)])
    assert json.loads(path.read_bytes()) == {"line": 7, "error": WRONG.body(), "text": '{"a":"\\xffä"}'}


def test_rejects_behind_the_checkpoint_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "rejects"
    with Rejects(path, 0) as rejects:
        rejects.add([(Line(1, b"a"), WRONG)])
        counted = rejects.size
        rejects.add([(Line(2, b"b"), WRONG)])
    with Rejects(path, counted) as rejects:
        assert rejected(path) == [1]
        rejects.add([(Line(3, b"c"), WRONG)])
        assert rejects.size == path.stat().st_size
    assert rejected(path) == [1, 3]


def test_an_import_without_rejects_makes_no_file(tmp_path: Path) -> None:
    with Rejects(tmp_path / "rejects", 0) as rejects:
        rejects.add([])
    assert not (tmp_path / "rejects").exists()


def test_rejects_that_are_missing_are_told(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="rejects are missing from it"), Rejects(tmp_path / "rejects", 10):
        pass
