# SPDX-License-Identifier: Apache-2.0
"""Events by scope: a listener is sent, and a topic shows, what its principal may read, and nothing of all else."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from app.access.roles import DEFAULT_ROLES
from app.domain.identifiers import new_id
from app.settings import Settings
from tests.contract.draining import draining
from tests.contract.relaying import relaying
from tests.contract.restricted import OWNED, Body, Restricted, answer
from tests.identity_provider import AUDIENCE, IdentityProvider, bearer
from tests.listening import Listener, listening
from tests.serving import free_port, serving
from tests.waiting import eventually

EACH_OWNED = pytest.mark.parametrize(("name", "version"), OWNED, ids=map("-".join, OWNED))
BLIND = ("*:read", "*:create", "*:update", "*:delete", "hub:*", "topic:read", "event:read")
TOPIC = "/tmf-api/event/v4/topic"


@pytest.fixture
def owned(
    guarded: str, provider: IdentityProvider, clean_database: str, name: str, version: str
) -> Iterator[Restricted]:
    with httpx.Client(base_url=guarded) as client:
        yield Restricted(name, version, client, provider)


@pytest.fixture(scope="module")
def drain(settings: Settings) -> Iterator[Callable[[], None]]:
    """A function that moves what was changed into the event log."""
    with draining(settings) as drain:
        yield drain


def hub_of(owned: Restricted) -> str:
    return f"{owned.path.rpartition('/')[0]}/hub"


def register(owned: Restricted, listener: Listener, token: str, query: str = "") -> httpx.Response:
    body = {"callback": listener.url, **({"query": query} if query else {})}
    return owned.client.post(hub_of(owned), json=body, headers=bearer(token))


def about(listener: Listener, id: str) -> list[str]:
    return [event["eventType"] for event in listener.received if id in json.dumps(event["event"])]


@dataclass
class Heard:
    """What is about one resource in the deliveries to four registrants."""

    owned: Restricted
    mine: Body
    theirs: Body
    listeners: dict[str, Listener]

    def types(self, registrant: str, made: Body) -> list[str]:
        return [kind.removeprefix(self.owned.name) for kind in about(self.listeners[registrant], made["id"])]


@pytest.mark.parametrize("version", sorted({version for _, version in OWNED}))
def test_a_listener_is_sent_what_its_registrant_may_read(
    guarded: str, provider: IdentityProvider, clean_database: str, settings: Settings, version: str
) -> None:
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=guarded))
        names = [name for name, of in OWNED if of == version]
        everything = [heard(Restricted(name, version, client, provider), stack) for name in names]
        stack.enter_context(relaying(settings))
        for each in everything:
            for registrant in ("staff", "owner", "blind"):
                eventually(lambda: "DeleteEvent" in each.types(registrant, each.mine), f"{registrant} is told")  # noqa: B023
    for each in everything:
        creation, change, deletion = "CreateEvent", "AttributeValueChangeEvent", "DeleteEvent"
        hidden, sent = each.owned.sensitive, {who: json.dumps(to.received) for who, to in each.listeners.items()}
        assert sent["nobody"] == "[]"
        assert each.types("owner", each.theirs) == []
        assert each.types("owner", each.mine) == [creation, *[change] * (len(hidden) + 1), deletion]
        assert each.types("blind", each.theirs) == each.types("blind", each.mine) == [creation, change, deletion]
        assert not any(f'"{attribute}"' in sent["blind"] for attribute in hidden)
        assert all(f'"{attribute}"' in sent["staff"] for attribute in hidden)


def heard(owned: Restricted, stack: ExitStack) -> Heard:
    """Register listeners of four principals, and do everything to a document of the owner's and to another one."""
    mine, listeners = owned.create("7001"), {}
    for registrant, token in {
        "staff": owned.provider.token("*:*"),
        "owner": owned.provider.token("*:*", party_id=owned.party_of(mine)),
        "blind": owned.provider.token(*BLIND),
        "nobody": owned.provider.token("hub:create", "event:read"),
    }.items():
        listeners[registrant] = stack.enter_context(listening())
        assert register(owned, listeners[registrant], token).status_code == 201
    theirs = owned.create("7002")
    for sensitive in owned.sensitive:
        owned.staff("PATCH", f"/{mine['id']}", json={sensitive: None})
    for made in (theirs, mine):
        owned.staff("PATCH", f"/{made['id']}", json={"x-note": "seen"})
        owned.staff("DELETE", f"/{made['id']}")
    return Heard(owned, mine, theirs, listeners)


@EACH_OWNED
def test_a_topic_shows_a_party_its_own_events_alone(owned: Restricted, drain: Callable[[], None]) -> None:
    mine = owned.create("7001")
    party = owned.party_of(mine)
    headers = bearer(owned.provider.token("*:*", party_id=party))
    topic = f"{TOPIC}/{owned.document}/event"
    member = owned.name[0].lower() + owned.name[1:]
    queries = [
        "",
        "?limit=1",
        "?sort=-eventTime",
        f"?eventType={owned.name}CreateEvent",
        f"?event.{member}.id.ne={mine['id']}",
    ]
    queries += [f"?event.{member}.href.regex=.", f"?filter=$[?(@.event.{member}.id)]", "?eventType.ne=x&limit=2"]

    def seen() -> list[object]:
        drain()
        return [answer(owned.client.get(topic + query, headers=headers), {}) for query in queries]

    before = seen()
    theirs = owned.create("7002")
    owned.staff("PATCH", f"/{theirs['id']}", json={"x-note": "seen"})
    owned.staff("DELETE", f"/{theirs['id']}")
    assert seen() == before
    assert json.loads(before[0][2])[0]["event"][member]["id"] == mine["id"]  # type: ignore[index]
    staff = owned.client.get(topic, headers=bearer(owned.provider.token("*:*"))).json()
    assert len(staff) == 4
    for event in staff[1:]:
        got = owned.client.get(f"{topic}/{event['eventId']}", headers=headers)
        assert got.status_code == 404


