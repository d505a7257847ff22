# SPDX-License-Identifier: Apache-2.0
"""Events by scope: a listener is sent, and a topic shows, what its principal may read, and nothing of all else."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
import yaml

from app.access import live_roles
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


@pytest.fixture(scope="module")
def drain(settings: Settings) -> Iterator[Callable[[], None]]:
    """A function that moves what was changed into the event log."""
    with draining(settings) as drain:
        yield drain


def hub_of(restricted: Restricted) -> str:
    return f"{restricted.path.rpartition('/')[0]}/hub"


def register(restricted: Restricted, listener: Listener, token: str, query: str = "") -> httpx.Response:
    body = {"callback": listener.url, **({"query": query} if query else {})}
    return restricted.client.post(hub_of(restricted), json=body, headers=bearer(token))


def about(listener: Listener, id: str) -> list[str]:
    return [event["eventType"] for event in listener.received if id in json.dumps(event["event"])]


@dataclass
class Heard:
    """What is about one resource in the deliveries to four registrants."""

    restricted: Restricted
    mine: Body
    theirs: Body
    listeners: dict[str, Listener]

    def types(self, registrant: str, made: Body) -> list[str]:
        return [kind.removeprefix(self.restricted.name) for kind in about(self.listeners[registrant], made["id"])]


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
        hidden, sent = each.restricted.sensitive, {who: json.dumps(to.received) for who, to in each.listeners.items()}
        assert sent["nobody"] == "[]"
        assert each.types("owner", each.theirs) == []
        assert each.types("owner", each.mine) == [creation, *[change] * (len(hidden) + 1), deletion]
        assert each.types("blind", each.theirs) == each.types("blind", each.mine) == [creation, change, deletion]
        assert not any(f'"{attribute}"' in sent["blind"] for attribute in hidden)
        assert all(f'"{attribute}"' in sent["staff"] for attribute in hidden)


def heard(restricted: Restricted, stack: ExitStack) -> Heard:
    """Register listeners of four principals, and do everything to a document of the owner's and to another one."""
    mine, listeners = restricted.create("7001"), {}
    for registrant, token in {
        "staff": restricted.provider.token("*:*"),
        "owner": restricted.provider.token("*:*", party_id=restricted.party_of(mine)),
        "blind": restricted.provider.token(*BLIND),
        "nobody": restricted.provider.token("hub:create", "event:read"),
    }.items():
        listeners[registrant] = stack.enter_context(listening())
        assert register(restricted, listeners[registrant], token).status_code == 201
    theirs = restricted.create("7002")
    for sensitive in restricted.sensitive:
        restricted.staff("PATCH", f"/{mine['id']}", json={sensitive: None})
    for made in (theirs, mine):
        restricted.staff("PATCH", f"/{made['id']}", json={"x-note": "seen"})
        restricted.staff("DELETE", f"/{made['id']}")
    return Heard(restricted, mine, theirs, listeners)


@EACH_OWNED
def test_a_topic_shows_a_party_its_own_events_alone(restricted: Restricted, drain: Callable[[], None]) -> None:
    mine = restricted.create("7001")
    party = restricted.party_of(mine)
    headers = bearer(restricted.provider.token("*:*", party_id=party))
    topic = f"{TOPIC}/{restricted.document}/event"
    member = restricted.name[0].lower() + restricted.name[1:]
    queries = [
        "",
        "?limit=1",
        "?sort=-eventTime",
        f"?eventType={restricted.name}CreateEvent",
        f"?event.{member}.id.ne={mine['id']}",
    ]
    queries += [f"?event.{member}.href.regex=.", f"?filter=$[?(@.event.{member}.id)]", "?eventType.ne=x&limit=2"]

    def seen() -> list[object]:
        drain()
        return [answer(restricted.client.get(topic + query, headers=headers), {}) for query in queries]

    before = seen()
    theirs = restricted.create("7002")
    restricted.staff("PATCH", f"/{theirs['id']}", json={"x-note": "seen"})
    restricted.staff("DELETE", f"/{theirs['id']}")
    assert seen() == before
    assert json.loads(before[0][2])[0]["event"][member]["id"] == mine["id"]  # type: ignore[index]
    staff = restricted.client.get(topic, headers=bearer(restricted.provider.token("*:*"))).json()
    assert len(staff) == 4
    for event in staff[1:]:
        got = restricted.client.get(f"{topic}/{event['eventId']}", headers=headers)
        assert got.status_code == 404


