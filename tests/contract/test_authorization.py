# SPDX-License-Identifier: Apache-2.0
"""Who gets what: every operation of every document, called with tokens of all kinds."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from app.domain.scopes import NAMED_ALONE
from app.spec.security import scopes
from tests.contract.documents import GUARDED, base_path
from tests.identity_provider import CLIENT, IdentityProvider, bearer

OPERATIONS = [
    (method, base_path(name) + path.replace("{", "").replace("}", ""), scope)
    for name, document in GUARDED.items()
    for method, path, scope in scopes(document)
]
PATHS = sorted({path for _, path, _ in OPERATIONS})
ALL = "*:*"
ASKERS: dict[str, dict[str, Any]] = {
    "staff": {},
    "owner": {"party_id": "7001"},
    "another party": {"party_id": "7002"},
    "partner in a role": {"party_id": "7003", "roles": ["partner"]},
}
"""Who asks, by the claims of the token."""

Token = Callable[[IdentityProvider], str | None]


def unsigned(provider: IdentityProvider) -> str:
    """A token whose header says that nothing signed it (RFC 8725 §3.1)."""
    return f"{signing_input(provider, 'none')}."


def signed_with_the_public_key(provider: IdentityProvider) -> str:
    """A token signed with the text of the public key as if that were a secret."""
    public = next(iter(provider.keys.values())).as_dict(private=False)
    secret = RSAKey.import_key(public).as_pem(private=False)
    text = signing_input(provider, "HS256")
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), 'sha256'))}"


def signing_input(provider: IdentityProvider, algorithm: str) -> str:
    """Header and payload of a token that would be good if it were signed as others are."""
    header = {"alg": algorithm, "typ": "at+jwt", "kid": next(iter(provider.keys))}
    return ".".join(encoded(json.dumps(part).encode()) for part in (header, provider.payload(ALL)))


def encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


REFUSED: dict[str, tuple[Token, str]] = {
    "none": (lambda _: None, "40"),
    "garbage": (lambda _: "garbage", "41"),
    "three parts of garbage": (lambda _: "a.b.c", "41"),
    "expired": (lambda p: p.token(ALL, exp=int(time.time()) - 60), "42"),
    "without expiry": (lambda p: p.token(ALL, exp=None), "41"),
    "not yet valid": (lambda p: p.token(ALL, nbf=int(time.time()) + 120), "41"),
    "of another issuer": (lambda p: p.token(ALL, iss="https://issuer.example.com"), "41"),
    "for another audience": (lambda p: p.token(ALL, aud="billing"), "41"),
    "without an audience": (lambda p: p.token(ALL, aud=None), "41"),
    "with an odd audience": (lambda p: p.token(ALL, aud=[{"liaison": 1}, None]), "41"),
    "unsigned": (unsigned, "41"),
    "signed with the public key": (signed_with_the_public_key, "41"),
    "signed by somebody else": (lambda p: p.sign(p.payload(ALL), RSAKey.generate_key(2048)), "41"),
    "of an unknown key": (lambda p: p.sign(p.payload(ALL), header={"kid": "unknown"}), "41"),
    "with its own key": (
        lambda p: p.sign(p.payload(ALL), header={"jwk": next(iter(p.keys.values())).as_dict(private=False)}),
        "41",
    ),
    "with the address of its key": (lambda p: p.sign(p.payload(ALL), header={"jku": f"{p.url}/keys"}), "41"),
    "an ID token": (
        lambda p: p.sign(p.payload(client_id=None, scope=None, nonce="n"), header={"typ": "JWT"}),
        "41",
    ),
    "a refresh token": (lambda p: p.sign(p.payload(ALL, typ="Refresh"), header={"typ": "JWT"}), "41"),
    "bound to a key of its client": (lambda p: p.token(ALL, cnf={"jkt": "x"}), "41"),
}


@pytest.fixture
def caller(guarded: str, clean_database: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=guarded) as client:
        yield client


@pytest.mark.parametrize("state", REFUSED)
def test_every_operation_refuses_a_token_that_is_not_good(
    caller: httpx.Client, provider: IdentityProvider, state: str
) -> None:
    make, code = REFUSED[state]
    for claims in ASKERS.values():
        refuses_everything(caller, bearer(make(replace(provider, claims=claims))), code)


def refuses_everything(caller: httpx.Client, headers: dict[str, str], code: str) -> None:
    """Hold that each operation answers 401 with this code."""
    for method, path, _ in OPERATIONS:
        answer = caller.request(method, path, headers=headers)
        assert (answer.status_code, answer.headers.get("www-authenticate", "")[:6]) == (401, "Bearer"), (method, path)
        if method != "HEAD":
            assert (answer.json()["code"], answer.json()["status"]) == (code, "401")


def test_every_operation_demands_its_scope_and_names_it(caller: httpx.Client, provider: IdentityProvider) -> None:
    of_all_others = {each for _, _, each in OPERATIONS}
    for method, path, scope in OPERATIONS:
        answer = caller.request(method, path, headers=bearer(provider.token(*sorted(of_all_others - {scope}))))
        assert answer.status_code == 403, (method, path)
        assert f'scope="{scope}"' in answer.headers["www-authenticate"]
        assert (answer.json()["code"], scope in answer.json()["message"]) == ("50", True)


@pytest.mark.parametrize("grant", ["{scope}", "{resource}:*", "*:*"])
def test_every_operation_lets_in_whoever_has_its_scope(
    caller: httpx.Client, provider: IdentityProvider, grant: str
) -> None:
    for method, path, scope in OPERATIONS:
        token = provider.token(grant.format(scope=scope, resource=scope.partition(":")[0]))
        assert caller.request(method, path, headers=bearer(token)).status_code not in (401, 403), (method, path)


def test_who_may_read_every_resource_registers_no_listener_and_reads_no_log(
    caller: httpx.Client, provider: IdentityProvider
) -> None:
    headers = bearer(provider.token("*:read", "*:create", "*:update", "*:delete"))
    for method, path, scope in OPERATIONS:
        refused = caller.request(method, path, headers=headers).status_code == 403
        assert refused == (scope.partition(":")[0] in NAMED_ALONE), (method, path)


@pytest.mark.parametrize("state", [*REFUSED, "right"])
def test_what_is_not_there_is_told_without_a_token(
    caller: httpx.Client, provider: IdentityProvider, state: str
) -> None:
    headers = bearer(provider.token(ALL) if state == "right" else REFUSED[state][0](provider))
    for path in PATHS:
        assert caller.get(f"{path}/un/known", headers=headers).status_code == 404
        answer = caller.put(path, headers=headers)
        assert (answer.status_code, "PUT" not in answer.headers["allow"]) == (405, True)


def test_a_token_from_the_provider_itself_is_good(caller: httpx.Client, provider: IdentityProvider) -> None:
    request = {"grant_type": "client_credentials", "scope": "customer:read"}
    issued = httpx.post(f"{provider.url}/token", data=request, auth=(CLIENT, "secret"))
    assert issued.status_code == 200, issued.text
    headers = bearer(issued.json()["access_token"])
    assert caller.get("/tmf-api/customerManagement/v5/customer", headers=headers).json() == []
    assert caller.get("/tmf-api/party/v5/individual", headers=headers).status_code == 403


def test_what_a_role_grants_counts(caller: httpx.Client, provider: IdentityProvider) -> None:
    path, body = "/tmf-api/party/v5/individual", {"@type": "Individual", "familyName": "Ada", "givenName": "L"}
    for role, status in {"reader": 403, "agent": 201, "unknown": 403}.items():
        token = provider.token(scope=None, realm_access={"roles": ["offline_access", role]})
        assert caller.post(path, json=body, headers=bearer(token)).status_code == status


def test_two_tokens_are_none(caller: httpx.Client, provider: IdentityProvider) -> None:
    token = provider.token(ALL)
    twice = [("Authorization", f"Bearer {token}")] * 2
    assert caller.get("/tmf-api/party/v5/individual", headers=twice).status_code == 401


def test_pages_and_health_need_no_token(caller: httpx.Client) -> None:
    for path in ("/", "/health/live", "/health/ready", "/tmf-api/party/v5", "/tmf-api/party/v5/openapi.json"):
        assert caller.get(path).status_code == 200


def test_the_document_says_whose_tokens_are_accepted(caller: httpx.Client, provider: IdentityProvider) -> None:
    document = caller.get("/tmf-api/party/v5/openapi.json").json()
    scheme = document["components"]["securitySchemes"]["accessToken"]
    assert scheme["openIdConnectUrl"] == f"{provider.url}/.well-known/openid-configuration"
    assert document["paths"]["/individual"]["get"]["security"] == [{"accessToken": ["individual:read"]}]


def test_the_log_names_the_subject_of_a_change(caller: httpx.Client, provider: IdentityProvider, mongo: Any) -> None:
    path, body = "/tmf-api/party/v5/individual", {"@type": "Individual", "familyName": "Ada", "givenName": "L"}
    made = caller.post(path, json=body, headers=bearer(provider.token(ALL, sub="agent-7"))).json()
    row = mongo["liaison_test"]["individual"].find_one({"_id": made["id"]})
    assert [(change["actor"], change["client"]) for change in row["pending"]] == [("agent-7", CLIENT)]


def test_a_repeat_by_another_principal_is_no_replay(caller: httpx.Client, provider: IdentityProvider) -> None:
    path, body = "/tmf-api/party/v5/individual", {"@type": "Individual", "familyName": "Ada", "givenName": "L"}
    made = [
        caller.post(path, json=body, headers={**bearer(provider.token(ALL, sub=subject)), "Idempotency-Key": "one"})
        for subject in ("alice", "alice", "bob")
    ]
    assert [each.headers.get("idempotency-replayed") for each in made] == [None, "true", None]
    assert made[0].json()["id"] == made[1].json()["id"] != made[2].json()["id"]


@pytest.mark.parametrize("asker", ASKERS)
def test_a_right_token_is_let_in_by_every_operation_whoever_asks(
    caller: httpx.Client, provider: IdentityProvider, asker: str
) -> None:
    headers = bearer(replace(provider, claims=ASKERS[asker]).token(ALL))
    for method, path, _ in OPERATIONS:
        answer = caller.request(method, path, headers=headers)
        assert answer.status_code != 401, (method, path)
        if answer.status_code == 403:
            assert asker != "staff", (method, path)
            assert "party" in answer.json()["message"]
