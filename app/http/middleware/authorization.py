# SPDX-License-Identifier: Apache-2.0
"""Authorization (RFC 6750): a routed request needs an access token that has the scope of its operation."""

from collections.abc import Awaitable
from typing import Any

from connexion.middleware.abstract import ROUTING_CONTEXT, RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from connexion.spec import Specification
from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.principal import Principal
from app.access.tokens import Tokens
from app.domain.scopes import granting
from app.errors import Forbidden
from app.http.headers.authorization import BEARER, WITH_PROOF, scheme_and_token
from app.http.headers.possession import Possession
from app.http.messages import PRINCIPAL
from app.spec.security import scope_of


class _OperationScopes(RoutedAPI):  # type: ignore[misc]
    """The scope of each operation of one document, which Connexion lists."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> str:
        return scope_of(operation.security)


class Authorization(RoutedMiddleware):  # type: ignore[misc]
    """Passes on a routed request whose token grants its operation; `Tokens` says whom the token speaks for.

    It is behind the routing: 404 and 405 need no token. Neither do pages.
    """

    api_cls = _OperationScopes

    def __init__(self, app: ASGIApp, tokens: Tokens, possession: Possession | None = None) -> None:
        """With `possession`, tokens may be bound to keys, and requests must prove to have these."""
        super().__init__(app)
        self._tokens = tokens
        self._possession = possession
        self._schemes = WITH_PROOF if possession else BEARER
        self._scopes: dict[tuple[str, str], tuple[str, frozenset[str]]] = {}

    def add_api(self, specification: Specification, **options: Any) -> None:
        api = super().add_api(specification, **options)
        self._scopes |= {(api.base_path, id): (scope, granting(scope)) for id, scope in api.operations.items()}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        context = scope.get("extensions", {}).get(ROUTING_CONTEXT, {})
        needed = self._scopes.get((context.get("api_base_path"), context.get("operation_id")))
        if needed is not None:
            scheme, token = scheme_and_token(scope["headers"], self._schemes)
            principal = self._tokens.cached_principal(token)
            if principal is None or principal.confirmation is not None or scheme != "bearer":
                return self._verify_and_pass_on(scheme, token, principal, needed, scope, receive, send)
            _admit(scope, principal, *needed)
        passed_on: Awaitable[None] = self.app(scope, receive, send)
        return passed_on

    async def _verify_and_pass_on(
        self,
        scheme: str,
        token: str,
        principal: Principal | None,
        needed: tuple[str, frozenset[str]],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        principal = principal or await self._tokens.verify(token)
        if self._possession is not None:
            await self._possession.require(scheme, token, principal, scope)
        _admit(scope, principal, *needed)
        await self.app(scope, receive, send)


def _admit(scope: Scope, principal: Principal, needed: str, granting: frozenset[str]) -> None:
    """Put the principal into the scope of the request. Raises `Forbidden` when it lacks the operation's scope."""
    scope[PRINCIPAL] = principal
    if granting.isdisjoint(principal.scopes):
        raise Forbidden(f"This needs the scope {needed}, which the access token does not grant", needed)
