# SPDX-License-Identifier: Apache-2.0
"""An export holds a page at a time, and no more of it than so many bytes."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from app.domain.query.cursor import Cursor, Position
from app.errors import InvalidQuery, StartError
from app.resources.lists.pages import ListPage, ListQuery
from app.storage.documents.counting import Counting, Total
from app.transfer.exporting import FIRST_PAGE, LONGEST_PAGE, PAGE_BYTES, Export, condition
from app.transfer.sinks import NdjsonSink, whole

pytestmark = pytest.mark.anyio


class Engine:
    """A list of so many resources, as an engine finds its parts."""

    def __init__(self, length: int) -> None:
        self._length = length
        self.asked: list[ListQuery] = []

    async def find(self, asked: ListQuery) -> ListPage:
        self.asked.append(asked)
        end = min(asked.offset + asked.limit, self._length)
        onward = Cursor(end, Position((), str(end)), "") if end < self._length else None
        items = [{"id": str(number)} for number in range(asked.offset, end)]
        return ListPage(items, Total(self._length), onward is not None, onward)


class Sink:
    """Takes resources of so many bytes."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.taken: list[str] = []

    def write(self, views: Sequence[dict[str, Any]]) -> int:
        self.taken += [view["id"] for view in views]
        return self._size * len(views)

    def close(self) -> None:
        pass


async def pages(length: int, size: int) -> list[ListQuery]:
    """What was asked for in an export of `length` resources of `size` bytes; it exported each of them once."""
    engine, sink, told = Engine(length), Sink(size), list[int]()
    assert await Export(engine, condition(""), sink).run(asyncio.Event(), told.append)  # type: ignore[arg-type]
    assert sink.taken == [str(number) for number in range(length)]
    assert sum(told) == length
    return engine.asked


async def test_pages_grow_to_the_longest_while_resources_are_small() -> None:
    asked = await pages(2500, 2000)
    assert [each.limit for each in asked] == [FIRST_PAGE, LONGEST_PAGE, LONGEST_PAGE, LONGEST_PAGE]
    assert {each.counting for each in asked} == {Counting.NONE}


async def test_every_page_begins_behind_the_one_before() -> None:
    asked = await pages(1200, 2000)
    assert [each.cursor and each.cursor.position.id for each in asked] == [None, "100", "1100"]


@pytest.mark.parametrize("size", [100_000, 1_000_000, 2 * PAGE_BYTES])
async def test_pages_of_large_resources_are_short(size: int) -> None:
    asked = await pages(250, size)
    assert {each.limit for each in asked[1:]} == {max(1, PAGE_BYTES // size)}


async def test_an_export_that_is_stopped_says_so() -> None:
    stop, sink = asyncio.Event(), Sink(10)
    assert not await Export(Engine(250), condition(""), sink).run(stop, lambda _: stop.set())  # type: ignore[arg-type]
    assert len(sink.taken) == FIRST_PAGE


def test_control_words_are_no_condition() -> None:
    with pytest.raises(InvalidQuery, match="but not fields, limit"):
        condition("status=x&fields=name&limit=3")


def test_a_line_has_its_members_in_order() -> None:
    file = BytesIO()
    size = NdjsonSink(file).write([{"b": {"d": 1, "c": 2}, "a": "ä"}, {}])
    assert file.getvalue().decode() == '{"a":"ä","b":{"c":2,"d":1}}\n{}\n'
    assert size == len(file.getvalue())


def test_a_file_is_there_only_once_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("earlier")
    with suppress(RuntimeError), whole(out) as file:
        file.write(b"half")
        assert out.read_text() == "earlier"
        raise RuntimeError
    assert (out.read_text(), len(list(tmp_path.iterdir()))) == ("earlier", 1)
    with whole(out) as file:
        file.write(b"whole")
    assert (out.read_text(), len(list(tmp_path.iterdir()))) == ("whole", 1)
    assert out.stat().st_mode & 0o777 == 0o600


def test_what_a_crash_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "out.part").write_text("much that a crash left")
    with whole(tmp_path / "out") as file:
        file.write(b"new")
    assert (tmp_path / "out").read_text() == "new"


def test_two_exports_do_not_write_the_same_file(tmp_path: Path) -> None:
    with whole(tmp_path / "out") as file:
        file.write(b"mine")
        with pytest.raises(StartError, match="another export writes to it"), whole(tmp_path / "out"):
            pass
    assert (tmp_path / "out").read_text() == "mine"
