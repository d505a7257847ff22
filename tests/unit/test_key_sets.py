# SPDX-License-Identifier: Apache-2.0
"""The keys of an issuer that is away, slow, hostile or rotates them: what tokens are worth meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from joserfc.jwk import ECKey, Key, RSAKey

from app.access import jwks
from app.access.issuers import Access, Issuer
from app.access.jwks import Jwks, keys_kept_fresh
from app.access.tokens import Tokens
from app.errors import InvalidCredentials, Unavailable
from tests.identity_provider import AUDIENCE, IdentityProvider, identity_provider
from tests.waiting import eventually

pytestmark = pytest.mark.anyio
SCOPE = "customer:read"


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        yield provider


@asynccontextmanager
async def tokens_of(provider: IdentityProvider) -> AsyncIterator[Tokens]:
    """What verifies the tokens of this provider, once its keys were asked for."""
    issuer = Issuer(provider.url, frozenset({AUDIENCE}))
    keys = Jwks(issuer)
    async with keys_kept_fresh([keys]):
        await attempted(provider)
        yield Tokens(Access((issuer,)), {issuer.url: keys})


async def attempted(provider: IdentityProvider, times: int = 1) -> None:
    """Returns once the keys were asked for so many times, and the answer had time to come."""
    await asyncio.to_thread(eventually, lambda: provider.fetches >= times, "the keys are fetched")
    await asyncio.sleep(0.1)


async def test_keys_that_never_came_are_no_reason_to_call_a_token_bad(provider: IdentityProvider) -> None:
    provider.down = True
    async with tokens_of(provider) as tokens:
        with pytest.raises(Unavailable) as refusal:
            await tokens.verify(provider.token(SCOPE))
        assert refusal.value.headers["Retry-After"]
        provider.down = False
        await attempted(provider, 2)
        assert (await tokens.verify(provider.token(SCOPE))).scopes == {SCOPE}


async def test_an_issuer_that_dies_changes_nothing(provider: IdentityProvider) -> None:
    async with tokens_of(provider) as tokens:
        provider.down = True
        assert (await tokens.verify(provider.token(SCOPE))).subject == "alice"


@pytest.mark.parametrize("key", [RSAKey.generate_key(2048), ECKey.generate_key("P-256"), RSAKey.generate_key(3072)])
async def test_a_new_key_is_fetched_at_its_first_token_and_the_former_one_is_worth_nothing(
    provider: IdentityProvider, key: Key
) -> None:
    async with tokens_of(provider) as tokens:
        former = provider.token(SCOPE)
        await tokens.verify(former)
        assert tokens.cached_principal(former) is not None
        provider.rotate("second", key)
        assert (await tokens.verify(provider.token(SCOPE))).scopes == {SCOPE}
        assert provider.fetches == 2
        assert tokens.cached_principal(former) is None
        with pytest.raises(InvalidCredentials):
            await tokens.verify(former)


async def test_a_key_that_takes_the_name_of_another_takes_its_tokens_away(
    provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "FRESH_SECONDS", 0.2)
    async with tokens_of(provider) as tokens:
        former = provider.token(SCOPE)
        await tokens.verify(former)
        provider.rotate("first")
        await asyncio.to_thread(eventually, lambda: tokens.cached_principal(former) is None, "the new key is known")
        assert (await tokens.verify(provider.token(SCOPE))).scopes == {SCOPE}


async def test_a_client_that_leaves_ends_no_fetch_that_others_want(
    provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tokens_of(provider) as tokens:
        provider.slow_seconds = 0.2
        provider.rotate("second")
        leaving, staying = (asyncio.create_task(tokens.verify(provider.token(SCOPE))) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        assert (await staying).scopes == {SCOPE}
        # A later fetch is one of its own, though the first to want the former one left.
        monkeypatch.setattr(jwks, "ROTATION_SECONDS", 0.0)
        provider.rotate("third")
        assert (await tokens.verify(provider.token(SCOPE))).scopes == {SCOPE}
        assert provider.fetches == 3


async def test_made_up_keys_lead_to_one_fetch(provider: IdentityProvider) -> None:
    async with tokens_of(provider) as tokens:
        payload = provider.payload(SCOPE)
        made_up = [provider.sign(payload, header={"kid": f"made-up-{number}"}) for number in range(1000)]
        refusals = await asyncio.gather(*map(tokens.verify, made_up), return_exceptions=True)
        assert {type(each) for each in refusals} == {InvalidCredentials}
        assert provider.fetches == 2
        assert (await tokens.verify(provider.token(SCOPE))).scopes == {SCOPE}


async def test_a_set_without_end_is_not_read(provider: IdentityProvider) -> None:
    provider.padding = 10_000_000
    async with tokens_of(provider) as tokens:
        with pytest.raises(Unavailable):
            await tokens.verify(provider.token(SCOPE))


async def test_a_slow_issuer_delays_no_other_token(provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    async with tokens_of(provider) as tokens:
        monkeypatch.setattr(jwks, "FETCH_SECONDS", 0.2)
        provider.slow_seconds = 2
        unknown = asyncio.create_task(tokens.verify(provider.sign(provider.payload(SCOPE), header={"kid": "other"})))
        await asyncio.sleep(0)
        assert (await tokens.verify(provider.token(SCOPE))).scopes == {SCOPE}
        with pytest.raises(InvalidCredentials):
            await unknown


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_weak_keys_and_keys_for_encryption_are_passed_over(provider: IdentityProvider) -> None:
    weak, plain = RSAKey.generate_key(1024), RSAKey.generate_key(2048)
    encryption = RSAKey.import_key({**plain.as_dict(private=True), "use": "enc"})
    provider.keys |= {"weak": weak, "encryption": encryption}
    async with tokens_of(provider) as tokens:
        for kid, key in {"weak": weak, "encryption": plain}.items():
            with pytest.raises(InvalidCredentials):
                await tokens.verify(provider.sign(provider.payload(SCOPE), key, {"kid": kid}))
        assert (await tokens.verify(provider.token(SCOPE))).scopes == {SCOPE}
