# SPDX-License-Identifier: Apache-2.0
"""Many creates at a time: each has the outcome that it would have alone, and is announced like any other."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import BulkWriteError

from app.composition.factory import Liaison
from app.domain import dates
from app.domain.identifiers import new_id
from app.domain.origin import Origin
from app.errors import Conflict, InvalidField, MergeConflict, MissingField, PayloadTooLarge, TmfError, Unavailable
from app.resources.bulk import AlreadyThere, CreatedResource, New, Outcome, views
from app.resources.engine import Engine
from app.settings import Settings
from app.storage.documents.aliases import Alias
from app.storage.documents.repository import Repository
from app.storage.mongod.client import connect
from app.storage.mongod.failures import as_tmf_error, write_error_codes
from app.storage.mongod.transactions import transact
from tests.contract.documents import COLLECTIONS, Collection

pytestmark = pytest.mark.anyio

Mongo = MongoClient[dict[str, Any]]
ORIGIN = Origin("import-1", "an import")
BACKWARDS = {"startDateTime": "2020-01-01T00:00:00Z", "endDateTime": "2019-01-01T00:00:00Z"}
MEGABYTE = 1024 * 1024


@pytest.fixture
async def liaison(settings: Settings, clean_database: str) -> AsyncIterator[Liaison]:
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        await liaison.prepare()
        yield liaison


@pytest.fixture
def individuals(liaison: Liaison) -> Engine:
    """Those of v5."""
    return engine(liaison, "Individual", "v5")


def engine(liaison: Liaison, resource: str, version: str) -> Engine:
    return next(api.engines[resource] for api in liaison.apis if api.version == version and resource in api.engines)


def named(family: str, **more: Any) -> dict[str, Any]:
    return {"@type": "Individual", "givenName": "Ann", "familyName": family, **more}


def kin(individuals: Engine, id: str) -> dict[str, Any]:
    """A related party of v5."""
    party = {"id": id, "href": individuals.resource.href(id), "@type": "PartyRef", "@referredType": "Individual"}
    return {"@type": "RelatedPartyOrPartyRole", "role": "kin", "partyOrPartyRole": party}


def kinds(outcomes: list[Outcome]) -> list[type]:
    return [type(outcome) for outcome in outcomes]


async def test_an_id_that_was_merged_into_another_is_taken(liaison: Liaison, individuals: Engine) -> None:
    alias = Alias("Individual", "merged", "survivor", "a-merge", dates.now())
    await transact(liaison.database, lambda session: liaison.aliases.add(alias, session))
    bodies = [named("One"), named("Two", id="merged"), named("Three", id="free")]
    outcomes = await individuals.create_each([*map(New, bodies), New(named("Four"), "merged")], ORIGIN)
    assert kinds(outcomes) == [CreatedResource, MergeConflict, CreatedResource, MergeConflict]


async def test_references_to_a_merged_id_are_led_to_the_survivor(liaison: Liaison, individuals: Engine) -> None:
    alias = Alias("Individual", "merged", "survivor", "a-merge", dates.now())
    await transact(liaison.database, lambda session: liaison.aliases.add(alias, session))
    await liaison.known_aliases.refresh()
    related = [kin(individuals, "merged")]
    bodies = [named("One", id="survivor"), named("Two", relatedParty=related), named("Three", relatedParty=related)]
    _, two, three = await individuals.create_many(bodies)
    assert two["relatedParty"] == three["relatedParty"] == [kin(individuals, "survivor")]


async def test_what_is_wrong_does_not_keep_the_others(individuals: Engine, mongo: Mongo, clean_database: str) -> None:
    bodies = [named("One"), {"@type": "Individual"}, named("Three", status="asleep"), named("Four")]
    ids = [new_id() for _ in bodies]
    outcomes = await individuals.create_each([New(*each) for each in zip(bodies, ids, strict=True)], ORIGIN)
    assert kinds(outcomes) == [CreatedResource, MissingField, InvalidField, CreatedResource]
    rows = list(mongo[clean_database]["individual"].find(sort=[("_id", 1)]))
    assert [row["_id"] for row in rows] == [ids[0], ids[3]]
    for row, outcome in zip(rows, (outcomes[0], outcomes[3]), strict=True):
        assert isinstance(outcome, CreatedResource)
        assert row["document"] == outcome.document
        [change] = row["pending"]
        assert (row["revision"], row["created"], row["changed"]) == (1, change["at"], change["at"])
        assert (change["actor"], change["correlationId"]) == ("an import", "import-1")
        assert "document" not in change
        assert [event["kind"] for event in change["events"]] == ["Create"]


async def test_every_outcome_is_that_of_a_single_create(individuals: Engine) -> None:
    bodies: list[dict[str, Any]] = [
        named("A", id="own"),
        named("B", id="not/fit"),
        named("C", id=7),
        named("D", birthDate="soon"),
        named("E", birthDate="2020-01-01T00:00:00Z", deathDate="2010-01-01T00:00:00Z"),
        {"@type": "Organization", "name": "F"},
        named(
            "G",
            contactMedium=[
                {"validFor": {"startDateTime": "2020-01-01T00:00:00Z", "endDateTime": "2019-01-01T00:00:00Z"}}
            ],
        ),
        named(
            "H",
            relatedParty=[{"role": "kin", "partyOrPartyRole": {"id": "x", "href": f"{individuals.resource.url}/x"}}],
        ),
    ]

    async def alone(body: dict[str, Any]) -> str:
        try:
            await individuals.create({**body, "id": "alone"} if body.get("id") == "own" else body)
        except TmfError as error:
            return str(error.body())
        return "created"

    singly = [await alone(body) for body in bodies]
    outcomes = await individuals.create_each([New(body) for body in bodies])
    assert [str(each.body()) if isinstance(each, TmfError) else "created" for each in outcomes] == singly
    assert singly.count("created") == 1


async def test_an_id_of_ones_own_is_kept_in_every_version(liaison: Liaison) -> None:
    for version in ("v4", "v5"):
        created = await engine(liaison, "Individual", version).create_each([New(named("A", id=f"own-{version}"))])
        assert [outcome.id for outcome in created if isinstance(outcome, CreatedResource)] == [f"own-{version}"]


async def test_what_is_there_already_is_told_from_what_is_another(individuals: Engine) -> None:
    first = [New(named("A", id="a")), New(named("B", id="b"))]
    assert kinds(await individuals.create_each(first)) == [CreatedResource, CreatedResource]
    again = [New(named("A", id="a")), New(named("C", id="b")), New(named("D", id="d"))]
    outcomes = await individuals.create_each(again)
    assert kinds(outcomes) == [AlreadyThere, Conflict, CreatedResource]
    assert str(outcomes[1]) == "Individual b exists already, and it is another"
    assert (await individuals.get("b")).view["familyName"] == "B"


async def test_of_several_with_one_id_the_first_is_created(individuals: Engine) -> None:
    outcomes = await individuals.create_each([New(named(name, id="a")) for name in ("A", "B", "A")])
    assert kinds(outcomes) == [CreatedResource, Conflict, AlreadyThere]
    assert (await individuals.get("a")).view["familyName"] == "A"


@pytest.mark.parametrize("collection", COLLECTIONS, ids=str)
async def test_what_was_created_alone_is_known_again(liaison: Liaison, collection: Collection) -> None:
    resources = engine(liaison, collection.resource, collection.document[-2:])
    for number, body in enumerate(collection.creates.values()):
        own = {**body, "id": f"own-{number}"}
        assert kinds(await resources.create_each([New(own)])) == [CreatedResource]
        assert kinds(await resources.create_each([New(own)])) == [AlreadyThere]
        shown = (await resources.get(f"own-{number}")).view
        assert kinds(await resources.create_each([New(dates.with_text_dates(shown))])) == [AlreadyThere]


async def test_an_id_that_was_given_is_taken_for_the_same_resource(individuals: Engine) -> None:
    id = new_id()
    assert kinds(await individuals.create_each([New(named("A"), id)])) == [CreatedResource]
    await individuals.patch(id, {"familyName": "B"}, "application/merge-patch+json", lambda _: None)
    assert await individuals.create_each([New(named("A"), id)]) == [AlreadyThere(id)]
    assert (await individuals.get(id)).view["familyName"] == "B"


async def test_a_reference_may_lead_to_what_stands_before_it(individuals: Engine) -> None:
    def kin(family: str, id: str, other: str) -> New:
        party = {
            "id": other,
            "href": f"{individuals.resource.url}/{other}",
            "@type": "PartyRef",
            "@referredType": "Individual",
        }
        related = {"@type": "RelatedPartyOrPartyRole", "role": "kin", "partyOrPartyRole": party}
        return New(named(family, id=id, relatedParty=[related]))

    outcomes = await individuals.create_each(
        [kin("A", "a", "b"), New(named("B", id="b")), kin("C", "c", "b"), kin("D", "d", "a"), kin("E", "e", "c")]
    )
    assert kinds(outcomes) == [InvalidField, CreatedResource, CreatedResource, InvalidField, CreatedResource]
    assert "refers to the Individual 'b', which does not exist here" in str(outcomes[0])


async def test_references_of_many_are_looked_up_together(individuals: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, set[str]]] = []
    existing = Repository.existing

    async def noted(documents: Repository, ids: set[str]) -> set[str]:
        asked.append((documents.resource, ids))
        return await existing(documents, ids)

    monkeypatch.setattr(Repository, "existing", noted)
    outcomes = await individuals.create_each(
        [New(named("A", relatedParty=[kin(individuals, f"nobody-{n % 2}")])) for n in range(20)]
    )
    assert kinds(outcomes) == [InvalidField] * 20
    assert asked == [("Individual", {"nobody-0", "nobody-1"})]


async def test_what_is_too_large_for_the_database_does_not_keep_the_others(individuals: Engine) -> None:
    huge = "x" * (17 * MEGABYTE)
    outcomes = await individuals.create_each([New(named(name)) for name in ("A", huge, "C", "D", huge)])
    assert kinds(outcomes) == [CreatedResource, PayloadTooLarge, CreatedResource, CreatedResource, PayloadTooLarge]


async def test_nothing_is_asked_of_the_database_for_nothing(individuals: Engine, settings: Settings) -> None:
    away = replace(settings, mongodb_uri="mongodb://127.0.0.1:1/?replicaSet=none&serverSelectionTimeoutMS=1")
    liaison = Liaison(away, connect(away))
    assert await engine(liaison, "Individual", "v5").create_each([]) == []
    [refusal] = await engine(liaison, "Individual", "v5").create_each([New({})])
    assert isinstance(refusal, MissingField)
    await liaison.client.close()


async def test_views_of_many_are_refused_with_the_first_refusal(individuals: Engine) -> None:
    assert [view["familyName"] for view in await individuals.create_many([named("A"), named("B")])] == ["A", "B"]
    with pytest.raises(MissingField):
        views(individuals.resource, await individuals.create_each([New(named("A")), New({"@type": "Individual"})]))


@pytest.mark.parametrize(
    ("writes", "concerns", "meant"),
    [
        ([{"code": 11000, "index": 1}], [], {1: 11000}),
        ([{"code": 66, "index": 1}, {"code": 10334, "index": 2}], [], {1: 66, 2: 10334}),
        ([], [{"code": 91}], Unavailable),
        ([{"code": 11000, "index": 1}], [{"code": 64}], Unavailable),
        ([{"code": 66, "index": 0}, {"code": 50, "index": 1}], [], Unavailable),
        ([{"code": 121, "index": 1}], [], None),
    ],
)
async def test_a_bulk_write_failed_by_what_is_more_than_a_taken_id(
    writes: list[dict[str, int]], concerns: list[dict[str, int]], meant: Any
) -> None:
    failure = BulkWriteError({"writeErrors": writes, "writeConcernErrors": concerns})
    if isinstance(meant, dict):
        assert write_error_codes(failure) == meant
        return
    with pytest.raises(BulkWriteError):
        write_error_codes(failure)
    assert (type(as_tmf_error(failure)) if as_tmf_error(failure) else None) is meant