@EACH_OWNED
def test_a_topic_does_not_tell_of_hidden_attributes(restricted: Restricted, drain: Callable[[], None]) -> None:
    hidden = restricted.sensitive
    if not hidden:
        return
    body = {name: value for name, value in restricted.body("7001").items() if name not in hidden}
    mine = restricted.staff("POST", json=body).json()
    headers = bearer(restricted.provider.token(*BLIND))
    topic, member = f"{TOPIC}/{restricted.document}/event", restricted.name[0].lower() + restricted.name[1:]

    def seen() -> list[object]:
        drain()
        return [answer(restricted.client.get(topic + query, headers=headers), {}) for query in ("", "?limit=1")]

    before = seen()
    full = restricted.body("7001")
    restricted.staff("PATCH", f"/{mine['id']}", json={name: full[name] for name in hidden})
    assert seen() == before
    restricted.staff("PATCH", f"/{mine['id']}", json={"x-note": "seen", **dict.fromkeys(hidden)})
    drain()
    shown = restricted.client.get(topic, headers=headers)
    assert (len(shown.json()), [name for name in hidden if name in shown.text]) == (2, [])
    for name, scope in hidden.items():
        refused = restricted.client.get(f"{topic}?event.{member}.{name}.exists=true", headers=headers)
        assert (refused.status_code, scope in refused.text) == (403, True)


@EACH_OWNED
def test_a_listener_cannot_ask_for_what_its_registrant_does_not_see(restricted: Restricted) -> None:
    member = restricted.name[0].lower() + restricted.name[1:]
    with listening() as listener:
        for name, scope in restricted.sensitive.items():
            refused = register(
                restricted, listener, restricted.provider.token(*BLIND), f"event.{member}.{name}.exists=true"
            )
            assert (refused.status_code, scope in refused.text) == (403, True)


@pytest.mark.parametrize(("name", "version"), [("Customer", "v4"), ("Customer", "v5")])
def test_one_sees_ones_own_registrations(restricted: Restricted) -> None:
    alice, bob, admin = (
        bearer(restricted.provider.token(*scopes, sub=sub))
        for sub, scopes in {"alice": ("hub:*",), "bob": ("hub:*",), "root": ("*:*",)}.items()
    )
    hub, body = hub_of(restricted), {"callback": "https://listener.example.com/events"}
    nothing = [
        answer(restricted.client.get(hub + query, headers=bob), {}) for query in ("", "?callback.regex=.", "?limit=1")
    ]
    made = restricted.client.post(hub, json=body, headers=alice).json()
    assert restricted.client.post(hub, json=body, headers=alice).status_code == 409
    assert [
        answer(restricted.client.get(hub + q, headers=bob), {}) for q in ("", "?callback.regex=.", "?limit=1")
    ] == nothing
    unknown_id = new_id()
    for method in ("GET", "DELETE"):
        unknown = restricted.client.request(method, f"{hub}/{unknown_id}", headers=bob)
        foreign = restricted.client.request(method, f"{hub}/{made['id']}", headers=bob)
        assert answer(foreign, {made["id"]: "ID"}) == answer(unknown, {unknown_id: "ID"})
    assert restricted.client.post(hub, json=body, headers=bob).status_code == 201
    shown = restricted.client.get(hub, headers=alice)
    assert (shown.status_code, [each["id"] for each in shown.json()]) == (200, [made["id"]])
    assert len(restricted.client.get(hub, headers=admin).json()) == 2
    assert restricted.client.delete(f"{hub}/{made['id']}", headers=alice).status_code == 204


def test_roles_that_change_count_on_a_running_server_and_relay(
    settings: Settings,
    provider: IdentityProvider,
    clean_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_roles, "LOOK_SECONDS", 0.0)
    file = tmp_path / "access.yaml"
    changed = replace(settings, port=free_port(), issuers=provider.url, audience=AUDIENCE, access=str(file))

    def grant(*scopes: str) -> None:
        file.write_text(yaml.safe_dump({"roles": {"integrator": scopes}}))

    grant("customer:read", "hub:*")
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=stack.enter_context(serving(changed))))
        told, staff = (stack.enter_context(listening()) for _ in range(2))
        stack.enter_context(relaying(changed))
        customers = Restricted("Customer", "v5", client, provider)
        integrator = provider.token(scope=None, roles=["integrator"])
        registered = register(customers, told, integrator).json()
        assert register(customers, staff, provider.token("*:*")).status_code == 201

        def status() -> int:
            return client.get(customers.path, headers=bearer(integrator)).status_code

        def create() -> str:
            """Create a customer; returns once its event is sent to all that it is sent to."""
            id: str = customers.create("7001")["id"]
            hub = f"{hub_of(customers)}/{registered['id']}"
            root = bearer(provider.token("*:*"))
            eventually(lambda: about(staff, id) != [], "staff is told")
            eventually(lambda: client.get(hub, headers=root).json()["lag"] == 0, "the integrator's turn is over")
            return id

        first, before = create(), status()
        grant("individual:read")
        second, meanwhile = create(), status()
        file.write_text("roles: [")
        third, mistaken = create(), status()
        grant("customer:read")
        fourth, after = create(), status()
    assert (before, meanwhile, mistaken, after) == (200, 403, 403, 200)
    assert [bool(about(told, id)) for id in (first, second, third, fourth)] == [True, False, False, True]
