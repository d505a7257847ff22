"""The hub of one API version: what a registration must say, and where its events begin."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from marshmallow import EXCLUDE, Schema, ValidationError
from marshmallow import fields as shapes

from app.domain.attributes import Attribute
from app.errors import InvalidBody, InvalidField, MissingField
from app.notify.wanted import Wanted
from app.storage.event_log import EventLog
from app.storage.hubs import Hubs, Registration

LONGEST_CALLBACK = 2000
LONGEST_QUERY = 2000


class _Body(Schema):
    class Meta:
        unknown = EXCLUDE

    callback = shapes.String(load_default=None, allow_none=True)
    query = shapes.String(load_default=None, allow_none=True)


class Hub:
    """Registrations for the events of one `api` in one `version` (TMF630 part 1, notifications).

    `resources` are its resources by name, with the attributes that they have in this version.
    """

    def __init__(
        self, *, api: str, version: str, resources: Mapping[str, Attribute], hubs: Hubs, log: EventLog
    ) -> None:
        self._place = {"api": api, "version": version}
        self._resources = resources
        self._hubs = hubs
        self._log = log

    async def register(self, body: Any) -> dict[str, Any]:
        """Register a listener for what happens from now on; answers its EventSubscription.

        Raises `MissingField`, `InvalidField`, `InvalidQuery`, and `Conflict` when it is registered already.
        """
        callback, query = _read(body)
        Wanted.read(query).check(self._resources)
        position, _ = await self._log.tail()
        return _shown(await self._hubs.register(callback=callback, query=query, position=position, **self._place))

    async def get(self, id: str) -> dict[str, Any]:
        """The EventSubscription `id`. Raises `NotFound`."""
        return _shown(await self._hubs.get(id, **self._place))

    async def remove(self, id: str) -> None:
        """End the subscription `id`. Raises `NotFound`."""
        await self._hubs.remove(id, **self._place)


def _shown(registration: Registration) -> dict[str, Any]:
    shown = {"id": registration["_id"], "callback": registration["callback"], "query": registration["query"]}
    return {name: value for name, value in shown.items() if value is not None}


def _read(body: Any) -> tuple[str, str | None]:
    if not isinstance(body, dict):
        raise InvalidBody('A registration is a JSON object such as {"callback": "https://listener.example/events"}')
    try:
        said = _Body().load(body)
    except ValidationError as error:
        name = next(iter(error.messages_dict))
        raise InvalidField(f"/{name} must be text") from None
    callback, query = ((said[name] or "").strip() for name in ("callback", "query"))
    if not callback:
        raise MissingField("/callback is missing: give the absolute http or https URL that events are sent to")
    _check_url(callback)
    if len(query) > LONGEST_QUERY:
        raise InvalidField(f"/query has {len(query)} characters; {LONGEST_QUERY} are the most")
    return callback, query or None


def _check_url(callback: str) -> None:
    if not _is_absolute(callback) or len(callback) > LONGEST_CALLBACK:
        raise InvalidField(
            f"/callback must be an absolute http or https URL of at most {LONGEST_CALLBACK} characters, "
            "such as https://listener.example/events"
        )


def _is_absolute(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # Reading the port is what checks it.
        addressed = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    plain = url.isprintable() and not any(letter.isspace() for letter in url)
    return parts.scheme in ("http", "https") and addressed and plain
