# SPDX-License-Identifier: Apache-2.0
"""Owner scope: who is bound to a party sees and changes what is that party's, and cannot tell what else there is."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.domain import dates
from app.domain.identifiers import new_id
from tests.contract.restricted import DECLARED, OWNED, Body, Restricted, answer, put, queries
from tests.identity_provider import IdentityProvider, bearer
from tests.served import RESOURCES

EACH_OWNED = pytest.mark.parametrize(("name", "version"), OWNED, ids=map("-".join, OWNED))
PREFERENCES: tuple[dict[str, str], ...] = ({}, {"Prefer": "count=estimated"}, {"Prefer": "count=none"})


def now() -> str:
    return dates.text(dates.now())


def party_token(restricted: Restricted, party: str) -> dict[str, str]:
    return bearer(restricted.provider.token("*:*", party_id=party))


@EACH_OWNED
def test_what_is_a_partys_it_sees_and_changes(restricted: Restricted) -> None:
    mine = restricted.create("7001")
    headers = party_token(restricted, restricted.party_of(mine))
    path = f"{restricted.path}/{mine['id']}"
    assert restricted.client.get(path, headers=headers).json() == mine
    assert restricted.client.get(restricted.path, headers=headers).json() == [mine]
    assert restricted.client.patch(path, json={"x-note": "seen"}, headers=headers).status_code == 200
    assert restricted.client.get(f"{path}?at={now()}", headers=headers).status_code == 200


@EACH_OWNED
def test_what_is_others_cannot_be_told_from_what_is_not_there(restricted: Restricted) -> None:
    mine = restricted.create("7001")
    headers = party_token(restricted, restricted.party_of(mine))
    unknown = new_id()
    foreign = restricted.body("7002")
    without = list(seen(restricted, headers, foreign | {"id": unknown}))
    theirs = restricted.create("7002")
    for _ in range(3):
        restricted.create("7003")
    with_others = list(seen(restricted, headers, foreign | {"id": theirs["id"]}))
    assert len(with_others) > 40
    for (channel, before), (_, after) in zip(without, with_others, strict=True):
        assert after == before, channel
    assert restricted.staff("GET", f"/{theirs['id']}").json() == theirs


def seen(restricted: Restricted, headers: dict[str, str], foreign: Body) -> Iterator[tuple[str, object]]:
    """What each channel answers about a document of somebody else."""
    id, path = foreign["id"], f"{restricted.path}/{foreign['id']}"
    for query in queries(foreign):
        for preference in PREFERENCES if len(query) < 30 else ({},):
            response = restricted.client.get(f"{restricted.path}?{query}", headers={**headers, **preference})
            yield f"{query} {preference}", answer(response, {id: "ID"})
    for method, suffix, parts in requests(id):
        told = {**parts, "headers": {**headers, **parts.get("headers", {})}}
        channel = f"{method} {suffix[:4]} {parts}".replace(id, "ID")
        yield channel, answer(restricted.client.request(method, f"{path}{suffix}", **told), {id: "ID"})


def requests(id: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, end of the URL, and other parts of requests for one document."""
    yield from (("GET", suffix, {}) for suffix in ("", "?fields=id", f"?at={now()}", "?at=2001-01-01T00:00:00Z"))
    yield "HEAD", "", {}
    for condition in (
        {"If-None-Match": "*"},
        {"If-Match": '"1"'},
        {"If-Match": "*"},
        {"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"},
        {"If-Unmodified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"},
    ):
        yield from ((method, "", {"headers": condition}) for method in ("GET", "DELETE"))
        yield "PATCH", "", {"headers": condition, "json": {}}
    yield from (("PATCH", "", {"json": body}) for body in ({"name": "x"}, {"status": "no such state"}, {}))
    test = json.dumps([{"op": "test", "path": "/id", "value": id}])
    yield "PATCH", "", {"content": test, "headers": {"Content-Type": "application/json-patch+json"}}
    yield "DELETE", "", {}


