# SPDX-License-Identifier: Apache-2.0
"""Tokens bound to a key count for whoever proves to have it: by DPoP (RFC 9449), or by a certificate (RFC 8705)."""

import base64
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

from app.composition.factory import create_app
from app.domain.identifiers import new_id
from app.errors import StartError
from app.settings import Settings
from tests.identity_provider import AUDIENCE, IdentityProvider, bearer
from tests.serving import free_port, serving

PATH = "/tmf-api/party/v5/individual"
CERTIFICATE = b"a certificate in DER"


@dataclass
class Client:
    """A client with a key that its tokens are bound to."""

    provider: IdentityProvider
    servers: list[str]
    key: Key = field(default_factory=lambda: ECKey.generate_key("P-256"))

    def token(self) -> str:
        return self.provider.token("*:*", cnf={"jkt": self.key.thumbprint()})

    def proof(self, token: str, server: str, key: Key | None = None, header: Any = None, **claims: Any) -> str:
        """A good proof for a list, but for `header` and `claims`; one that is None is left out."""
        key = key or self.key
        good = {
            "htm": "GET",
            "htu": server + PATH,
            "iat": int(time.time()),
            "jti": new_id(),
            "ath": base64.urlsafe_b64encode(sha256(token.encode()).digest()).rstrip(b"=").decode(),
        }
        payload = {name: value for name, value in {**good, **claims}.items() if value is not None}
        algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
        told = {"typ": "dpop+jwt", "alg": algorithm, "jwk": key.as_dict(private=False), **(header or {})}
        return jwt.encode(told, payload, key, algorithms=[algorithm])

    def get(self, token: str, *proofs: str, server: str = "", scheme: str = "DPoP") -> httpx.Response:
        headers = [("Authorization", f"{scheme} {token}"), *(("DPoP", proof) for proof in proofs)]
        return httpx.get((server or self.servers[0]) + PATH, headers=headers)


@pytest.fixture(scope="module")
def client(
    settings: Settings, provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """A client, and two servers on one database."""
    file = tmp_path_factory.mktemp("access") / "access.yaml"
    file.write_text("{dpop: true, certificate_header: Client-Cert}")
    changed = replace(settings, issuers=provider.url, audience=AUDIENCE, access=str(file), forwarded_from="127.0.0.0/8")
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(replace(changed, port=free_port()))) for _ in range(2)]
        yield Client(provider, servers)


def test_a_proof_for_each_request_lets_in(client: Client) -> None:
    token = client.token()
    for _ in range(3):
        answer = client.get(token, client.proof(token, client.servers[0]))
        assert answer.status_code == 200, answer.text
    fetched = client.proof(
        token, client.servers[0], htu=f"{client.servers[0].upper().replace('HTTP', 'HTTP')}{PATH}?limit=1"
    )
    assert client.get(token, fetched).status_code == 200


def test_a_proof_counts_once_for_all_processes(client: Client) -> None:
    token = client.token()
    proof = client.proof(token, client.servers[0])
    assert client.get(token, proof).status_code == 200
    again = client.get(token, proof)
    assert (again.status_code, "used before" in again.json()["message"]) == (401, True)
    id = new_id()
    first, second = (client.proof(token, server, jti=id) for server in client.servers)
    assert client.get(token, first).status_code == 200
    assert client.get(token, second, server=client.servers[1]).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"htm": "POST"},
        {"htu": "https://elsewhere.example.com/tmf-api/party/v5/individual"},
        {"htu": None},
        {"htu": "http://[::1"},
        {"iat": 1},
        {"iat": 99_999_999_999},
        {"iat": None},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 300},
        {"ath": "other"},
        {"ath": None},
    ],
    ids=str,
)
def test_a_proof_for_something_else_is_none(client: Client, claims: dict[str, Any]) -> None:
    token = client.token()
    refuses(client.get(token, client.proof(token, client.servers[0], **claims)))


def test_a_proof_by_somebody_else_is_none(client: Client) -> None:
    token, server = client.token(), client.servers[0]
    other = ECKey.generate_key("P-256")
    refuses(client.get(token, client.proof(token, server, key=other)))
    refuses(
        client.get(token, client.proof(token, server, key=other, header={"jwk": client.key.as_dict(private=False)}))
    )
    refuses(client.get(token, client.proof(token, server, header={"jwk": client.key.as_dict(private=True)})))
    refuses(client.get(token, client.proof(token, server, header={"jwk": {"kty": "oct", "k": "AAAA"}})))
    refuses(client.get(token, client.proof(token, server, header={"typ": "JWT"})))
    refuses(client.get(token, client.proof(token, server).rpartition(".")[0] + "."))
    refuses(client.get(token, "garbage"))
    refuses(client.get(token))
    refuses(client.get(token, client.proof(token, server), client.proof(token, server)))


def refuses(answer: httpx.Response) -> None:
    """Hold that a request is refused as RFC 9449 §7.1 says."""
    assert answer.status_code == 401, answer.text
    assert answer.json()["code"] == "41"
    assert answer.headers["www-authenticate"].startswith('DPoP realm="liaison", error="invalid_dpop_proof"')


def test_a_bound_token_is_no_bearer_token_and_a_bearer_token_is_not_bound(client: Client) -> None:
    bound, plain = client.token(), client.provider.token("*:*")
    refuses(client.get(bound, client.proof(bound, client.servers[0]), scheme="Bearer"))
    assert client.get(plain, client.proof(plain, client.servers[0])).status_code == 401
    assert client.get(plain, scheme="Bearer").status_code == 200
    for confirmation in (
        {"kid": "1"},
        {"jkt": 1},
        {"jkt": "x", "x5t#S256": "x"},
        {},
        "jkt",
        {"jkt": "ü"},
        {"x5t#S256": "ü"},
    ):
        odd = client.provider.token("*:*", cnf=confirmation)
        assert client.get(odd, client.proof(odd, client.servers[0])).status_code == 401, confirmation
        assert client.get(odd, scheme="Bearer").status_code == 401, confirmation


def test_a_certificate_that_a_proxy_names_lets_in(client: Client) -> None:
    digest = base64.urlsafe_b64encode(sha256(CERTIFICATE).digest()).rstrip(b"=").decode()
    headers = bearer(client.provider.token("*:*", cnf={"x5t#S256": digest}))
    named = base64.b64encode(CERTIFICATE).decode()
    for certificate, status in ((f":{named}:", 200), (named, 200), (f":{named[:-4]}AAAA:", 401), ("%", 401), ("", 401)):
        sent = headers | ({"Client-Cert": certificate} if certificate else {})
        assert httpx.get(client.servers[0] + PATH, headers=sent).status_code == status, certificate


def test_nobody_but_a_proxy_names_certificates(settings: Settings, provider: IdentityProvider, tmp_path: Any) -> None:
    (tmp_path / "access.yaml").write_text("certificate_header: Client-Cert")
    access = str(tmp_path / "access.yaml")
    guarded = replace(settings, issuers=provider.url, audience=AUDIENCE, access=access, port=free_port())
    with pytest.raises(StartError, match="LIAISON_FORWARDED_FROM"):
        create_app(guarded)
    digest = base64.urlsafe_b64encode(sha256(CERTIFICATE).digest()).rstrip(b"=").decode()
    headers = bearer(provider.token("*:*", cnf={"x5t#S256": digest}))
    with serving(replace(guarded, forwarded_from="203.0.113.0/24")) as url:
        sent = {**headers, "Client-Cert": base64.b64encode(CERTIFICATE).decode()}
        assert httpx.get(url + PATH, headers=sent).status_code == 401
