# SPDX-License-Identifier: Apache-2.0
"""Relationships of organizations (eTOM 1.3.4): both ends agree in every version, and none is above itself."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.contract.answers import created, found, patched, refused
from tests.contract.relaying import relaying
from tests.identity_provider import IdentityProvider, bearer
from tests.listening import listening
from tests.paths import ORGANIZATION, ORGANIZATION_V5
from tests.waiting import eventually

Body = dict[str, Any]

PARENT, CHILD = "organizationParentRelationship", "organizationChildRelationship"
NAMES = "abcdefgh"
PATHS = {"v4": ORGANIZATION, "v5": ORGANIZATION_V5}
EACH_PATH = pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)


def ref(id: str, **more: Any) -> Body:
    """An entry for an organization, by its id alone."""
    return {"organization": {"@type": "OrganizationRef", "id": id, **more}}


def parent(id: str, **more: Any) -> Body:
    """A parent, by its id alone; in a patch, whatever the address of another one was before."""
    more = {"href": None, **more}
    return {PARENT: {"@type": "OrganizationParentRelationship", **ref(id, **more)}}


def children(*ids: str) -> Body:
    return {CHILD: [{"@type": "OrganizationChildRelationship", **ref(id)} for id in ids]}


def company(id: str = "", **more: Any) -> Body:
    """A body of version 5, which has the id that a client chooses."""
    return {"@type": "Organization", "name": f"Company {id}", "tradingName": "T", **({"id": id} if id else {}), **more}


def parent_of(shown: Body) -> str | None:
    """The id of the parent that an organization shows."""
    return shown[PARENT]["organization"]["id"] if PARENT in shown else None


def children_of(shown: Body) -> list[str]:
    """The ids of the children that an organization shows."""
    return [each["organization"]["id"] for each in shown.get(CHILD, ())]


def everything(client: httpx.Client, path: str = ORGANIZATION_V5) -> dict[str, Body]:
    return {each["id"]: each for each in client.get(path, params={"limit": 1000}).json()}


def agree(client: httpx.Client) -> dict[str, Body]:
    """What there is, of which each end has the other in both versions, and none is above itself."""
    by_version = [everything(client, path) for path in PATHS.values()]
    shown = by_version[-1]
    for one, other in zip(*(each.values() for each in by_version), strict=True):
        assert (one["id"], parent_of(one), children_of(one)) == (other["id"], parent_of(other), children_of(other))
    downwards = {(id, child) for id, each in shown.items() for child in children_of(each) if child in shown}
    upwards = {(up, id) for id, each in shown.items() if (up := parent_of(each)) in shown}
    assert upwards == downwards
    for id in shown:
        way = [id]
        while (up := parent_of(shown[way[-1]])) in shown:
            assert up not in way, way
            way.append(str(up))
    return shown


@EACH_PATH
def test_the_other_end_of_a_relationship_shows_it(client: httpx.Client, path: str) -> None:
    one = created(client, path, company())
    child = created(client, path, company(**parent(one["id"])))
    assert parent_of(agree(client)[child["id"]]) == one["id"]
    assert client.get(f"{ORGANIZATION}/{one['id']}").json()[CHILD] == [
        {
            "organization": {
                "id": child["id"],
                "href": f"{client.base_url}{ORGANIZATION}/{child['id']}",
                "@referredType": "Organization",
            }
        }
    ]
    for each in PATHS.values():
        assert found(client, each, f"{CHILD}.organization.id={child['id']}") == [one["id"]]
        assert found(client, each, f"{PARENT}.organization.id={one['id']}") == [child["id"]]
    other = created(client, path, company(**children(one["id"])))
    assert parent_of(agree(client)[one["id"]]) == other["id"]
    patched(client, one, {PARENT: None, CHILD: []})
    assert not any(map(parent_of, agree(client).values()))


def drawn_body(drawn: Random) -> Body:
    """Relationships that somebody may wish for."""
    body: Body = {}
    if drawn.random() < 0.6:
        body |= parent(drawn.choice(NAMES))
    if drawn.random() < 0.4:
        body |= children(*drawn.sample(NAMES, drawn.randint(0, 3)))
    return body


def write(client: httpx.Client, drawn: Random, id: str) -> httpx.Response:
    """Whatever may happen to an organization."""
    item = f"{drawn.choice(list(PATHS.values()))}/{id}"
    if drawn.random() < 0.35:
        return client.post(ORGANIZATION_V5, json=company(id, **drawn_body(drawn)))
    if drawn.random() < 0.3:
        return client.delete(item)
    if drawn.random() < 0.3:
        return client.patch(item, json={drawn.choice((PARENT, CHILD)): None})
    return client.patch(item, json=drawn_body(drawn))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_written_both_ends_agree(client: httpx.Client, seed: int) -> None:
    drawn, statuses = Random(seed), set[int]()
    for _ in range(60):
        before = everything(client)
        answer = write(client, drawn, drawn.choice(NAMES))
        statuses.add(answer.status_code)
        after = agree(client)
        assert answer.status_code < 400 or after == before, answer.text
        assert answer.status_code in (200, 201, 204, 404, 409), answer.text
    assert statuses == {200, 201, 204, 404, 409}


def test_what_would_be_above_itself_is_refused_and_told_the_way(client: httpx.Client) -> None:
    one, two, three = (created(client, ORGANIZATION_V5, company(id)) for id in "abc")
    patched(client, two, parent("a"))
    patched(client, three, parent("b"))
    for path in PATHS.values():
        told = refused(client.patch(f"{path}/a", json=parent("c")), 409, "69")
        assert told == f"/{PARENT} would put the Organization a above itself: a → c → b → a"
        told = refused(client.patch(f"{path}/c", json=children("a")), 409, "69")
        assert told == f"/{CHILD} would put the Organization a above itself: a → c → b → a"
        told = refused(client.patch(f"{path}/a", json=parent("a")), 409, "69")
        assert told == f"/{PARENT} would put the Organization a above itself: a → a"
    told = refused(client.post(ORGANIZATION_V5, json=company("d", **parent("d"))), 409, "69")
    assert "d → d" in told
    told = refused(client.post(ORGANIZATION_V5, json=company("d", **children("c"))), 409, "69")
    assert told.startswith(f"/{CHILD} names the Organization c, whose {PARENT} is another already (b); change that")
    patched(client, three, parent("elsewhere"))
    patched(client, one, parent("c"))
    assert len(agree(client)) == 3


def test_patches_that_together_would_close_a_cycle_leave_one_refused(client: httpx.Client) -> None:
    made = [created(client, ORGANIZATION_V5, company(id)) for id in NAMES]
    everyone = len(made)
    with ThreadPoolExecutor(everyone) as pool:
        for turn in range(4):
            shift = 1 + 2 * (turn % 2)  # The next one, or the third: either closes one ring of all.
            patches = [(made[i], made[(i + shift) % everyone]) for i in range(everyone)]
            statuses = list(
                pool.map(lambda pair: client.patch(pair[0]["href"], json=parent(pair[1]["id"])).status_code, patches)
            )
            assert sorted(statuses) == [*[200] * (everyone - 1), 409]
            agree(client)
            for each in made:
                patched(client, each, {PARENT: None})


def test_many_become_children_of_one_at_once(client: httpx.Client) -> None:
    holding = created(client, ORGANIZATION_V5, company())
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: created(client, ORGANIZATION, company(**parent(holding["id"]))), range(24)))
    assert sorted(children_of(agree(client)[holding["id"]])) == sorted(each["id"] for each in made)


def test_of_a_deletion_nothing_is_left(client: httpx.Client) -> None:
    for id, more in {"a": {}, "b": parent("a"), "c": parent("b"), "d": parent("b")}.items():
        created(client, ORGANIZATION_V5, company(id, **more))
    assert client.delete(f"{ORGANIZATION}/b").status_code == 204
    assert [{PARENT, CHILD} & each.keys() for each in agree(client).values()] == [set()] * 3
    assert "b" not in str([(each.get(PARENT), each.get(CHILD)) for each in everything(client).values()])


@EACH_PATH
def test_what_is_elsewhere_stays_as_it_is(client: httpx.Client, path: str) -> None:
    there = "https://elsewhere.example.com/organization/a"
    created(client, ORGANIZATION_V5, company("a"))
    shown = created(client, path, company(**parent("a", href=there), **children("500", "7302")))
    again = client.get(shown["href"]).json()
    assert (again[PARENT], again[CHILD]) == (shown[PARENT], shown[CHILD])
    assert (parent_of(shown), children_of(shown)) == ("a", ["500", "7302"])
    assert CHILD not in everything(client)["a"]


def test_what_was_named_before_it_was_there_shows_it(client: httpx.Client) -> None:
    created(client, ORGANIZATION_V5, company("b", **parent("a")))
    created(client, ORGANIZATION_V5, company("c", **children("d", "e")))
    assert children_of(created(client, ORGANIZATION_V5, company("a"))) == ["b"]
    assert parent_of(created(client, ORGANIZATION_V5, company("d", **parent("c")))) == "c"
    key = {"Idempotency-Key": "e-once"}
    first, again = (client.post(ORGANIZATION_V5, json=company("e"), headers=key).json() for _ in range(2))
    assert first == again == agree(client)["e"]
    assert parent_of(first) == "c"
    created(client, ORGANIZATION_V5, company("y", **parent("x")))
    assert "x → y → x" in refused(client.post(ORGANIZATION_V5, json=company("x", **parent("y"))), 409, "69")
    told = refused(client.post(ORGANIZATION_V5, json=company("x", **parent("a"), **children("e"))), 409, "69")
    assert f"whose {PARENT} is another already (c)" in told
    assert "x" not in agree(client)


def test_a_version_keeps_what_it_says_of_a_relationship(client: httpx.Client) -> None:
    for id in "abc":
        created(client, ORGANIZATION_V5, company(id))
    said = {"relationshipType": "owner", "@type": "Ownership", "share": 51}
    entry = {**said, "organization": {"id": "a", "name": "A", "@type": "HoldingRef", "note": "!"}}
    patched(client, {"href": f"{ORGANIZATION}/b"}, {PARENT: entry})
    kept = {CHILD: [{**said, "organization": {"id": "b", "@type": "PartRef"}}]}
    patched(client, {"href": f"{ORGANIZATION}/a"}, kept)
    patched(client, {"href": f"{ORGANIZATION_V5}/c"}, parent("a"))
    shown = client.get(f"{ORGANIZATION}/a").json()
    assert shown[CHILD][0] == kept[CHILD][0]
    assert client.get(f"{ORGANIZATION}/b").json()[PARENT] == entry
    patched(client, {"href": f"{ORGANIZATION_V5}/c"}, {PARENT: None})
    assert client.get(f"{ORGANIZATION}/a").json()[CHILD] == kept[CHILD]
    agree(client)


@EACH_PATH
def test_the_other_end_has_its_own_revision_and_event(client: httpx.Client, settings: Settings, path: str) -> None:
    one, child = (created(client, path, company()) for _ in range(2))
    with listening() as listener, relaying(settings):
        query = f"eventType=OrganizationAttributeValueChangeEvent&event.organization.id={one['id']}"
        created(client, f"{path.rpartition('/')[0]}/hub", {"callback": listener.url, "query": query})
        tag = client.get(one["href"]).headers["etag"]
        headers = {"X-Correlation-ID": "because-of-the-child"}
        assert client.patch(child["href"], json=parent(one["id"]), headers=headers).status_code == 200
        assert client.get(one["href"]).headers["etag"] != tag
        assert client.patch(one["href"], json={"name": "Late"}, headers={"If-Match": tag}).status_code == 412
        patched(client, child, {PARENT: None})
        eventually(lambda: len(listener.received) == 2, "both changes are told")
    changes = listener.received
    assert changes[0]["correlationId"] == "because-of-the-child"
    assert children_of(changes[0]["event"]["organization"]) == [child["id"]]
    assert not changes[1]["event"]["organization"].get(CHILD)


def test_who_is_bound_to_an_organization_relates_none_that_it_does_not_see(
    guarded: str, provider: IdentityProvider, clean_database: str
) -> None:
    staff, own = (bearer(provider.token("*:*", **more)) for more in ({}, {"party_id": "mine"}))
    with httpx.Client(base_url=guarded, headers=staff) as client:
        for id, more in {"theirs": {}, "mine": {}, "above": {}, "below": parent("above")}.items():
            created(client, ORGANIZATION_V5, company(id, **more))
        mine, before = f"{ORGANIZATION_V5}/mine", agree(client)
        address = f"{client.base_url}{ORGANIZATION_V5}/"
        for body in (parent, children, lambda other: parent(other, href=address + other)):
            there, nowhere = (
                refused(client.patch(mine, json=body(id), headers=own), 400, "24") for id in ("theirs", "nobody")
            )
            assert there.replace("theirs", "nobody") == nowhere
        assert agree(client) == before
        elsewhere = parent("theirs", href="https://elsewhere.example.com/organization/theirs")
        assert client.patch(mine, json=elsewhere, headers=own).status_code == 200
        assert CHILD not in everything(client)["theirs"]
        for id in ("above", "nobody"):  # Whether it exists makes no difference.
            patched(client, {"href": mine}, {PARENT: None})
            patched(client, {"href": mine}, parent(id))
            for answer in (
                client.patch(mine, json={PARENT: None}, headers=own),
                client.patch(mine, json=elsewhere, headers=own),
                client.delete(mine, headers=own),
            ):
                assert f"{CHILD} and {PARENT} relate this Organization to others" in refused(answer, 403, "50")
            assert client.patch(mine, json={"tradingName": "New"}, headers=own).status_code == 200
        patched(client, {"href": mine}, {PARENT: None})
        assert "below" in children_of(agree(client)["above"])


def test_who_is_bound_to_both_ends_relates_them_and_is_told_no_way_through_others(
    guarded: str, provider: IdentityProvider, clean_database: str
) -> None:
    both = bearer(provider.token("*:*", party_id=["one", "two"]))
    with httpx.Client(base_url=guarded, headers=bearer(provider.token("*:*"))) as client:
        for id, more in {"one": {}, "between": parent("one"), "two": {}}.items():
            created(client, ORGANIZATION_V5, company(id, **more))
        one, two = (f"{ORGANIZATION_V5}/{id}" for id in ("one", "two"))
        assert client.patch(two, json=parent("one"), headers=both).status_code == 200
        assert children_of(agree(client)["one"]) == ["between", "two"]
        assert client.patch(two, json={PARENT: None}, headers=both).status_code == 200
        patched(client, {"href": two}, parent("between"))
        told = refused(client.patch(one, json=parent("two"), headers=both), 409, "69")
        assert told == "The patch would put Organization one above itself"
