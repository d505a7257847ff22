# SPDX-License-Identifier: Apache-2.0
"""Proof of possession in a request: the header `DPoP`, or the certificate that a trusted proxy names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.access.principal import Principal
from app.access.proofs import Proofs, ProvingRequest
from app.domain.reference_addresses import named_root
from app.http.headers.client_address import Networks, is_trusted


@dataclass(frozen=True)
class Possession:
    """Requires proofs of requests to the server at `root`.

    The `certificate_header`, in lower case, is believed of the proxies in `networks` alone.
    """

    proofs: Proofs
    root: str
    certificate_header: bytes
    networks: Networks

    async def require(self, scheme: str, token: str, principal: Principal, scope: Mapping[str, Any]) -> None:
        """Raise `InvalidProof` or `InvalidCredentials` unless the request comes from whom the token is bound to."""
        headers = scope["headers"]
        path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
        request = ProvingRequest(
            scheme,
            scope["method"],
            named_root(self.root) + path.decode("latin-1"),
            [value.decode("latin-1") for name, value in headers if name == b"dpop"],
            self._certificate(scope) if self.certificate_header else "",
        )
        await self.proofs.require(token, principal.confirmation, request)

    def _certificate(self, scope: Mapping[str, Any]) -> str:
        """The certificate of the client, as a trusted proxy says; empty where none says anything, or two things."""
        named = [value for name, value in scope["headers"] if name == self.certificate_header]
        believed = scope.get("client") and self.networks and is_trusted(scope["client"][0], self.networks)
        return named[0].decode("latin-1") if believed and len(named) == 1 else ""
