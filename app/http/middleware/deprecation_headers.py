# SPDX-License-Identifier: Apache-2.0
"""The headers `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) for versions of APIs that will be switched off."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain import dates
from app.errors import StartError
from app.events.api_version import ConnectedApiVersion
from app.settings import Settings

Headers = list[tuple[bytes, bytes]]


def deprecation_headers(apis: Sequence[ConnectedApiVersion], settings: Settings) -> Callable[[ASGIApp], ASGIApp] | None:
    """The middleware that adds the headers to answers, errors included; None when no version is deprecated.

    Raises `StartError` for a setting that is not understood.
    """
    deprecated = _instants("LIAISON_DEPRECATION", settings.deprecation, apis)
    ended = _instants("LIAISON_SUNSET", settings.sunset, apis)
    headers = {api.base_path: _headers(deprecated.get(api.key), ended.get(api.key)) for api in apis}
    by_base_path = {base: pairs for base, pairs in headers.items() if pairs}
    return (lambda app: DeprecationHeaders(app, by_base_path)) if by_base_path else None


class DeprecationHeaders:
    """Adds the headers to all answers below the base paths of deprecated versions."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, Headers]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        added = next((pairs for base, pairs in self._headers.items() if f"{path}/".startswith(f"{base}/")), None)

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *(added or ())]
            await send(message)

        await self._app(scope, receive, telling if added else send)


def _headers(deprecated: datetime | None, ended: datetime | None) -> Headers:
    headers: Headers = []
    if deprecated:
        headers.append((b"deprecation", f"@{int(deprecated.timestamp())}".encode()))
    if ended:
        headers.append((b"sunset", format_datetime(ended, usegmt=True).encode()))
    return headers


def _instants(variable: str, text: str, apis: Sequence[ConnectedApiVersion]) -> dict[str, datetime]:
    instants: dict[str, datetime] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, _, at = pair.partition("=")
        keys = [api.key for api in apis if name in (api.key, api.version)]
        try:
            instants |= dict.fromkeys(keys, dates.instant(at))
        except ValueError:
            keys = []
        if not keys:
            known_keys = ", ".join(api.key for api in apis)
            raise StartError(
                f"{variable}: '{pair}' should be like 'v4=2027-06-30T00:00:00Z'; known are v4, v5, {known_keys}"
            )
    return instants
