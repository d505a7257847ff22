# SPDX-License-Identifier: Apache-2.0
"""A list shows each edition of a resource as it is, and makes its JSON once."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import pytest
from bson import encode
from bson.raw_bson import RawBSONDocument
from hypothesis import given
from hypothesis import strategies as st

from app.resources.lists.renderings import MEGABYTE, OVERHEAD, Renderings
from app.storage.documents.rows import Item

AT, LATER = datetime(2024, 5, 1), datetime(2024, 5, 2)


@dataclass
class Shelf:
    """A list that counts how often it shows something."""

    url: str = "http://here/v4/customer"
    times: Counter[str] = field(default_factory=Counter)

    def to_view(self, id: str, document: dict[str, Any]) -> dict[str, Any]:
        self.times[id] += 1
        return {"id": id, "href": f"{self.url}/{id}", **document}


def item(id: str, name: str, revision: int = 1, changed: datetime = AT) -> Item:
    return Item(id, RawBSONDocument(encode({"name": name})), (revision, changed))


def told(renderings: Renderings, shelf: Any, *items: Item) -> list[Any]:
    answer: list[Any] = orjson.loads(orjson.dumps([renderings.of(shelf, each) for each in items]))
    return answer


def test_an_edition_is_shown_once_and_told_alike_each_time() -> None:
    renderings, shelf = Renderings(1), Shelf()
    first = told(renderings, shelf, item("1", "Ann"), item("2", "Bob"))
    assert first == told(renderings, shelf, item("1", "Ann"), item("2", "Bob"))
    assert [each["name"] for each in first] == ["Ann", "Bob"]
    assert shelf.times == {"1": 1, "2": 1}


@pytest.mark.parametrize(("revision", "changed"), [(2, AT), (1, LATER)], ids=["changed", "made anew"])
def test_another_edition_is_shown_anew(revision: int, changed: datetime) -> None:
    renderings, shelf = Renderings(1), Shelf()
    told(renderings, shelf, item("1", "Ann"))
    [shown] = told(renderings, shelf, item("1", "Eve", revision, changed))
    assert shown["name"] == "Eve"


def test_each_list_shows_it_in_its_own_way() -> None:
    renderings = Renderings(1)
    shown = [told(renderings, Shelf(f"http://here/{version}"), item("1", "Ann"))[0] for version in ("v4", "v5")]
    assert [each["href"] for each in shown] == ["http://here/v4/1", "http://here/v5/1"]


def test_what_is_only_a_part_of_a_resource_is_not_remembered() -> None:
    renderings, shelf = Renderings(1), Shelf()
    for name in ("Ann", "Eve"):
        assert told(renderings, shelf, Item("1", {"name": name}))[0]["name"] == name


def test_where_there_is_no_room_everything_is_shown_anew() -> None:
    shelf = Shelf()
    for _ in range(2):
        assert told(Renderings(0), shelf, item("1", "Ann"))[0]["name"] == "Ann"
    assert shelf.times["1"] == 2


@given(asked=st.lists(st.sampled_from("abcdef"), max_size=40))
def test_what_nobody_asked_for_the_longest_makes_room(asked: list[str]) -> None:
    size = len(orjson.dumps(Shelf().to_view("a", {"name": "a"})))
    renderings, shelf, latest = Renderings(3 * (size + OVERHEAD) / MEGABYTE), Shelf(), list[str]()
    for id in asked:
        before = shelf.times[id]
        told(renderings, shelf, item(id, id))
        assert (shelf.times[id] == before) == (id in latest)
        latest = [*(each for each in latest if each != id), id][-3:]
