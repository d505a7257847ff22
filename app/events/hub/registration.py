# SPDX-License-Identifier: Apache-2.0
"""A registration as clients write and read it: an EventSubscription in v4, a Hub in v5, with what Liaison adds."""

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
"""Characters that each text of a registration may have."""

HUB = "Hub"

_READ = {
    "v4": ("callback", "query"),
    "v5": ("callback", "query", *META),
}
_OURS = frozenset({"id", "href", "state", "signed", *STANDING, *credentials.MEMBERS})
"""What a client does not say of a registration: the server tells it, or it is a secret."""
MOST_OPEN = 10_000
"""Bytes that open content may have as JSON: a registration is read with every look at the listeners."""
_SHAPES = {
    version: Schema.from_dict({name: String(allow_none=name in _READ["v4"]) for name in names})(unknown=EXCLUDE)
    for version, names in _READ.items()
}


class RegistrationRequest(NamedTuple):
    """What a client asks for: where to send, which events, what with, and what else it says of its registration."""

    callback: str
    query: str | None
    described: Mapping[str, Any]
    credentials: Credentials


def read_registration(body: Any, version: str) -> RegistrationRequest:
    """What the `body` of a registration asks for (TMF630 part 1, notifications).

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
    """The new registration as `version` shows it; `url` is that of its hub."""
    return _members(registration, version, url) | {"state": state(registration)} | security_members(registration)


def registration_view(registration: Registration, version: str, url: str, tail: int) -> dict[str, Any]:
    """The registration with its standing, where the log ends at the entry `tail`."""
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
    """The members that no document declares: they are kept and shown as they are, as those of a resource (TMF630).

    Null is absence. Raises `InvalidField` for what cannot be kept, or too much of it.
    """
    known_names = {*_READ[version], *_OURS}
    content = {name: value for name, value in body.items() if name not in known_names and value is not None}
    refuse_unkeepable(content)
    spelt = {name.lower(): name for name in known_names}
    for name in content:
        # What is nearly a secret must not be shown as if it were none.
        if right := spelt.get(name.lower()):
            raise InvalidField(f"/{name} is not understood; did you mean '{right}'?")
    if len(orjson.dumps(content)) > MOST_OPEN:
        raise InvalidField(f"/{shorten(next(iter(content)), 60)} and other open content exceed {MOST_OPEN} bytes")
    return content


def _texts(body: Any, version: str) -> dict[str, str]:
    """What the members of `body` say, trimmed; those that say nothing are left out."""
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
        # Reading the port is what checks it.
        addressed = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url
    return parts.scheme in ("http", "https") and addressed and plain
