# SPDX-License-Identifier: Apache-2.0
"""The principal of a request: whom its access token speaks for, and what that may do."""

from typing import NamedTuple

from app.access.confirmation import Confirmation


class Principal(NamedTuple):
    """Who an access token was issued to, and for what (RFC 9068 §2.2).

    `subject` and `client` are the `sub` and the `client_id` of the token; `scopes` what its own scopes and its roles
    grant together; `expires` its `exp`, in seconds since 1970. `parties` are the parties that it is bound to: it acts
    for them, and for nobody else; None where it is bound to none. `roles` and `own_scopes` are what the token has, from
    which `scopes` follow. The user has logged in in a way of the class `acr`, at `authenticated`, in seconds since 1970
    (`auth_time`; RFC 9068 §2.2.1); None where the token does not say. The token counts for whoever can prove the
    `confirmation`. `survivors` are those of `parties` into which parties that the token names were merged.
    """

    issuer: str
    subject: str
    client: str
    scopes: frozenset[str]
    expires: float
    parties: frozenset[str] | None = None
    roles: frozenset[str] = frozenset()
    own_scopes: frozenset[str] = frozenset()
    acr: str = ""
    authenticated: float | None = None
    confirmation: Confirmation | None = None
    survivors: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The actor of changes, as the event log tells it: the subject, or the client where it acts for itself."""
        return self.subject or self.client