@EACH_OWNED
def test_nothing_is_moved_out_of_a_partys_scope_or_made_outside_of_it(restricted: Restricted) -> None:
    mine = restricted.create("7001")
    headers = party_token(restricted, restricted.party_of(mine))
    other = restricted.body("7002")
    assert restricted.client.post(restricted.path, json=other, headers=headers).status_code == 403
    if restricted.owner.party == ("id",):
        return
    attribute = next(name for name in other if other[name] != restricted.body("7001").get(name))
    patch = {attribute: other[attribute]}
    answered = restricted.client.patch(f"{restricted.path}/{mine['id']}", json=patch, headers=headers)
    assert (answered.status_code, answered.json().get("code")) == (403, "50")
    assert restricted.staff("GET", f"/{mine['id']}").json() == mine


def test_what_no_party_owns_is_nothing_to_a_token_that_is_bound_to_one(
    guarded: str, provider: IdentityProvider
) -> None:
    unowned = [each for each in RESOURCES if not DECLARED[each].owners]
    assert unowned
    with httpx.Client(base_url=guarded) as client:
        for name, version in unowned:
            at = Restricted(name, version, client, provider)
            for path in (at.path, f"{at.path}/1"):
                assert client.get(path, headers=party_token(at, "7001")).status_code == 403


@pytest.mark.parametrize(("name", "version"), [("PartyInteraction", "v4"), ("PartyInteraction", "v5")])
def test_a_reference_to_what_is_others_is_one_to_nothing(restricted: Restricted) -> None:
    refuses_foreign_references(restricted)


def refuses_foreign_references(restricted: Restricted) -> None:
    """Hold that a party can refer to what it sees, and to nothing else."""
    individuals = Restricted("Individual", restricted.version, restricted.client, restricted.provider)
    me, other = individuals.create(), individuals.create()
    headers, unknown = party_token(restricted, me["id"]), new_id()
    answers = []
    for id in (me["id"], other["id"], unknown):
        body = restricted.body(me["id"])
        body["relatedParty"].append(related(body["relatedParty"][0], id, other["href"].replace(other["id"], id)))
        answers.append(restricted.client.post(restricted.path, json=body, headers=headers))
    mine, theirs, nobodys = answers
    assert (mine.status_code, nobodys.status_code) == (201, 400), mine.text
    assert answer(theirs, {other["id"]: "ID"}) == answer(nobodys, {unknown: "ID"})
    patch = {"relatedParty": body["relatedParty"]}
    put(patch["relatedParty"][-1], ("href",), other["href"])
    refused = restricted.client.patch(f"{restricted.path}/{mine.json()['id']}", json=patch, headers=headers)
    assert refused.status_code == 400


def related(like: Body, id: str, href: str) -> Body:
    """A related party like another one, with this id and URL."""
    made: Body = json.loads(json.dumps(like))
    inner = made.get("partyOrPartyRole", made)
    inner |= {"id": id, "href": href, "@referredType": "Individual"}
    return made


@EACH_OWNED
def test_a_repeated_create_tells_nothing_of_what_is_somebody_elses_by_now(restricted: Restricted) -> None:
    if restricted.owner.party == ("id",):
        return
    headers = {**party_token(restricted, "7001"), "Idempotency-Key": new_id()}
    first = restricted.client.post(restricted.path, json=restricted.body("7001"), headers=headers)
    again = restricted.client.post(restricted.path, json=restricted.body("7001"), headers=headers)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert "liaison-deleted" not in again.headers
    other = restricted.body("7002")
    moved = {name: value for name, value in other.items() if value != restricted.body("7001").get(name)}
    assert restricted.staff("PATCH", f"/{first.json()['id']}", json=moved).status_code == 200
    later = restricted.client.post(restricted.path, json=restricted.body("7001"), headers=headers)
    assert (later.json(), later.headers.get("liaison-deleted")) == (first.json(), "true")


@pytest.mark.parametrize(("name", "version"), [("Individual", "v4"), ("Individual", "v5")])
def test_a_refused_deletion_does_not_name_what_needs_the_party(restricted: Restricted) -> None:
    me = restricted.create()
    customers = Restricted("Customer", restricted.version, restricted.client, restricted.provider)
    body = customers.body()
    body["engagedParty"] |= {"id": me["id"], "href": me["href"], "@referredType": "Individual"}
    customer = customers.staff("POST", json=body).json()
    refused = restricted.client.delete(f"{restricted.path}/{me['id']}", headers=party_token(restricted, me["id"]))
    assert (refused.status_code, "Customer" in refused.text, customer["id"] in refused.text) == (409, False, False)
    assert customer["id"] in restricted.staff("DELETE", f"/{me['id']}").text
