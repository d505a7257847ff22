# SPDX-License-Identifier: Apache-2.0
"""Lists as a repository reads them: a part of what matches, in an order, with what is asked for of each document."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.query.cursor import Position
from app.errors import InvalidQuery
from app.storage.documents.counting import Total
from app.storage.documents.filters import field
from app.storage.documents.order import Key, Order
from app.storage.documents.repository import Page, Repository
from app.storage.documents.rows import StoredDocument, new_row
from tests.storage.filling import AT, change, filled

pytestmark = pytest.mark.anyio

LATER = datetime(2024, 5, 2, tzinfo=UTC)


@pytest.mark.parametrize("criteria", [{}, {"document.kind": {"$eq": "a"}}], ids=["all", "filtered"])
@pytest.mark.parametrize(
    ("offset", "limit", "expected"),
    [
        (0, 100, range(7)),
        (0, 7, range(7)),
        (0, 3, range(3)),
        (3, 3, range(3, 6)),
        (6, 3, range(6, 7)),
        (7, 3, range(0)),
        (1000, 3, range(0)),
        (0, 0, range(0)),
        (2, 0, range(0)),
    ],
)
async def test_a_page_holds_its_part_in_order_of_creation_and_the_total(
    documents: Repository, criteria: dict[str, Any], offset: int, limit: int, expected: range
) -> None:
    ids = await filled(documents, 7, kind="a")
    page = await documents.find(criteria, offset, limit)
    assert [(item.id, item.document["n"]) for item in page.items] == [(ids[n], n) for n in expected]
    assert page.total == Total(7)
    assert page.more == (offset + limit < 7)


async def test_the_total_counts_what_matches_and_nothing_else(documents: Repository) -> None:
    await filled(documents, 5, kind="a")
    await filled(documents, 9, kind="b")
    wanted = {field(("kind",)): {"$eq": "a"}}
    assert [(await documents.find(wanted, 0, limit)).total for limit in (0, 1, 5, 6)] == [Total(5)] * 4
    assert (await documents.find(wanted, 6, 5)).total == Total(5)
    assert (await documents.find({}, 0, 1)).total == Total(14)


async def test_an_empty_collection_has_an_empty_page(documents: Repository) -> None:
    assert await documents.find({}, 0, 10) == Page([], Total(0), more=False)


async def test_a_long_list_comes_whole(documents: Repository) -> None:
    ids = await filled(documents, 1000)
    assert [item.id for item in (await documents.find({}, 0, 1000)).items] == ids


async def test_only_the_attributes_that_are_asked_for_are_read(documents: Repository) -> None:
    await documents.insert("1", {"a": 1, "b": {"c": 2}, "d": 3}, change(1))
    assert await documents.get("1", {"b"}) == StoredDocument("1", 1, {"b": {"c": 2}}, AT)
    assert await documents.get("1", {"nothing"}) == StoredDocument("1", 1, {}, AT)
    for names, expected in (({"a", "d"}, {"a": 1, "d": 3}), ((), {})):
        [item] = (await documents.find({}, 0, 10, attributes=names)).items
        assert (item.id, item.document, item.edition) == ("1", expected, None)


async def test_a_list_tells_which_edition_of_a_document_it_has(documents: Repository) -> None:
    seen = await documents.insert("1", {"n": 1, "at": AT}, change(1))
    await documents.replace(seen, {"n": 2, "at": AT}, change(2, LATER))
    [item] = (await documents.find({}, 0, 10)).items
    assert (item.document, item.edition) == ({"n": 2, "at": AT.replace(tzinfo=None)}, (2, LATER.replace(tzinfo=None)))


async def test_what_the_order_needs_is_read_as_well(documents: Repository) -> None:
    await documents.insert("1", {"a": 1, "b": 2, "c": 3}, change(1))
    found = await documents.find({}, 0, 10, order=Order((Key(("b",)),)), attributes={"a"})
    assert found.items[0].document == {"a": 1, "b": 2}


async def test_a_page_behind_a_place_begins_there_whatever_its_offset(documents: Repository) -> None:
    ids = await filled(documents, 7)
    page = await documents.find({}, 1, 2, behind=Position((), ids[3]))
    assert ([item.id for item in page.items], page.more) == (ids[4:6], True)
    assert page.total == Total(7)


async def test_documents_with_arrays_under_the_key_of_a_place_are_paged_by_offset(documents: Repository) -> None:
    bodies: dict[str, dict[str, Any]] = {"1": {"n": [1, 9]}, "2": {"n": 3}, "3": {"n": 5}}
    await documents.insert_many([new_row(id, body, change(1)) for id, body in bodies.items()])
    page = await documents.find({}, 2, 5, order=Order((Key(("n",)),)), behind=Position((3,), "2"))
    assert [item.id for item in page.items] == ["3"]


async def test_two_arrays_have_no_order(documents: Repository) -> None:
    await documents.insert("1", {"a": [1, 2], "b": [3, 4]}, change(1))
    with pytest.raises(InvalidQuery, match="sort by one of them at a time"):
        await documents.find({}, 0, 10, order=Order((Key(("a",)), Key(("b",)))))
