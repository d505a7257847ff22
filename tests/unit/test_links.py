# SPDX-License-Identifier: Apache-2.0
"""The links between the pages of a list: each keeps what the client asked for and says which page it leads to."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.query.cursor import Cursor, Position
from app.domain.query.query import parse_query
from app.http.handlers.paging import Paging
from app.http.headers.links import LONGEST, links
from app.resources.lists.pages import ListPage
from app.storage.documents.counting import Total

URL = "http://example.com/tmf-api/party/v5/individual"
ONWARD = Cursor(20, Position((), "19"), "digest")


def found(
    returned: int, total: int | None, *, more: bool = True, exact: bool = True, onward: Cursor | None = None
) -> ListPage:
    return ListPage([{}] * returned, None if total is None else Total(total, exact), more, onward)


def told(query: str, paging: Paging, page: ListPage) -> dict[str, str]:
    """The queries of the links, by relation."""
    header = links(URL, query, paging, page).get("Link", "")
    matches: Iterator[re.Match[str]] = re.finditer(r'<([^<>]*)>; rel="([a-z]+)"(?:, |\Z)', header)
    rows = [(match[2], match[1].removeprefix(URL + "?"), match[0]) for match in matches]
    assert "".join(whole for _, _, whole in rows) == header
    return {relation: target for relation, target, _ in rows}


def placed(query: str, paging: Paging, page: ListPage) -> dict[str, int]:
    """The offsets that the links lead to, by relation."""
    return {relation: int(dict(parse_qsl(to))["offset"]) for relation, to in told(query, paging, page).items()}


def test_a_page_in_the_middle_leads_to_all_others() -> None:
    query = "status=validated&offset=10&limit=10"
    assert told(query, Paging(10, 10, requested=True), found(10, 34)) == {
        "self": "status=validated&offset=10&limit=10",
        "first": "status=validated&offset=0&limit=10",
        "prev": "status=validated&offset=0&limit=10",
        "next": "status=validated&offset=20&limit=10",
        "last": "status=validated&offset=30&limit=10",
    }


@pytest.mark.parametrize(
    ("offset", "page", "expected"),
    [
        (0, found(10, 34), {"self": 0, "first": 0, "next": 10, "last": 30}),
        (30, found(4, 34, more=False), {"self": 30, "first": 0, "prev": 20, "last": 30}),
        (0, found(10, 10, more=False), {"self": 0, "first": 0, "last": 0}),
        (0, found(0, 0, more=False), {"self": 0, "first": 0, "last": 0}),
        (5, found(10, 34), {"self": 5, "first": 0, "prev": 0, "next": 15, "last": 25}),
        (13, found(10, 34), {"self": 13, "first": 0, "prev": 3, "next": 23, "last": 33}),
        (90, found(0, 34, more=False), {"self": 90, "first": 0, "prev": 30, "last": 30}),
        (95, found(0, 3, more=False), {"self": 95, "first": 0, "prev": 0, "last": 0}),
        (90, found(0, None, more=False), {"self": 90, "first": 0, "prev": 80}),
        (20, found(10, None), {"self": 20, "first": 0, "prev": 10, "next": 30}),
        (20, found(10, 12_345, exact=False), {"self": 20, "first": 0, "prev": 10, "next": 30}),
    ],
)
def test_there_are_links_to_the_pages_that_there_are(offset: int, page: ListPage, expected: dict[str, int]) -> None:
    assert placed(f"offset={offset}&limit=10", Paging(offset, 10, requested=True), page) == expected


@given(st.integers(1, 200), st.integers(1, 50), st.data())
def test_the_page_before_ends_where_this_one_begins(total: int, limit: int, data: st.DataObject) -> None:
    offset = data.draw(st.integers(1, max(total - 1, 1)))
    page = found(min(limit, total - offset), total, more=offset + limit < total) if offset < total else None
    if page is not None:
        before = dict(parse_qsl(told(f"offset={offset}", Paging(offset, limit, requested=True), page)["prev"]))
        assert int(before["offset"]) + int(before["limit"]) == offset
        assert 1 <= int(before["limit"]) <= limit


@given(st.integers(1, 200), st.integers(1, 50), st.integers(0, 200))
def test_the_last_page_is_where_following_the_links_ends(total: int, limit: int, offset: int) -> None:
    asked, reached = Paging(offset, limit, requested=True), offset
    while reached + limit < total:
        reached += limit
    here = found(min(limit, max(total - offset, 0)), total, more=offset + limit < total)
    if offset < total:
        assert placed("", asked, here)["last"] == reached


def test_the_next_page_is_found_by_a_cursor_and_the_others_without() -> None:
    query = f"offset=10&cursor={Cursor(10, Position((), '9'), 'd').token()}&limit=10"
    pages = told(query, Paging(10, 10, requested=True), found(10, 34, onward=ONWARD))
    assert pages.pop("next") == f"offset=20&cursor={ONWARD.token()}&limit=10"
    assert all("cursor" not in to for to in pages.values())


def test_a_list_that_came_whole_has_no_other_pages() -> None:
    assert links(URL, "", Paging(0, 100, requested=False), found(3, 3, more=False)) == {}


def test_a_list_cut_by_the_server_has() -> None:
    assert placed("a=b", Paging(0, 100, requested=False), found(100, 101)) == {
        "self": 0,
        "first": 0,
        "next": 100,
        "last": 100,
    }


def test_who_asks_for_no_items_gets_no_links() -> None:
    assert links(URL, "limit=0", Paging(0, 0, requested=True), found(0, 3)) == {}


@pytest.mark.parametrize(
    ("query", "next"),
    [
        ("", "offset=10&limit=10"),
        ("limit=10", "limit=10&offset=10"),
        ("limit=010&a=b&offset=", "limit=10&a=b&offset=10"),
        ("limit=10&limit=10&a=b", "limit=10&a=b&offset=10"),
        ("%6Fffset=0&limit=10", "offset=10&limit=10"),
        ("a=1;limit=10;b=2", "a=1;limit=10;b=2&offset=10"),
        ("a=1;offset=0&b=2&limit=10", "a=1;offset=10&b=2&limit=10"),
        ("a=%C3%A9%2C+x&b=y%20z&@type=A", "a=%C3%A9%2C+x&b=y%20z&@type=A&offset=10&limit=10"),
        ("a>5&b*=^x", "a%3E5&b*=%5Ex&offset=10&limit=10"),
        ("a=\xc3\xa9", "a=%C3%A9&offset=10&limit=10"),
        ("offset.eq=5&a.limit=3", "offset.eq=5&a.limit=3&offset=10&limit=10"),
        ("filter=a[?(@.b=='x' && @.c=='offset=1')]", "filter=a[?(@.b=='x'%20&&%20@.c=='offset=1')]&offset=10&limit=10"),
    ],
)
def test_all_other_parameters_stay_as_they_were_sent(query: str, next: str) -> None:
    assert told(query, Paging(0, 10, requested=True), found(10, 34))["next"] == next


@pytest.mark.parametrize("query", ["a=1;cursor=x", "cursor=x;a=1", "a=1&cursor=x;b=2", "a=1;cursor=x&b=2", "cursor=x"])
def test_to_leave_the_cursor_out_changes_no_condition(query: str) -> None:
    link = told(query, Paging(10, 10, requested=True), found(10, 34))["prev"]
    assert parse_query(link).where == parse_query(query).where
    assert "cursor" not in link


def test_links_too_long_for_a_header_are_left_to_the_next_page() -> None:
    query = "a=" + "b" * (LONGEST - 200)
    assert list(told(query, Paging(10, 10, requested=True), found(10, 34))) == ["next"]
    assert links(URL, query + "b" * 200, Paging(10, 10, requested=True), found(10, 34)) == {}


def test_a_long_cursor_is_left_out() -> None:
    onward = Cursor(20, Position(("x" * 1000,), "19"), "digest")
    assert "cursor" not in told("", Paging(10, 10, requested=True), found(10, 34, onward=onward))["next"]
