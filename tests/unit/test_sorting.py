# SPDX-License-Identifier: Apache-2.0
"""`sort`: which names it takes, and what order of stored documents they make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.query.sorting import DEEPEST, MOST_KEYS, SortKey, parse_sort
from app.errors import InvalidQuery
from app.resources.lists.ordering import order_of
from app.storage.documents.order import BY_ID, Key, Order
from tests.served import NEWEST, RESOURCES

names = st.text(st.characters(exclude_characters="[](){}$?*,.+-\0", exclude_categories=("Z", "C")), min_size=1)
paths = st.lists(names, min_size=1, max_size=4).map(tuple)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (None, ()),
        ("", ()),
        ("  ", ()),
        ("a-b", (SortKey(("a-b",)),)),
    ],
)
def test_no_name_is_no_key_and_a_sign_within_a_name_is_its_own(text: str | None, keys: tuple[SortKey, ...]) -> None:
    assert parse_sort(text) == keys


@given(
    st.lists(st.builds(SortKey, paths, st.booleans()), max_size=MOST_KEYS, unique_by=lambda key: key.path),
    st.lists(st.sampled_from(["{}", "+{}", " {}", "{} "]), min_size=MOST_KEYS, max_size=MOST_KEYS),
)
def test_keys_are_read_as_they_are_written(keys: list[SortKey], spellings: list[str]) -> None:
    written = (
        f" -{key.name}" if key.descending else spelling.format(key.name)
        for key, spelling in zip(keys, spellings, strict=False)
    )
    assert parse_sort(",".join(written)) == tuple(keys)


@pytest.mark.parametrize(
    "text", [",", "a,", ",a", "a,,b", "-", "+", "a..b", ".a", "a.", "$a", "a.$b", "$", "a[0]", "a[*].b", "a?", "a\0"]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuery, match="is no attribute; write names like '-status,name'"):
        parse_sort(text)


@pytest.mark.parametrize("text", ["a,a", "a,-a", "b,+a,a", "a.b,a.b"])
def test_a_name_stands_once(text: str) -> None:
    with pytest.raises(InvalidQuery, match="stands twice in 'sort'; name it once"):
        parse_sort(text)


def test_a_list_is_ordered_by_a_few_attributes_only() -> None:
    assert len(parse_sort(",".join(f"a{n}" for n in range(MOST_KEYS)))) == MOST_KEYS
    with pytest.raises(InvalidQuery, match=f"'sort' names {MOST_KEYS + 1} attributes; {MOST_KEYS} are the most"):
        parse_sort(",".join(f"a{n}" for n in range(MOST_KEYS + 1)))


def test_a_path_is_no_deeper_than_a_document() -> None:
    assert len(parse_sort(".".join("a" * DEEPEST))[0].path) == DEEPEST
    with pytest.raises(InvalidQuery) as refused:
        parse_sort(".".join("a" * 1000))
    assert len(refused.value.message) < 150


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (None, BY_ID),
        ("id", BY_ID),
        ("-id", Order(descending=True)),
        ("-href", Order(descending=True)),
        ("-familyName", Order((Key(("familyName",), descending=True),), descending=True)),
        ("-gender,familyName", Order((Key(("gender",), descending=True), Key(("familyName",))))),
        ("familyName,-id,gender", Order((Key(("familyName",)),), descending=True)),
        ("birthDate", Order((Key(("birthDate",)),))),
        ("contactMedium.emailAddress", Order((Key(("contactMedium", "emailAddress")),), seekable=False)),
        ("contactMedium.0.emailAddress", Order((Key(("contactMedium", "0", "emailAddress")),), seekable=False)),
    ],
)
def test_a_sort_makes_an_order_with_the_ids_at_its_end(sort: str | None, order: Order) -> None:
    assert order_of(NEWEST["Individual"], parse_sort(sort)) == order


def test_a_version_sorts_by_its_own_names() -> None:
    asked = parse_sort("contactMedium.characteristic.emailAddress,-externalReference.name")
    one, other = asked
    assert order_of(RESOURCES["Individual", "v4"], [one]).keys == (Key(("contactMedium", "emailAddress")),)
    assert order_of(RESOURCES["Individual", "v4"], [other]).keys == (Key(("externalReference", "id"), descending=True),)


def test_an_unknown_attribute_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidQuery, match="'familyNam' is not a known attribute; did you mean 'familyName'"):
        order_of(NEWEST["Individual"], parse_sort("-familyNam"))
    with pytest.raises(InvalidQuery, match="is not a known attribute"):
        order_of(NEWEST["Individual"], parse_sort("id,nonsense"))


@pytest.mark.parametrize(
    ("sort", "within"),
    [
        ("contactMedium", "emailAddress"),
        ("-disability", "disabilityCode"),
        ("contactMedium.validFor", "endDateTime, startDateTime"),
    ],
)
def test_an_object_has_no_order_but_what_is_within_has(sort: str, within: str) -> None:
    with pytest.raises(InvalidQuery, match="is an object; sort by an attribute within it: ") as refused:
        order_of(NEWEST["Individual"], parse_sort(sort))
    assert within in refused.value.message
    assert len(refused.value.message) < 500


def test_two_arrays_have_no_order() -> None:
    with pytest.raises(InvalidQuery, match="lie within different arrays; sort by one of them at a time"):
        order_of(NEWEST["Individual"], parse_sort("contactMedium.emailAddress,externalReference.id"))
    together = parse_sort("contactMedium.emailAddress,contactMedium.phoneNumber")
    assert len(order_of(NEWEST["Individual"], together).keys) == 2
