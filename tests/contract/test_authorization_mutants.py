# SPDX-License-Identifier: Apache-2.0
"""Mutants: with any one authorization call taken out, a test of this directory fails."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.access import tokens
from app.domain.query.attributes import Attribute
from app.events.entitlement import Entitlement
from app.events.hub import hub
from app.events.topics import topics
from app.http.messages import PRINCIPAL
from app.http.middleware import authorization
from app.resources.engine import Engine
from app.resources.hidden_elements import HiddenElements
from app.resources.restricted_engine import RestrictedCollection, RestrictedEngine
from app.resources.restricted_resource import RestrictedResource, _VisibleAttributes
from app.settings import Settings
from tests.contract import (
    test_authorization,
    test_event_scope,
    test_owner_scope,
    test_sensitive_attributes,
    test_sensitive_elements,
)
from tests.contract.draining import draining
from tests.contract.restricted import DECLARED, Restricted
from tests.identity_provider import IdentityProvider

Holds = Callable[["Place"], None]


@dataclass
class Place:
    """Where a test runs."""

    url: str
    provider: IdentityProvider
    settings: Settings

    def resource(self, name: str, version: str = "v5") -> Restricted:
        return Restricted(name, version, httpx.Client(base_url=self.url), self.provider)

    def refuses(self, *states: str) -> None:
        """Hold that tokens in these states are refused."""
        with httpx.Client(base_url=self.url) as client:
            for state in states:
                test_authorization.test_every_operation_refuses_a_token_that_is_not_good(client, self.provider, state)


def nothing(*_: Any, **__: Any) -> None:
    """What stands in the place of the call that is taken out."""


async def nothing_async(*_: Any, **__: Any) -> None:
    """Likewise."""


def admits(scope: dict[str, Any], principal: Any, *_: Any) -> None:
    scope[PRINCIPAL] = principal


def topic_events(place: Place, check: Callable[[Restricted, Callable[[], None]], None]) -> None:
    with draining(place.settings) as drain:
        check(place.resource("Customer"), drain)


def on(name: str, check: Callable[..., None], *parts: object) -> Holds:
    """The check of one resource."""
    return lambda place: check(place.resource(name), *parts)


RELIGION = DECLARED["Individual", "v5"].sensitive_elements[0]

MUTANTS: dict[str, tuple[Any, str, Any, Holds]] = {
    "the scope of the operation": (
        authorization,
        "_admit",
        admits,
        lambda p: test_authorization.test_every_operation_demands_its_scope_and_names_it(
            httpx.Client(base_url=p.url), p.provider
        ),
    ),
    "the signature": (
        tokens.Tokens,
        "_require_signature",
        nothing_async,
        lambda p: p.refuses("signed by somebody else"),
    ),
    "the audience": (tokens, "require_audience", nothing, lambda p: p.refuses("for another audience")),
    "the expiry": (tokens, "require_time", lambda *_: float("inf"), lambda p: p.refuses("expired")),
    "the kind of token": (tokens, "require_access_token", nothing, lambda p: p.refuses("an ID token")),
    "the engine of the principal": (
        Engine,
        "for_principal",
        lambda engine, _: engine,
        on("Customer", test_owner_scope.test_what_is_others_cannot_be_told_from_what_is_not_there),
    ),
    "the owner of one document": (
        RestrictedEngine,
        "_admit",
        nothing,
        on("Customer", test_owner_scope.test_what_is_others_cannot_be_told_from_what_is_not_there),
    ),
    "the owner in a list": (
        RestrictedCollection,
        "filter",
        nothing,
        on("PartyRole", test_owner_scope.test_what_is_others_cannot_be_told_from_what_is_not_there),
    ),
    "the owner of a former state": (
        RestrictedEngine,
        "_is_visible",
        lambda *_: True,
        on("PartyRole", test_owner_scope.test_what_is_others_cannot_be_told_from_what_is_not_there),
    ),
    "the owner after a patch": (
        RestrictedResource,
        "update_stored",
        lambda self, *parts: super(RestrictedResource, self).update_stored(*parts),
        on("Customer", test_owner_scope.test_nothing_is_moved_out_of_a_partys_scope_or_made_outside_of_it),
    ),
    "the owner of what is referred to": (
        RestrictedEngine,
        "_refuse_foreign",
        nothing_async,
        on("PartyInteraction", test_owner_scope.refuses_foreign_references),
    ),
    "hidden attributes in answers": (
        RestrictedResource,
        "to_view",
        lambda self, *parts: super(RestrictedResource, self).to_view(*parts),
        on("Customer", test_sensitive_attributes.test_what_is_not_seen_stays_when_the_rest_is_changed, "creditProfile"),
    ),
    "hidden attributes in bodies": (
        RestrictedResource,
        "refuse_hidden",
        nothing,
        on("Customer", test_sensitive_attributes.test_who_does_not_see_it_does_not_write_it, "creditProfile"),
    ),
    "hidden attributes in filters": (
        _VisibleAttributes,
        "_member",
        Attribute._member,
        on("Customer", test_sensitive_attributes.test_an_answer_is_the_same_without_them),
    ),
    "hidden elements in answers": (
        HiddenElements,
        "visible",
        lambda _, view: view,
        on(
            "Individual",
            test_sensitive_elements.test_who_does_not_see_it_does_not_write_it_and_does_not_lose_it,
            RELIGION,
        ),
    ),
    "hidden elements after a patch": (
        HiddenElements,
        "restore",
        lambda _, new_view, __: new_view,
        on(
            "Individual",
            test_sensitive_elements.test_who_does_not_see_it_does_not_write_it_and_does_not_lose_it,
            RELIGION,
        ),
    ),
    "hidden elements in filters": (
        HiddenElements,
        "visible_predicate",
        lambda _, predicate: predicate,
        on("Individual", test_sensitive_elements.test_a_list_is_filtered_by_what_is_seen, RELIGION),
    ),
    "revisions of what is hidden": (
        RestrictedEngine,
        "_edition",
        Engine._edition,
        on("Customer", test_sensitive_attributes.test_an_answer_is_the_same_without_them),
    ),
    "the events of a delivery": (
        Entitlement,
        "visible_part",
        lambda _self, _entry, _version, notification: notification,
        lambda p: test_event_scope.test_a_listener_is_sent_what_its_registrant_may_read(
            p.url, p.provider, "", p.settings, "v5"
        ),
    ),
    "the events of a topic": (
        topics,
        "visible_topic",
        lambda topic, *_: topic,
        lambda p: topic_events(p, test_event_scope.test_a_topic_shows_a_party_its_own_events_alone),
    ),
    "whose a registration is": (
        hub,
        "_registrant",
        nothing,
        on("Customer", test_event_scope.test_one_sees_ones_own_registrations),
    ),
}
"""What is taken out: where, by which name, what stands in its place; and the test that notices."""


@pytest.fixture
def place(guarded: str, provider: IdentityProvider, clean_database: str, settings: Settings) -> Place:
    return Place(guarded, provider, settings)


@pytest.mark.parametrize("call", MUTANTS)
def test_a_test_fails_without_the_call(place: Place, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    owner, name, replacement, holds = MUTANTS[call]
    monkeypatch.setattr(owner, name, replacement)
    with pytest.raises(AssertionError):
        holds(place)