@EACH_OWNED
def test_a_topic_does_not_tell_of_hidden_attributes(owned: Restricted, drain: Callable[[], None]) -> None:
    hidden = owned.sensitive
    if not hidden:
        return
    body = {name: value for name, value in owned.body("7001").items() if name not in hidden}
    mine = owned.staff("POST", json=body).json()
    headers = bearer(owned.provider.token(*BLIND))
    topic, member = f"{TOPIC}/{owned.document}/event", owned.name[0].lower() + owned.name[1:]

    def seen() -> list[object]:
        drain()
        return [answer(owned.client.get(topic + query, headers=headers), {}) for query in ("", "?limit=1")]

    before = seen()
    full = owned.body("7001")
    owned.staff("PATCH", f"/{mine['id']}", json={name: full[name] for name in hidden})
    assert seen() == before
    owned.staff("PATCH", f"/{mine['id']}", json={"x-note": "seen", **dict.fromkeys(hidden)})
    drain()
    shown = owned.client.get(topic, headers=headers)
    assert (len(shown.json()), [name for name in hidden if name in shown.text]) == (2, [])
    for name, scope in hidden.items():
        refused = owned.client.get(f"{topic}?event.{member}.{name}.exists=true", headers=headers)
        assert (refused.status_code, scope in refused.text) == (403, True)


@EACH_OWNED
def test_a_listener_cannot_ask_for_what_its_registrant_does_not_see(owned: Restricted) -> None:
    member = owned.name[0].lower() + owned.name[1:]
    with listening() as listener:
        for name, scope in owned.sensitive.items():
            refused = register(owned, listener, owned.provider.token(*BLIND), f"event.{member}.{name}.exists=true")
            assert (refused.status_code, scope in refused.text) == (403, True)


@pytest.mark.parametrize(("name", "version"), [("Customer", "v4"), ("Customer", "v5")])
def test_one_sees_ones_own_registrations(owned: Restricted) -> None:
    alice, bob, admin = (
        bearer(owned.provider.token(*scopes, sub=sub))
        for sub, scopes in {"alice": ("hub:*",), "bob": ("hub:*",), "root": ("*:*",)}.items()
    )
    hub, body = hub_of(owned), {"callback": "https://listener.example.com/events"}
    nothing = [
        answer(owned.client.get(hub + query, headers=bob), {}) for query in ("", "?callback.regex=.", "?limit=1")
    ]
    made = owned.client.post(hub, json=body, headers=alice).json()
    assert owned.client.post(hub, json=body, headers=alice).status_code == 409
    assert [
        answer(owned.client.get(hub + q, headers=bob), {}) for q in ("", "?callback.regex=.", "?limit=1")
    ] == nothing
    unknown_id = new_id()
    for method in ("GET", "DELETE"):
        unknown = owned.client.request(method, f"{hub}/{unknown_id}", headers=bob)
        foreign = owned.client.request(method, f"{hub}/{made['id']}", headers=bob)
        assert answer(foreign, {made["id"]: "ID"}) == answer(unknown, {unknown_id: "ID"})
    assert owned.client.post(hub, json=body, headers=bob).status_code == 201
    shown = owned.client.get(hub, headers=alice)
    assert (shown.status_code, [each["id"] for each in shown.json()]) == (200, [made["id"]])
    assert len(owned.client.get(hub, headers=admin).json()) == 2
    assert owned.client.delete(f"{hub}/{made['id']}", headers=alice).status_code == 204


def test_roles_that_change_count_within_five_seconds(
    settings: Settings, provider: IdentityProvider, clean_database: str, tmp_path: Path
) -> None:
    file = tmp_path / "access.yaml"
    roles: dict[str, Any] = {name: list(grants) for name, grants in DEFAULT_ROLES.grants.items()}
    file.write_text(yaml.safe_dump({"roles": roles}))
    changed = replace(settings, port=free_port(), issuers=provider.url, audience=AUDIENCE, access=str(file))
    with serving(changed) as url, httpx.Client(base_url=url) as client, listening() as listener, relaying(changed):
        customers = Restricted("Customer", "v5", client, provider)
        integrator = provider.token(scope=None, roles=["integrator"])
        assert register(customers, listener, integrator).status_code == 201
        first = customers.create("7001")
        eventually(lambda: about(listener, first["id"]) != [], "the event arrives")
        assert client.get(customers.path, headers=bearer(integrator)).status_code == 200
        roles["integrator"] = ["individual:read"]
        file.write_text(yaml.safe_dump({"roles": roles}))
        time.sleep(2.5)
        assert client.get(customers.path, headers=bearer(integrator)).status_code == 403
        second = customers.create("7001")
        roles["integrator"] = ["customer:read"]
        time.sleep(0.5)
        file.write_text("roles: [")
        time.sleep(2.5)
        assert client.get(customers.path, headers=bearer(integrator)).status_code == 403
        file.write_text(yaml.safe_dump({"roles": roles}))
        eventually(
            lambda: client.get(customers.path, headers=bearer(integrator)).status_code == 200, "the role is back"
        )
        time.sleep(2.5)
        third = customers.create("7001")
        eventually(lambda: about(listener, third["id"]) != [], "the event arrives")
        assert about(listener, second["id"]) == []
