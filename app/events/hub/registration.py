# SPDX-License-Identifier: Apache-2.0
"""Registrations as clients write and read them: EventSubscription (v4) or Hub (v5), with Liaison's own members."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson
from marshmallow import EXCLUDE, Schema, ValidationError
from marshmallow.fields import String

from app.domain.json_text import refuse_unkeepable
from app.domain.mapping.shape_steps import META
from app.errors import InvalidBody, InvalidField, MissingField, shorten
from app.events.hub import credentials
from app.events.hub.callback_user import user_of, without_user
from app.events.hub.credentials import Credentials
from app.events.hub.listener_status import STANDING, security_members, state, status_of
from app.storage.hubs.registrations import Registration

LONGEST = 2000
"""Characters of each text of a registration at most."""

HUB = "Hub"

_READ = {
    "v4": ("callback", "query"),
    "v5": ("callback", "query", *META),
}
_OURS = frozenset({"id", "href", "state", "signed", *STANDING, *credentials.MEMBERS})
"""The members that are not open content: those that the server sets, and secrets."""
MOST_OPEN = 10_000
"""Bytes of open content, as JSON, at most: the relay reads all registrations again and again."""
_SHAPES = {
    version: Schema.from_dict({name: String(allow_none=name in _READ["v4"]) for name in names})(unknown=EXCLUDE)
    for version, names in _READ.items()
}


class RegistrationRequest(NamedTuple):
    """A parsed registration: callback, query, credentials, and further members."""

    callback: str
    query: str | None
    described: Mapping[str, Any]
    credentials: Credentials


def read_registration(body: Any, version: str) -> RegistrationRequest:
    """Parse the `body` of a registration (TMF630 part 1, notifications).

    Raises `InvalidBody`, `MissingField` and `InvalidField`. v5 clients may leave `@type` out.
    """
    texts = _texts(body, version)
    if not texts.get("callback"):
        raise MissingField("/callback is missing: give the absolute http or https URL that events are sent to")
    _check_callback(texts["callback"])
    type = texts.pop("@type", HUB)
    if type != HUB:
        raise InvalidField(f"/@type '{shorten(type, 60)}' is no class of registrations; send '{HUB}' or leave it out")
    described = {name: text for name, text in texts.items() if name.startswith("@")}
    described |= _open_content(body, version)
    callback = texts["callback"]
    return RegistrationRequest(
        without_user(callback), texts.get("query"), described, credentials.read(body, user_of(callback))
    )


def registration_document(registration: Registration, version: str, url: str) -> dict[str, Any]:
    """The view of a new registration in `version`; `url` is that of the hub."""
    return _members(registration, version, url) | {"state": state(registration)} | security_members(registration)


def registration_view(registration: Registration, version: str, url: str, tail: int) -> dict[str, Any]:
    """The view of a registration with its status; `tail` is the number of the last entry of the log."""
    return _members(registration, version, url) | status_of(registration, tail)


def _members(registration: Registration, version: str, url: str) -> dict[str, Any]:
    # Rows of an earlier release may have a password in the URL.
    members = {"id": registration["_id"], "callback": without_user(registration["callback"])}
    if registration["query"] is not None:
        members["query"] = registration["query"]
    described = registration["described"]
    if version == "v4":
        return {**described, **members}
    return {**described, "@type": HUB, **members, "href": f"{url}/{registration['_id']}"}


def _open_content(body: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Open content: the undeclared members, which are stored and shown as they are, as those of resources are.

    Null counts as absent. Raises `InvalidField` for members that cannot be stored, and for too many bytes.
    """
    known_names = {*_READ[version], *_OURS}
    content = {name: value for name, value in body.items() if name not in known_names and value is not None}
    refuse_unkeepable(content)
    spelt = {name.lower(): name for name in known_names}
    for name in content:
        # A misspelt name of a secret must not make it open content, which is shown.
        if right := spelt.get(name.lower()):
            raise InvalidField(f"/{name} is not understood; did you mean '{right}'?")
    if len(orjson.dumps(content)) > MOST_OPEN:
        raise InvalidField(f"/{shorten(next(iter(content)), 60)} and other open content exceed {MOST_OPEN} bytes")
    return content


def _texts(body: Any, version: str) -> dict[str, str]:
    """The texts of the declared members of `body`, trimmed; blank ones are left out."""
    if not isinstance(body, dict):
        raise InvalidBody('A registration is a JSON object such as {"callback": "https://listener.example/events"}')
    try:
        loaded = _SHAPES[version].load(body)
    except ValidationError as error:
        name = next(iter(error.messages_dict))
        raise InvalidField(f"/{name} must be text") from None
    texts = {name: text.strip() for name, text in loaded.items() if text and text.strip()}
    for name, text in texts.items():
        if len(text) > LONGEST:
            raise InvalidField(f"/{name} has {len(text)} characters; {LONGEST} are the most")
    return texts


def _check_callback(callback: str) -> None:
    if not _is_absolute(callback):
        raise InvalidField("/callback must be an absolute http or https URL, such as https://listener.example/events")


def _is_absolute(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # To read the port is to check it.
        addressed = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url
    return parts.scheme in ("http", "https") and addressed and plain
