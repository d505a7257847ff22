# SPDX-License-Identifier: Apache-2.0
"""Limits of each client: requests per second, and at a time; beyond them 429 (RFC 6585) with `Retry-After`.

Every answer of a server with a rate tells what is left (draft-ietf-httpapi-ratelimit-headers-10).
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from math import ceil
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.principal import Principal
from app.errors import MissingCredentials, StartError, TooManyRequests
from app.http.denials import Denials
from app.http.headers.authorization import bearer_token
from app.http.headers.client_address import Networks, client_network, forwarding_networks
from app.http.middleware.error_answers import error_response
from app.http.middleware.token_buckets import TokenBuckets, Withdrawal
from app.settings import Settings

if TYPE_CHECKING:
    from app.access.tokens import Tokens

BURST_SECONDS = 10
"""Seconds whose requests a client may make at once where no burst is set."""

Layer = Callable[[ASGIApp], ASGIApp]


def client_limits(
    settings: Settings, tokens: "Tokens | None", denials: Denials, unlimited: Collection[str]
) -> Layer | None:
    """The middleware, where a setting limits clients; `unlimited` are the paths that it does not count.

    Raises `StartError` for a burst without a rate.
    """
    rate = settings.rate
    if settings.burst and not rate:
        raise StartError("LIAISON_BURST says how much of a rate comes at once: set LIAISON_RATE, too, or neither")
    if not rate and not settings.client_concurrency:
        return None
    buckets = TokenBuckets(rate, settings.burst or max(1, round(rate * BURST_SECONDS))) if rate else None
    names = ClientNames(tokens, forwarding_networks(settings.forwarded_from))
    return lambda app: ClientLimits(app, names, denials, buckets, settings.client_concurrency, unlimited)


class ClientNames:
    """Who sends a request: the client of a token that was verified before, else an address.

    Whoever sends a token that was not verified yet is an address: nobody can take what another client has left, and
    nobody has more tokens verified than an address may send requests.
    """

    def __init__(self, tokens: "Tokens | None", proxies: Networks) -> None:
        self._tokens = tokens
        self._proxies = proxies

    def principal(self, scope: Scope) -> Principal | None:
        """The principal of a request whose token was verified before; None for any other."""
        if self._tokens is not None:
            with suppress(MissingCredentials):
                return self._tokens.cached_principal(bearer_token(scope["headers"]))
        return None

    def by_principal(self, principal: Principal) -> str:
        """A name for the client of a token: by its issuer and `client_id`, or its subject where it has none."""
        if principal.client:
            return f"client {principal.issuer} {principal.client}"
        return f"subject {principal.issuer} {principal.subject}"

    def by_address(self, scope: Scope) -> str:
        """A name for whom only an address is known of."""
        peer = scope["client"][0] if scope.get("client") else ""
        return f"address {client_network(peer, scope['headers'], self._proxies)}"


class ClientLimits:
    """Passes on requests of clients that have a token left in their bucket, and not too many requests at a time."""

    def __init__(
        self,
        app: ASGIApp,
        names: ClientNames,
        denials: Denials,
        buckets: TokenBuckets | None,
        concurrency: int,
        unlimited: Collection[str] = (),
    ) -> None:
        """`concurrency` of 0 means any; without `buckets` there is no rate."""
        self._app = app
        self._names, self._denials, self._buckets = names, denials, buckets
        self._most = concurrency
        self._unlimited = unlimited
        self._answering: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._unlimited:
            return await self._app(scope, receive, send)
        principal = self._names.principal(scope)
        name = self._names.by_address(scope) if principal is None else self._names.by_principal(principal)
        if self._buckets is not None:
            account = _Account(send, scope, self._names, self._buckets, name, is_address=principal is None)
            send = account.send
            if not account.withdrawal.granted:
                error = _too_fast(account.withdrawal, self._buckets)
                return await self._refuse(error, scope, send, principal)
        if self._most and self._answering[name] >= self._most:
            error = TooManyRequests(f"{self._most} requests of yours are being answered; wait for one to end", 1)
            return await self._refuse(error, scope, send, principal)
        return await self._count_and_pass_on(name, scope, receive, send)

    async def _count_and_pass_on(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        self._answering[name] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._answering[name] -= 1
            if not self._answering[name]:
                del self._answering[name]

    async def _refuse(self, error: TooManyRequests, scope: Scope, send: Send, principal: Principal | None) -> None:
        self._denials.note(error, scope, principal)
        await error_response(error).send(scope, send)


class _Account:
    """What a request takes, and the fields of its answer that tell what is left."""

    def __init__(
        self, send: Send, scope: Scope, names: ClientNames, buckets: TokenBuckets, name: str, *, is_address: bool
    ) -> None:
        self._send, self._scope, self._names, self._buckets = send, scope, names, buckets
        self._name, self._is_address = name, is_address
        self.withdrawal = buckets.take(name)

    def send(self, message: Message) -> Awaitable[None]:
        """Pass on a message of the answer, with the fields."""
        if message["type"] == "http.response.start":
            if self._is_address and self.withdrawal.granted:
                self._charge_client()
            message["headers"] = [*message["headers"], *_fields(self.withdrawal, self._buckets)]
        return self._send(message)

    def _charge_client(self) -> None:
        """Charge the client, and no longer the address, once its token turned out to be good.

        A client that has nothing left is charged by its address: fresh tokens are no way around its limit.
        """
        if (principal := self._names.principal(self._scope)) is not None:
            withdrawal = self._buckets.take(self._names.by_principal(principal))
            if withdrawal.granted:
                self._buckets.give_back(self._name)
                self.withdrawal = withdrawal


def _fields(withdrawal: Withdrawal, buckets: TokenBuckets) -> list[tuple[bytes, bytes]]:
    """`RateLimit-Policy`: the bucket and the seconds in which it fills; `RateLimit`: what is left, and until when."""
    return [
        (b"ratelimit-policy", b'"client";q=%d;w=%d' % (buckets.burst, ceil(buckets.fill_seconds))),
        (b"ratelimit", b'"client";r=%d;t=%d' % (withdrawal.left, ceil(withdrawal.full_seconds))),
    ]


def _too_fast(withdrawal: Withdrawal, buckets: TokenBuckets) -> TooManyRequests:
    seconds = max(1, ceil(withdrawal.next_seconds))
    rate = buckets.burst / buckets.fill_seconds
    return TooManyRequests(
        f"More requests than {rate:g} per second, or {buckets.burst} at once; try again in {seconds} s", seconds
    )
