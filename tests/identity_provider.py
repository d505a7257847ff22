# SPDX-License-Identifier: Apache-2.0
"""An identity provider on the loopback: metadata, keys that can rotate, be late or be away, and tokens of all kinds."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientCredentialsGrant, ClientMixin
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask, Response, jsonify
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, RSAKey
from werkzeug.serving import make_server

AUDIENCE = "liaison"
CLIENT = "crm"
LIFE_SECONDS = 300


@dataclass
class IdentityProvider:
    """An issuer. What it answers can be changed while it runs; it counts how often its keys were fetched."""

    url: str
    keys: dict[str, Key] = field(default_factory=dict)
    down: bool = False
    slow_seconds: float = 0.0
    padding: int = 0
    fetches: int = 0
    claims: Mapping[str, Any] = field(default_factory=dict)
    """What the payload of each token has beside the usual claims."""

    def rotate(self, kid: str, key: Key | None = None) -> None:
        """Sign with a new key from now on; the former ones are gone."""
        self.keys = {kid: key or RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})}

    @property
    def jwks(self) -> dict[str, Any]:
        """The key set as it is published; `padding` bytes make it longer."""
        published = [{**key.as_dict(private=False), "kid": kid} for kid, key in self.keys.items()]
        return {"keys": published, "padding": "x" * self.padding}

    def payload(self, *scopes: str, **claims: Any) -> dict[str, Any]:
        """The claims of a good access token with these scopes; a claim that is None is left out."""
        now = int(time.time())
        good = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "alice",
            "client_id": CLIENT,
            "iat": now,
            "exp": now + LIFE_SECONDS,
            "scope": " ".join(scopes),
        }
        return {name: value for name, value in {**good, **self.claims, **claims}.items() if value is not None}

    def sign(self, payload: Mapping[str, Any], key: Key | None = None, header: Mapping[str, Any] | None = None) -> str:
        """A token of these claims, signed with the first key unless another is given."""
        kid, own = next(iter(self.keys.items()))
        algorithm = {RSAKey: "RS256", ECKey: "ES256"}[type(key or own)]
        told = {"alg": algorithm, "kid": kid, "typ": "at+jwt", **(header or {})}
        return jwt.encode(
            {name: value for name, value in told.items() if value is not None},
            dict(payload),
            key or own,
            algorithms=[algorithm],
        )

    def token(self, *scopes: str, **claims: Any) -> str:
        """A good access token with these scopes."""
        return self.sign(self.payload(*scopes, **claims))


def bearer(token: str | None) -> dict[str, str]:
    """The headers of a request with an access token, or without one."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


class _Client(ClientMixin):  # type: ignore[misc]
    """The one client that may have tokens for itself."""

    client_id = CLIENT

    def get_client_id(self) -> str:
        return CLIENT

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == "secret"

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """Serves an issuer until the block ends."""
    app = Flask(__name__)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    provider = IdentityProvider(f"http://127.0.0.1:{server.server_port}")
    provider.rotate("first")
    _answer(app, provider)
    thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def _answer(app: Flask, provider: IdentityProvider) -> None:
    @app.get("/.well-known/openid-configuration")
    def metadata() -> Response:
        return jsonify({"issuer": provider.url, "jwks_uri": f"{provider.url}/keys"})

    @app.get("/keys")
    def keys() -> Response:
        provider.fetches += 1
        time.sleep(provider.slow_seconds)
        if provider.down:
            return Response(status=503)
        return Response(json.dumps(provider.jwks), mimetype="application/json")

    oauth = AuthorizationServer(app, query_client=lambda _id: _Client(), save_token=lambda _token, _request: None)
    oauth.register_grant(ClientCredentialsGrant)
    oauth.register_token_generator("client_credentials", _generator(provider))

    @app.post("/token")
    def token() -> Response:
        answered: Response = oauth.create_token_response()
        return answered


def _generator(provider: IdentityProvider) -> JWTBearerTokenGenerator:
    """Tokens as RFC 9068 has them, signed with the key of the moment."""

    class Generator(JWTBearerTokenGenerator):  # type: ignore[misc]
        def get_jwks(self) -> Any:
            return KeySet([*provider.keys.values()])

        def get_audiences(self, client: Any, user: Any, scope: str) -> str:
            return AUDIENCE

    return Generator(issuer=provider.url, alg="RS256")
