# SPDX-License-Identifier: Apache-2.0
"""Elements of arrays that are sensitive by a member, such as a characteristic by its name, are not there for who lacks
their scope: in no answer, filter, event or delivery; and no patch writes, loses or tells of them."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from app.domain.restriction import SensitiveElements
from app.settings import Settings
from tests.contract.draining import draining
from tests.contract.relaying import relaying
from tests.contract.restricted import DECLARED, Body, Restricted, answer
from tests.contract.test_event_scope import BLIND, TOPIC, about, register
from tests.contract.test_sensitive_attributes import JSON_PATCH, QUERY_PATCH, patch_of, seen, sent
from tests.identity_provider import bearer
from tests.listening import listening
from tests.waiting import eventually

HOLDERS = [(*each, element) for each, declared in DECLARED.items() for element in declared.sensitive_elements]
EACH = pytest.mark.parametrize(
    ("name", "version", "element"),
    HOLDERS,
    ids=[f"{name}-{version}-{element.text}" for name, version, element in HOLDERS],
)


def secret(restricted: Restricted, element: SensitiveElements) -> Body:
    return {**elements_of(restricted, element, element.text)[0], "value": "SECRET"}


def blind(restricted: Restricted, element: SensitiveElements) -> dict[str, str]:
    """The token of somebody who may do all, but see this."""
    declared = [*DECLARED.values()]
    scopes = {scope for each in declared for scope in each.sensitive.values()}
    scopes |= {other.scope for each in declared for other in each.sensitive_elements}
    return bearer(restricted.provider.token("*:read", "*:create", "*:update", *(scopes - {element.scope})))


def elements_of(restricted: Restricted, element: SensitiveElements, *named: str) -> list[Body]:
    typed = {} if restricted.version == "v4" else {"@type": "StringCharacteristic"}
    return [{**typed, element.member: each, "value": f"of {each}"} for each in named]


def put(restricted: Restricted, id: str, element: SensitiveElements, elements: list[Body] | None) -> Any:
    """The elements as staff see them after they were put there."""
    answered = restricted.staff("PATCH", f"/{id}", json={element.attribute: elements})
    assert answered.status_code == 200, answered.text
    return answered.json().get(element.attribute)


@EACH
@pytest.mark.parametrize("others", [("language", "hobby"), ()], ids=["among others", "alone"])
def test_an_answer_is_the_same_without_it(
    restricted: Restricted, element: SensitiveElements, others: tuple[str, ...]
) -> None:
    headers, made = blind(restricted, element), restricted.create()
    rest = elements_of(restricted, element, *others)
    put(restricted, made["id"], element, [*rest, secret(restricted, element)])
    whole = restricted.staff("GET", f"/{made['id']}").json()
    put(restricted, made["id"], element, rest or None)
    before = list(seen(restricted, headers, whole))
    put(restricted, made["id"], element, [*rest[:1], secret(restricted, element), *rest[1:]])
    for (channel, without), (_, with_it) in zip(before, seen(restricted, headers, whole), strict=True):
        assert with_it == without, channel
    found = restricted.staff("GET", f"?{element.attribute}.{element.member}={element.text}").json()
    assert [each["id"] for each in found] == [made["id"]]


@EACH
def test_a_list_is_filtered_by_what_is_seen(restricted: Restricted, element: SensitiveElements) -> None:
    headers, made = blind(restricted, element), restricted.create()
    put(restricted, made["id"], element, [*elements_of(restricted, element, "language"), secret(restricted, element)])
    place = f"{element.attribute}.{element.member}"
    for query, number in {
        f"{place}=language": 1,
        f"{place}={element.text}": 0,
        f"{place}.ne={element.text}": 1,
        f"{place}.ne=language": 0,
        f"{element.attribute}.value=SECRET": 0,
        f"{element.attribute}.exists=true": 1,
        f"filter=$[?(@.{element.attribute}[?(@.{element.member}=='language')])]": 1,
        f"filter=$[?(@.{element.attribute}[?(@.value=='SECRET')])]": 0,
    }.items():
        answered = restricted.client.get(restricted.path, params=query, headers=headers)
        assert (len(answered.json()), answered.headers["x-total-count"]) == (number, str(number)), query
    for query in (f"sort={place}", f"{element.attribute}.0.{element.member}={element.text}"):
        refused = restricted.client.get(restricted.path, params=query, headers=headers)
        assert (refused.status_code, element.scope in refused.text) == (403, True), query


@EACH
def test_who_does_not_see_it_does_not_write_it_and_does_not_lose_it(
    restricted: Restricted, element: SensitiveElements
) -> None:
    headers, made = blind(restricted, element), restricted.create()
    path, attribute = f"{restricted.path}/{made['id']}", element.attribute
    language, hobby, new = elements_of(restricted, element, "language", "hobby", "new")
    kept = put(restricted, made["id"], element, [language, secret(restricted, element), hobby])
    for refused in (
        restricted.client.post(restricted.path, json={**restricted.body(), attribute: kept}, headers=headers),
        restricted.client.patch(path, json={attribute: [secret(restricted, element)]}, headers=headers),
        sent(
            restricted,
            path,
            headers,
            patch_of(JSON_PATCH, op="add", path=f"/{attribute}/-", value=secret(restricted, element)),
        ),
        sent(
            restricted,
            path,
            headers,
            patch_of(JSON_PATCH, op="replace", path=f"/{attribute}/0/{element.member}", value=element.text),
        ),
        sent(
            restricted,
            path,
            headers,
            patch_of(QUERY_PATCH, op="add", path=f"$.{attribute}", value=secret(restricted, element)),
        ),
    ):
        assert (refused.status_code, f'scope="{element.scope}"' in refused.headers.get("www-authenticate", "")) == (
            403,
            True,
        ), refused.text
    in_vain = patch_of(QUERY_PATCH, op="remove", path=f"$.{attribute}[?(@.{element.member}=='{element.text}')]")
    assert sent(restricted, path, headers, in_vain).status_code >= 400
    assert names(restricted.staff("GET", f"/{made['id']}").json(), element) == ["language", element.text, "hobby"]
    for patch, left in (
        ({"json": {attribute: [language, hobby, new]}}, ["language", "hobby", "new"]),
        (patch_of(JSON_PATCH, op="remove", path=f"/{attribute}/1"), ["language", "new"]),
        (patch_of(JSON_PATCH, op="remove", path=f"/{attribute}/0"), ["new"]),
        ({"json": {attribute: []}}, []),
        ({"json": {attribute: [hobby]}}, ["hobby"]),
        ({"json": {attribute: None}}, []),
    ):
        answered = sent(restricted, path, headers, patch)
        assert answered.status_code == 200, answered.text
        assert names(answered.json(), element) == left
        whole = names(restricted.staff("GET", f"/{made['id']}").json(), element)
        assert ([each for each in whole if each != element.text], whole.count(element.text)) == (left, 1)


def names(shown: Body, element: SensitiveElements) -> list[str]:
    return [each[element.member] for each in shown.get(element.attribute, [])]


@pytest.fixture(scope="module")
def drain(settings: Settings) -> Iterator[Callable[[], None]]:
    """A function that moves what was changed into the event log."""
    with draining(settings) as drain:
        yield drain


@EACH
def test_a_topic_tells_nothing_of_it(
    restricted: Restricted, element: SensitiveElements, drain: Callable[[], None]
) -> None:
    body = {name: value for name, value in restricted.body().items() if name != element.attribute}
    id = restricted.staff("POST", json=body).json()["id"]
    headers, topic = bearer(restricted.provider.token(*BLIND)), f"{TOPIC}/{restricted.document}/event"
    member = restricted.name[0].lower() + restricted.name[1:]
    queries = ("", "?limit=1", f"?event.{member}.{element.attribute}.value=SECRET")

    def told() -> list[object]:
        drain()
        return [answer(restricted.client.get(topic + query, headers=headers), {}) for query in queries]

    before = told()
    put(restricted, id, element, [secret(restricted, element)])
    assert told() == before
    restricted.staff("PATCH", f"/{id}", json={"x-note": "seen", element.attribute: None})
    drain()
    shown = restricted.client.get(topic, headers=headers)
    assert (len(shown.json()), element.attribute in shown.text) == (2, False)
    asked = f"?event.{member}.{element.attribute}.value=SECRET"
    assert restricted.client.get(topic + asked, headers=headers).json() == []
    assert len(restricted.client.get(topic + asked, headers=bearer(restricted.provider.token("*:*"))).json()) == 1


@EACH
def test_a_listener_is_told_nothing_of_it(
    restricted: Restricted, element: SensitiveElements, settings: Settings
) -> None:
    body = {name: value for name, value in restricted.body().items() if name != element.attribute}
    language = elements_of(restricted, element, "language")
    with ExitStack() as stack:
        staff, other = stack.enter_context(listening()), stack.enter_context(listening())
        assert register(restricted, staff, restricted.provider.token("*:*")).status_code == 201
        assert register(restricted, other, restricted.provider.token(*BLIND)).status_code == 201
        id = restricted.staff("POST", json={**body, element.attribute: [secret(restricted, element)]}).json()["id"]
        for elements in (
            [],
            [secret(restricted, element)],
            [secret(restricted, element), *language],
            [*language],
            [secret(restricted, element)],
        ):
            put(restricted, id, element, elements)
        restricted.staff("DELETE", f"/{id}")
        stack.enter_context(relaying(settings))
        for each in (staff, other):
            eventually(lambda: any("Delete" in kind for kind in about(each, id)), "the deletion is told")  # noqa: B023
    assert (len(about(staff, id)), len(about(other, id))) == (7, 4)
    assert element.text in json.dumps(staff.received)
    assert not {element.text, "SECRET"} & {*json.dumps(other.received).split('"')}
