# SPDX-License-Identifier: Apache-2.0
"""Who may call a server with certain settings: the issuers it trusts, its roles, and where it may listen."""

from contextlib import AbstractAsyncContextManager, nullcontext
from ipaddress import ip_address
from typing import TYPE_CHECKING

from app.access.issuers import Access, read_access
from app.access.live_roles import LiveRoles
from app.access.merged_parties import MergedParties
from app.errors import StartError
from app.settings import Settings
from app.storage.used_proofs import UsedProofs

if TYPE_CHECKING:
    from app.access.tokens import Tokens
    from app.http.headers.possession import Possession


def access_of(settings: Settings) -> Access:
    """The issuers and roles of a server with these settings. Raises `StartError`."""
    return read_access(settings.issuers, settings.audience, settings.access)


def is_guarded(settings: Settings) -> bool:
    """Whether a server with these settings asks for access tokens."""
    return bool(access_of(settings).issuers)


def token_verification(
    access: Access, roles: LiveRoles, merged: MergedParties
) -> "tuple[Tokens | None, AbstractAsyncContextManager[None]]":
    """What verifies access tokens, and what keeps issuers' keys fresh while the server runs; None without issuers."""
    if not access.issuers:
        return None, nullcontext()
    # It takes a while to load.
    from app.access.jwks import Jwks, keys_kept_fresh
    from app.access.tokens import Tokens

    keys = {issuer.url: Jwks(issuer) for issuer in access.issuers}
    return Tokens(access, keys, roles, follow=merged.follow), keys_kept_fresh(keys.values())


def possession(access: Access, settings: Settings, used: UsedProofs) -> "Possession | None":
    """What requires proofs of possession; None where tokens are bound to nothing.

    Raises `StartError` where nobody may say what certificate a client has.
    """
    if not access.issuers or not access.accepted_proofs:
        return None
    from app.access.proofs import Proofs
    from app.http.headers.client_address import forwarding_networks
    from app.http.headers.possession import Possession

    proxies = forwarding_networks(settings.forwarded_from)
    if access.certificate_header and not proxies:
        raise StartError(
            "LIAISON_ACCESS: certificate_header needs LIAISON_FORWARDED_FROM: the proxies that may send it"
        )
    return Possession(Proofs(used.use), settings.root_url, access.certificate_header.lower().encode(), proxies)


def refuse_open_server(settings: Settings) -> None:
    """Raise `StartError` for a server that asks nobody for a token, and that others than this machine could call."""
    if settings.insecure or is_guarded(settings) or _is_loopback(settings.host):
        return
    raise StartError(
        f"Without an issuer anybody who reaches {settings.host} may read and change everything. Name one with "
        "LIAISON_ISSUERS and LIAISON_AUDIENCE, listen on 127.0.0.1, or say --insecure (LIAISON_INSECURE=true)"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
