# SPDX-License-Identifier: Apache-2.0
"""Roles of interactions carry credentials (eTOM 1.6.9, RFC 9470): who takes part in one needs what it demands."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from app.settings import Settings
from tests.contract.restricted import Restricted, put, shown_path
from tests.identity_provider import AUDIENCE, IdentityProvider, bearer
from tests.serving import free_port, serving

ROLES: dict[str, dict[str, Any]] = {
    "signatory": {"maxAge": 900},
    "approver": {"acr": ["urn:acr:2fa", "urn:acr:card"], "maxAge": 60},
    "auditor": {"scope": "partyInteraction:delete"},
}
VERSIONS = pytest.mark.parametrize("version", ["v4", "v5"])
MINE = "7001"
USUAL = ("partyInteraction:read", "partyInteraction:update", "partyInteraction:create")
Token = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def server(settings: Settings, provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("access") / "access.yaml"
    file.write_text(yaml.safe_dump({"credentials": {"PartyInteraction": ROLES}}))
    changed = replace(settings, port=free_port(), issuers=provider.url, audience=AUDIENCE, access=str(file))
    with serving(changed) as url:
        yield url


@pytest.fixture
def interactions(server: str, provider: IdentityProvider, clean_database: str, version: str) -> Iterator[Restricted]:
    with httpx.Client(base_url=server) as client:
        yield Restricted("PartyInteraction", version, client, provider)


@pytest.fixture
def token(provider: IdentityProvider) -> Token:
    def make(*scopes: str, **claims: Any) -> dict[str, str]:
        return bearer(provider.token(*(scopes or USUAL), party_id=MINE, **claims))

    return make


def body(interactions: Restricted, role: str) -> dict[str, Any]:
    body = interactions.body(MINE)
    put(body, shown_path(interactions.resource, interactions.owner.role), role)
    return body


@VERSIONS
@pytest.mark.parametrize("role", ["signatory", "approver"])
def test_a_client_that_logs_in_as_it_is_told_gets_through_at_its_second_try(
    interactions: Restricted, token: Token, role: str
) -> None:
    made = interactions.staff("POST", json=body(interactions, role)).json()
    path = f"{interactions.path}/{made['id']}"
    stale = {"auth_time": int(time.time()) - 3600, "acr": "urn:acr:password"}
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", path, {}),
        ("PATCH", path, {"json": {"description": "x"}}),
        ("POST", interactions.path, {"json": body(interactions, role)}),
    ]
    for method, url, told in requests:
        refused = interactions.client.request(method, url, headers=token(**stale), **told)
        challenge = refused.headers["www-authenticate"]
        assert (refused.status_code, refused.json()["code"]) == (401, "41"), refused.text
        assert 'error="insufficient_user_authentication"' in challenge
        again: dict[str, Any] = {"auth_time": int(time.time())}
        wanted: dict[str, str] = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        assert int(wanted["max_age"]) == ROLES[role]["maxAge"]
        if "acr_values" in wanted:
            again |= {"acr": wanted["acr_values"].split()[-1]}
        answered = interactions.client.request(method, url, headers=token(**again), **told)
        assert answered.status_code in (200, 201), answered.text


@VERSIONS
def test_a_role_may_need_a_scope(interactions: Restricted, token: Token) -> None:
    made = interactions.staff("POST", json=body(interactions, "auditor")).json()
    path = f"{interactions.path}/{made['id']}"
    refused = interactions.client.get(path, headers=token())
    assert (refused.status_code, 'scope="partyInteraction:delete"' in refused.headers["www-authenticate"]) == (
        403,
        True,
    )
    assert interactions.client.get(path, headers=token("partyInteraction:*")).json() == made


@VERSIONS
def test_a_list_has_no_interaction_in_a_role_that_one_lacks_the_credentials_for(
    interactions: Restricted, token: Token
) -> None:
    made = {
        role: interactions.staff("POST", json=body(interactions, role)).json()["id"] for role in (*ROLES, "customer")
    }
    listed = interactions.client.get(interactions.path, headers=token())
    assert [each["id"] for each in listed.json()] == [made["customer"]]
    assert listed.headers["x-total-count"] == "1"
    fresh = interactions.client.get(interactions.path, headers=token(auth_time=int(time.time()))).json()
    assert [each["id"] for each in fresh] == [made["signatory"], made["customer"]]


@VERSIONS
def test_nobody_takes_a_role_without_its_credentials(interactions: Restricted, token: Token) -> None:
    made = interactions.staff("POST", json=body(interactions, "customer")).json()
    path = f"{interactions.path}/{made['id']}"
    signing = body(interactions, "signatory")["relatedParty"]
    patch = {"relatedParty": [*made["relatedParty"], *signing]}
    refused = interactions.client.patch(path, json=patch, headers=token())
    assert (refused.status_code, "insufficient_user_authentication" in refused.headers["www-authenticate"]) == (
        401,
        True,
    )
    assert interactions.staff("GET", f"/{made['id']}").json() == made
    assert interactions.client.patch(path, json=patch, headers=token(auth_time=int(time.time()))).status_code == 200


@VERSIONS
def test_others_in_a_role_need_nothing_of_oneself(interactions: Restricted, token: Token) -> None:
    mine = body(interactions, "customer")
    theirs = body(interactions, "signatory")["relatedParty"]
    put({"relatedParty": theirs}, shown_path(interactions.resource, interactions.owner.party), "7002")
    made = interactions.staff("POST", json={**mine, "relatedParty": [*mine["relatedParty"], *theirs]}).json()
    assert interactions.client.get(f"{interactions.path}/{made['id']}", headers=token()).json() == made


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"credentials": {"Individual": {"self": {}}}}, "credentials.Individual: parties have no roles there"),
        ({"credentials": {"PartyInteraction": {"x": {"maxAge": -1}}}}, "maxAge"),
        ({"credentials": {"PartyInteraction": {"x": {"acr": ['a"b']}}}}, "acr"),
        ({"credentials": {"PartyInteraction": {"x": {"scope": "all"}}}}, "should be a scope"),
        ({"relations": {"PartyInteraction": {"x": ["write"]}}}, "relations"),
        ({"relations": {"Nothing": {"x": ["read"]}}}, "relations.Nothing: parties have no roles there"),
        ({"roles": {"dealer": ["customer:read"]}, "bound": ["delaer"]}, "there is no role 'delaer'"),
        ({"bound": ["partner"]}, "should stand beside roles"),
    ],
)
def test_what_is_wrong_in_an_access_file_ends_the_start(
    settings: Settings, tmp_path: Path, wrong: dict[str, Any], told: str
) -> None:
    from app.composition.factory import create_app
    from app.errors import StartError

    (tmp_path / "access.yaml").write_text(yaml.safe_dump(wrong))
    with pytest.raises(StartError, match=re.escape(told)):
        create_app(replace(settings, access=str(tmp_path / "access.yaml")))
