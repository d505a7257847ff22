# SPDX-License-Identifier: Apache-2.0
"""Resources as tables: what is written of a view is read as the same, in batches, from any row on."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import dates
from app.domain.json_values import equal
from app.domain.query.attributes import ANYTHING, Attribute
from app.errors import InvalidField, PayloadTooLarge, StartError
from app.transfer import parquet
from app.transfer.columns import OTHERS, columns
from app.transfer.parquet import ParquetSink, ParquetSource
from app.transfer.sources import START, Batch, Line, SourcePosition

PLAIN = ("string", "boolean", "integer", "number", "date-time")
MEMBERS = {
    "id": Attribute("string", False, dict),
    **{kind: Attribute(kind, False, dict) for kind in PLAIN},
    "lenient": Attribute("date-time", False, dict, lenient=True),
    "object": Attribute("object", False, dict),
    "array": Attribute("string", True, dict),
    "any": ANYTHING,
}
ATTRIBUTES = Attribute("object", False, lambda: MEMBERS)
LONGEST = 10_000

instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC)
)
numbers = st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer())
scalars = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), numbers, st.text(max_size=4), instants)
values = st.recursive(
    scalars, lambda some: st.lists(some, max_size=2) | st.dictionaries(st.text(max_size=3), some, max_size=2)
)
views = st.dictionaries(st.sampled_from([*MEMBERS, "href", "@type", "undeclared", OTHERS]), values, max_size=8)


def written(*pages: list[dict[str, Any]]) -> bytes:
    file = BytesIO()
    sink = ParquetSink(file, ATTRIBUTES)
    for page in pages:
        sink.write(page)
    sink.close()
    return file.getvalue()


def read(path: Path, place: SourcePosition = START) -> Iterator[Batch]:
    return ParquetSource(path, ATTRIBUTES, LONGEST).batches(place)


def lines(path: Path) -> list[Line]:
    return [line for batch in read(path) for line in batch.lines]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parquet") / "file.parquet"


@given(st.lists(views, max_size=4))
def test_a_view_is_read_as_it_was_written(path: Path, some: list[dict[str, Any]]) -> None:
    path.write_bytes(written(some))
    found = lines(path)
    assert [line.number for line in found] == list(range(1, len(some) + 1))
    for line, view in zip(found, some, strict=True):
        assert line.refusal is None
        assert equal(json.loads(line.text), dates.with_text_dates(view))


@given(st.lists(views, max_size=4))
def test_every_file_has_the_same_schema(path: Path, some: list[dict[str, Any]]) -> None:
    path.write_bytes(written(some))
    assert pq.read_schema(path) == pq.read_schema(pa.BufferReader(written([])))


def test_the_columns_are_those_of_the_attributes() -> None:
    assert [(column.name, column.kind) for column in columns(ATTRIBUTES)] == [
        *(("id", "string"), ("href", "string")),
        *((kind, kind) for kind in PLAIN),
        *(("lenient", "date-time"), ("object", "json"), ("array", "json"), ("any", "json"), (OTHERS, "json")),
    ]


def test_reading_goes_on_behind_every_batch(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BATCH_LINES", 3)
    monkeypatch.setattr(parquet, "GROUP_ROWS", 4)
    pages = [[{"id": str(page * 2 + n)} for n in range(2)] for page in range(8)]
    path.write_bytes(written(*pages))
    assert pq.ParquetFile(path).num_row_groups == 4
    whole = list(read(path))
    ids = [json.loads(line.text)["id"] for batch in whole for line in batch.lines]
    assert ids == [str(number) for number in range(16)]
    assert all(len(batch.lines) <= 3 for batch in whole)
    for done, batch in enumerate(whole, start=1):
        rest = [line for later in whole[done:] for line in later.lines]
        assert [line for later in read(path, batch.end) for line in later.lines] == rest
    assert whole[-1].end.position == ParquetSource(path, ATTRIBUTES, LONGEST).size == 16


def test_large_rows_come_in_small_batches_and_small_groups(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BATCH_BYTES", 20_000)
    monkeypatch.setattr(parquet, "GROUP_BYTES", 20_000)
    page = [{"id": str(number), "string": f"{number:05}" * 1000} for number in range(2)]
    path.write_bytes(written(*[page] * 10))
    assert pq.ParquetFile(path).num_row_groups == 5
    assert {len(batch.lines) for batch in read(path)} <= {1, 2, 3, 4}


def test_a_file_that_changed_is_refused(path: Path) -> None:
    path.write_bytes(written([{"id": "1"}, {"id": "2"}]))
    [batch] = read(path)
    path.write_bytes(written([{"id": "1"}, {"id": "3"}]))
    with pytest.raises(StartError, match="has changed since its import began"):
        list(read(path, batch.end))


def test_a_row_that_is_too_long_is_refused(path: Path) -> None:
    path.write_bytes(written([{"id": "1", "string": "x" * LONGEST}, {"id": "2"}]))
    first, second = lines(path)
    assert isinstance(first.refusal, PayloadTooLarge)
    assert len(first.text) <= 200
    assert second == Line(2, b'{"id":"2"}')


@pytest.mark.parametrize("column", ["object", "array", "any", OTHERS])
@pytest.mark.parametrize("text", ["{", "", "NaN"])
def test_what_should_be_json_and_is_not_is_refused(path: Path, column: str, text: str) -> None:
    pq.write_table(pa.table({"id": ["1"], column: [text]}), path)
    [line] = lines(path)
    assert isinstance(line.refusal, InvalidField)
    assert f"The column '{column}' holds JSON texts" in str(line.refusal)
    assert line.text == b'{"id":"1"}'


def test_what_holds_others_is_an_object(path: Path) -> None:
    pq.write_table(pa.table({"id": ["1"], OTHERS: ["[1]"]}), path)
    [line] = lines(path)
    assert "holds JSON objects" in str(line.refusal)


def test_a_time_without_a_zone_is_utc_and_nulls_and_no_numbers_are_nothing(path: Path) -> None:
    at = datetime(2024, 5, 1, 10)
    nested = pa.array([{"at": at, "none": None, "nan": float("nan")}])
    table = pa.table({"date-time": pa.array([at], pa.timestamp("us")), "string": [None], "object": nested})
    pq.write_table(table, path)
    [line] = lines(path)
    text = "2024-05-01T10:00:00Z"
    assert json.loads(line.text) == {"date-time": text, "object": {"at": text}}


def test_times_of_other_zones_are_the_same_instants(path: Path) -> None:
    at = datetime(2024, 5, 1, 10, tzinfo=UTC) + timedelta(milliseconds=7)
    pq.write_table(pa.table({"date-time": pa.array([at], pa.timestamp("ms", tz="Asia/Tokyo"))}), path)
    [line] = lines(path)
    assert json.loads(line.text) == {"date-time": "2024-05-01T10:00:00.007Z"}
