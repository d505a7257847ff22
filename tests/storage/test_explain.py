# SPDX-License-Identifier: Apache-2.0
"""How the database answers lists: out of the index that the document declares, and without reading more than it shows.

Every query goes the way of a request: from its text through the resource's own view to what the driver is asked for.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import MongoClient

from app.composition.resource_access import indexed_owners
from app.domain import dates
from app.domain.events import lower_camel
from app.domain.query.attributes import DATE_TIME, Attribute
from app.domain.query.query import parse_query
from app.domain.query.sorting import parse_sort
from app.domain.restriction import READ, owner_predicate
from app.resources.lists.filtering import filter_of
from app.resources.lists.ordering import order_of
from app.resources.resource import Resource
from app.settings import Settings
from app.storage.documents import indexes
from app.storage.documents.counting import Counter, Counting
from app.storage.documents.filters import every, field
from app.storage.documents.page_query import PageQuery
from app.storage.documents.rows import STATE
from app.storage.mongod.client import connect
from tests.served import NEWEST, PARTS

DOCUMENTS = 3000
VALUES = 100
LIMIT = 20
FEW = 5
"""Keys and documents that the database may read beyond those it needs: where ranges end, and the one that follows."""

FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)

OWNER_PATHS = {name: said.owners for part in PARTS.values() for name, said in part.declared.items()}
DECLARED = {
    name: [paths for paths in said.indexes if not any("=" in path for path in paths)]
    for part in PARTS.values()
    for name, said in part.declared.items()
    if name in NEWEST
}
"""Without those of one class alone, which have tests of their own (`test_representatives.py`)."""
OWNERS = indexed_owners([*PARTS.values()])
HALF = frozenset(f"v{number:02}" for number in range(0, VALUES, 2))
STATES = tuple(f"v{number:02}" for number in range(100))


def with_many_states(resource: Resource) -> Resource:
    """The resource with a lifecycle of as many states as there are values of other attributes."""
    terms = replace(resource.lifecycle.vocabulary, terms=STATES, aliases={})
    return replace(resource, attributes=resource.attributes.with_terms(resource.lifecycle.field, terms))


RESOURCES = {name: with_many_states(resource) for name, resource in NEWEST.items()}

SPELT_FREELY = {name: each.lifecycle.field for name, each in RESOURCES.items() if not each.lifecycle.closed}


class Indexed:
    """A declared index, and what asks for it."""

    def __init__(self, resource: Resource, paths: list[str]) -> None:
        self.resource = resource
        self.paths = paths
        self.states = [path for path in paths if path == SPELT_FREELY.get(resource.name)]
        """Those of its paths that are looked for by what is kept beside the document."""

    @property
    def patterns(self) -> list[dict[str, int]]:
        paths = [field(tuple(path.split("."))) for path in self.paths]
        owner = OWNERS.get(self.resource.name)
        by_text = dict.fromkeys([*paths, "_id", *([field(tuple(owner.split(".")))] if owner else [])], 1)
        by_state = {STATE if name == f"document.{path}" else name: 1 for path in self.states for name in by_text}
        return [each for each in ([by_text, by_state] if len(self.paths) == 1 else [by_state or by_text]) if each]

    @property
    def orders(self) -> bool:
        """Whether it has the texts that a list is sorted by."""
        return not self.states or len(self.paths) == 1

    def __str__(self) -> str:
        return f"{self.resource.name} {' '.join(self.paths)}"

    @property
    def in_arrays(self) -> bool:
        passed = [self.resource.attributes.along(tuple(path.split("."))) for path in self.paths]
        return any(attribute.array for way in passed for attribute in way)

    def shares(self, other: "Indexed") -> bool:
        return not set(self.paths).isdisjoint(other.paths)

    def asking(self, suffix: str, *numbers: int, every_path: bool = False) -> str:
        """The query that compares its first path, or every one, with the values of these numbers."""
        return "&".join(self.asked(path, suffix, *numbers) for path in (self.paths if every_path else self.paths[:1]))

    def asked(self, path: str, suffix: str, *numbers: int) -> str:
        return f"{path}{suffix}={','.join(self._text(path, number) for number in numbers)}"

    def sorting(self, sign: str) -> str:
        return ",".join(f"{sign}{path}" for path in self.paths)

    def _text(self, path: str, number: int) -> str:
        found = value(self.resource.attributes.along(tuple(path.split(".")))[-1], number)
        return dates.text(found) if isinstance(found, datetime) else str(found)


INDEXES = [Indexed(RESOURCES[name], paths) for name, declared in DECLARED.items() for paths in declared]

each_index = pytest.mark.parametrize("index", INDEXES, ids=str)
each_direction = pytest.mark.parametrize("sign", ["", "-"], ids=["ascending", "descending"])


def value(attribute: Attribute, number: int) -> Any:
    assert attribute.kind in ("string", DATE_TIME)
    within = number % VALUES
    return FIRST_DAY + timedelta(days=within) if attribute.kind == DATE_TIME else f"v{within:02}"


def planted(attributes: Attribute, paths: set[tuple[str, ...]], number: int) -> dict[str, Any]:
    """A document with the value of `number` at every path; an array has the one of the next number, too."""
    rests: dict[str, set[tuple[str, ...]]] = {}
    for first, *rest in paths:
        rests.setdefault(first, set()).add(tuple(rest))
    return {name: held(attributes.members[name], inner, number) for name, inner in rests.items()}


def held(attribute: Attribute, rests: set[tuple[str, ...]], number: int) -> Any:
    elements = [
        value(attribute, each) if rests == {()} else planted(attribute, rests, each) for each in (number, number + 1)
    ]
    return elements if attribute.array else elements[0]


@pytest.fixture(scope="module")
def database(mongodb_uri: str, mongo: MongoClient[dict[str, Any]]) -> Iterator[Any]:
    """A database with the declared indexes, and thousands of documents of every resource."""
    name = "liaison_test_explain"
    asyncio.run(ensured(mongodb_uri, name))
    for resource, declared in DECLARED.items():
        paths = {tuple(path.split(".")) for each in declared for path in each}
        mongo[name][lower_camel(resource)].insert_many(
            [
                {
                    "_id": f"{number * 7919 % DOCUMENTS:04}",
                    "revision": 1,
                    "changed": FIRST_DAY,
                    "document": planted(RESOURCES[resource].stored, paths, number),
                    **({STATE: f"v{number % VALUES:02}"} if resource in SPELT_FREELY else {}),
                }
                for number in range(DOCUMENTS)
            ]
        )
    yield mongo[name]
    mongo.drop_database(name)


async def ensured(uri: str, name: str) -> None:
    async with connect(Settings(mongodb_uri=uri)) as client:
        await indexes.ensure(client[name], DECLARED, SPELT_FREELY, OWNERS)


class Asked:
    """A list as a client asks for it, and how the database finds it."""

    def __init__(self, database: Any, resource: Resource, query: str, offset: int = 0, behind: bool = False) -> None:
        asked = parse_query(query)
        self._collection = database[lower_camel(resource.name)]
        self._criteria = filter_of(resource, asked.where)
        self._part = PageQuery(offset, LIMIT, order_of(resource, parse_sort(asked.controls.get("sort"))))
        if behind:
            (before,) = self._rows(replace(self._part, offset=offset - 1, limit=0))
            place = self._part.order.position(before["_id"], before["document"])
            assert place is not None
            self._part = replace(self._part, behind=place)

    def _rows(self, part: PageQuery) -> list[Mapping[str, Any]]:
        return list(self._collection.find(**part.options(self._criteria)))

    @property
    def matching(self) -> int:
        return int(self._collection.count_documents(self._criteria))

    def ids(self) -> list[str]:
        return [row["_id"] for row in self._rows(self._part)]

    def plan(self) -> "Plan":
        return Plan(self._collection.find(**self._part.options(self._criteria)).explain())


class Plan:
    """What the database says of its way to a list."""

    def __init__(self, explained: Mapping[str, Any]) -> None:
        self.stages = list(stages(explained["queryPlanner"]["winningPlan"]))
        self.names = {stage["stage"] for stage in self.stages}
        self.keys = explained["executionStats"]["totalKeysExamined"]
        self.documents = explained["executionStats"]["totalDocsExamined"]

    def uses_only(self, index: Indexed) -> bool:
        """Whether all is found in the index, or in another that has a path of it: here both find the same."""
        as_good = [
            pattern
            for each in INDEXES
            if each.resource is index.resource and each.shares(index)
            for pattern in each.patterns
        ]
        scans = [stage.get("keyPattern") for stage in self.stages if stage["stage"] in ("IXSCAN", "COLLSCAN")]
        return bool(scans) and all(scan in as_good for scan in scans)


def stages(plan: Any) -> Iterator[dict[str, Any]]:
    if isinstance(plan, dict):
        if "stage" in plan:
            yield plan
        for inner in plan.values():
            yield from stages(inner)
    elif isinstance(plan, list):
        for inner in plan:
            yield from stages(inner)


@each_index
def test_equal_documents_come_out_of_the_index_in_their_order(database: Any, index: Indexed) -> None:
    plan = Asked(database, index.resource, index.asking("", 7, every_path=True)).plan()
    assert plan.uses_only(index), plan.stages
    assert "SORT" not in plan.names
    assert plan.documents <= LIMIT + FEW


@pytest.mark.parametrize("index", [index for index in INDEXES if index.resource.name in OWNERS], ids=str)
def test_a_partys_list_is_filtered_and_counted_in_the_index(database: Any, index: Indexed) -> None:
    collection = database[lower_camel(index.resource.name)]
    owners = OWNER_PATHS[index.resource.name]
    partys = filter_of(RESOURCES[index.resource.name], owner_predicate(owners, HALF, READ))
    asked = filter_of(index.resource, parse_query(index.asking("", 8, every_path=True)).where, stated=True)
    count = Counter(collection, 1000).stages(every([partys, asked]), Counting.EXACT)
    explained = collection.database.command(
        "explain", {"aggregate": collection.name, "pipeline": count, "cursor": {}}, verbosity="executionStats"
    )
    explained = explained["stages"][0]["$cursor"] if "stages" in explained else explained
    assert explained["executionStats"]["totalDocsExamined"] == 0
    assert collection.count_documents(every([partys, asked])) > 0


@pytest.mark.parametrize("index", [index for index in INDEXES if len(index.paths) > 1], ids=str)
def test_an_index_on_several_attributes_spares_the_matches_of_one_alone(database: Any, index: Indexed) -> None:
    asked = "&".join(index.asked(path, "", number) for number, path in enumerate(index.paths))
    plan = Asked(database, index.resource, asked).plan()
    assert plan.documents == 0
    assert plan.keys <= FEW


@each_index
def test_a_later_page_of_equal_documents_is_sought(database: Any, index: Indexed) -> None:
    query = index.asking("", 7, every_path=True)
    sought = Asked(database, index.resource, query, offset=10, behind=True)
    assert sought.ids() == Asked(database, index.resource, query, offset=10).ids()
    plan = sought.plan()
    assert plan.uses_only(index), plan.stages
    assert "SORT" not in plan.names
    assert plan.documents <= LIMIT + FEW


@each_index
def test_documents_with_one_of_several_values_come_out_of_the_index(database: Any, index: Indexed) -> None:
    asked = Asked(database, index.resource, index.asking("", 7, 50, 99))
    plan = asked.plan()
    assert plan.uses_only(index), plan.stages
    assert plan.documents <= asked.matching + FEW


@each_index
@pytest.mark.parametrize("suffix", [".gte", ".gt"])
def test_a_range_comes_out_of_the_index(database: Any, index: Indexed, suffix: str) -> None:
    asked = Asked(database, index.resource, index.asking(suffix, 97))
    plan = asked.plan()
    assert 0 < asked.matching < DOCUMENTS / 10
    assert plan.uses_only(index), plan.stages
    assert plan.documents <= asked.matching + FEW


@each_index
def test_a_range_with_two_ends_comes_out_of_the_index(database: Any, index: Indexed) -> None:
    asked = Asked(database, index.resource, f"{index.asking('.gte', 0)}&{index.asking('.lt', 2)}")
    plan = asked.plan()
    assert asked.matching > 0
    assert plan.uses_only(index), plan.stages
    if not index.in_arrays:  # There, each end may be met by another element.
        assert plan.documents <= asked.matching + FEW


@pytest.mark.parametrize("index", [index for index in INDEXES if index.orders], ids=str)
@each_direction
def test_a_sorted_list_comes_out_of_the_index_in_its_order(database: Any, index: Indexed, sign: str) -> None:
    plan = Asked(database, index.resource, f"sort={index.sorting(sign)}").plan()
    assert plan.uses_only(index), plan.stages
    assert "SORT" not in plan.names
    assert plan.documents <= LIMIT + FEW


@pytest.mark.parametrize("index", [index for index in INDEXES if index.orders and not index.in_arrays], ids=str)
@each_direction
@pytest.mark.parametrize("offset", [1, DOCUMENTS // 2, DOCUMENTS - LIMIT - 1])
def test_a_sorted_list_is_sought_at_any_depth(database: Any, index: Indexed, sign: str, offset: int) -> None:
    query = f"sort={index.sorting(sign)}"
    sought = Asked(database, index.resource, query, offset, behind=True)
    assert sought.ids() == Asked(database, index.resource, query, offset).ids()
    plan = sought.plan()
    assert plan.uses_only(index), plan.stages
    assert "SORT" not in plan.names
    assert plan.keys <= LIMIT + FEW
    # Backwards, documents are fetched to tell what is null there from what is undefined, and count again when found.
    assert plan.documents <= 2 * (LIMIT + FEW)


@pytest.mark.parametrize("name", sorted(RESOURCES))
@each_direction
def test_a_list_without_a_filter_is_sought_by_the_ids(database: Any, name: str, sign: str) -> None:
    query = f"sort={sign}id"
    sought = Asked(database, RESOURCES[name], query, DOCUMENTS // 2, behind=True)
    assert sought.ids() == Asked(database, RESOURCES[name], query, DOCUMENTS // 2).ids()
    plan = sought.plan()
    assert [stage.get("keyPattern") for stage in plan.stages if "SCAN" in stage["stage"]] == [{"_id": 1}]
    assert "SORT" not in plan.names
    assert max(plan.keys, plan.documents) <= LIMIT + FEW
