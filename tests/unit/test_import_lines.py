# SPDX-License-Identifier: Apache-2.0
"""How an import reads lines of JSON: what ends them, which count, and that it can go on at every place."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import PayloadTooLarge, StartError
from app.transfer import ndjson
from app.transfer.ndjson import Ndjson
from app.transfer.sources import LONGEST_SHOWN, START, Batch, SourcePosition

LONGEST = 40

contents = st.binary(max_size=60).map(lambda raw: raw.translate(None, b"\r\n\xef"))
endings = st.sampled_from([b"\n", b"\r\n"])
written = st.lists(st.tuples(contents, endings), max_size=12)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of three lines, and blocks of a few bytes."""
    monkeypatch.setattr(ndjson, "BATCH_LINES", 3)
    monkeypatch.setattr(ndjson, "BLOCK", 7)


def batches(path: Path, place: SourcePosition = START) -> list[Batch]:
    return list(Ndjson(path, LONGEST).batches(place))


def texts(path: Path) -> list[tuple[int, bytes]]:
    return [(line.number, line.text) for batch in batches(path) for line in batch.lines]


@given(written, st.booleans(), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_line_is_read_once_with_its_number(
    small: None, tmp_path: Path, lines: list[tuple[bytes, bytes]], marked: bool, ended: bool
) -> None:
    raw = (b"\xef\xbb\xbf" if marked else b"") + b"".join(content + ending for content, ending in lines)
    if not ended and lines:
        raw = raw.removesuffix(lines[-1][1])
    file = tmp_path / "file"
    file.write_bytes(raw)

    read = [line for batch in batches(file) for line in batch.lines]
    wanted = {number: content for number, (content, _) in enumerate(lines, start=1) if content.strip()}
    assert [line.number for line in read] == list(wanted)
    for line in read:
        content = wanted[line.number]
        assert isinstance(line.refusal, PayloadTooLarge) == (len(content) > LONGEST)
        assert content.startswith(line.text) if line.refusal else content == line.text


@given(written)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reading_goes_on_behind_every_batch(small: None, tmp_path: Path, lines: list[tuple[bytes, bytes]]) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"".join(content + ending for content, ending in lines))
    whole = batches(file)
    for done, batch in enumerate(whole, start=1):
        assert batches(file, batch.end) == whole[done:]
    assert not whole or whole[-1].end.position == file.stat().st_size


def test_a_line_of_any_length_takes_no_more_room_than_is_shown_of_it(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b'{"a":1}\n' + b"x" * 3_000_000 + b'\n{"b":2}')
    [batch] = batches(file)
    assert [(line.number, bool(line.refusal)) for line in batch.lines] == [(1, False), (2, True), (3, False)]
    assert len(batch.lines[1].text) <= LONGEST_SHOWN
    assert "longer than 40 bytes; LIAISON_MAX_BODY_BYTES" in str(batch.lines[1].refusal)


@pytest.mark.parametrize("around", [b"", b"\n", b"\r\n", b"\n{}"])
def test_the_longest_line_is_read_whatever_stands_around_it(tmp_path: Path, around: bytes) -> None:
    file = tmp_path / "file"
    longest = json.dumps({"a": "x" * (LONGEST - 9)}).encode()
    assert len(longest) == LONGEST
    file.write_bytes(b"\xef\xbb\xbf" + longest + around)
    assert texts(file)[0] == (1, longest)


def test_a_batch_ends_with_its_bytes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndjson, "BATCH_BYTES", 20)
    file = tmp_path / "file"
    file.write_bytes(b'{"a":1}\n' * 10)
    assert [len(batch.lines) for batch in batches(file)] == [3, 3, 3, 1]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda raw: raw.replace(b"1", b"9", 1), "a byte of what was read"),
        (lambda raw: raw[: len(raw) // 4], "the end, and what was read"),
    ],
)
def test_a_file_that_changed_where_it_was_read_is_refused(
    small: None, tmp_path: Path, change: Callable[[bytes], bytes], what: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"".join(b'{"a":%d}\n' % number for number in range(9)))
    place = batches(file)[1].end
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(StartError, match=r"file has changed since its import began.*--anew"):
        batches(file, place)


def test_a_file_that_grows_while_it_is_read_is_refused(small: None, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"{}\n" * 4)
    reading = Ndjson(file, LONGEST).batches(START)
    next(reading)
    with file.open("ab") as more:
        more.write(b"{}\n")
    with pytest.raises(StartError, match="changed"):
        list(reading)


def test_an_empty_file_has_no_batch(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    assert batches(file) == []
