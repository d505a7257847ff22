# SPDX-License-Identifier: Apache-2.0
"""Handlers of the five operations on a resource: from request and body to the engine, and back to a response."""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from app.domain.json_text import dump, not_object, parse, parse_object
from app.domain.media_types import JSON, JSON_PATCH, JSON_PATCH_QUERY, MERGE
from app.domain.nulls import without_nulls
from app.domain.query.query import parse_query
from app.domain.query.selection import Selection, parse_fields, select, select_or_whole
from app.errors import InvalidBody, NotFound, TmfError, UnsupportedMediaType, shorten
from app.http.handlers.lists import Lists
from app.http.headers.idempotency_key import key_of, replay_headers, require_key
from app.http.headers.links import encoded_query
from app.http.headers.mementos import memento, requested_instant
from app.http.headers.preconditions import Preconditions
from app.http.messages import Request, Response
from app.http.server.clock import last_modified
from app.resources.engine import Engine, Precondition, ResourceView
from app.resources.history import AT

_NULL = b"null"


async def read_new(request: Request) -> tuple[dict[str, Any], bool]:
    """As `read_object`, and whether the object may contain null: by its text, which is faster than a walk."""
    raw = await _read_json(request)
    return parse_object(raw), _NULL in raw


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object in the body of a POST. Raises `UnsupportedMediaType`, and what `parse_object` raises.

    Checks the headers before it reads the body, for which a client may wait (`100 Continue`; RFC 9110 §10.1.1).
    """
    return parse_object(await _read_json(request))


async def _read_json(request: Request) -> bytes:
    if request.media_type != JSON:
        raise UnsupportedMediaType(f"{_not_understood(request)}; send {JSON}")
    require_key(request)
    return await request.body()


async def read_patch(request: Request, accepted: Sequence[str]) -> Any:
    """The JSON in the body of a PATCH whose media type is one of `accepted`; a merge patch is an object.

    Raises `UnsupportedMediaType` with `Accept-Patch` (RFC 5789), and what `parse` raises.
    """
    media_type = request.media_type
    if media_type not in accepted:
        message = f"{_not_understood(request)}; send {' or '.join(accepted)}"
        raise UnsupportedMediaType(message, {"Accept-Patch": ", ".join(accepted)})
    patch = parse(await request.body())
    if media_type in (JSON, MERGE) and not isinstance(patch, dict):
        raise InvalidBody(f"{not_object(patch)}{_for_lists(accepted) if isinstance(patch, list) else ''}")
    return patch


def _for_lists(accepted: Sequence[str]) -> str:
    """The end of a message about an array as a merge patch: the media types of JSON Patch, if accepted."""
    offered = [each for each in (JSON_PATCH, JSON_PATCH_QUERY) if each in accepted]
    return f"; send the operations of a JSON Patch as {' or '.join(offered)}" if offered else ""


def _not_understood(request: Request) -> str:
    return f"A body of type '{shorten(request.media_type, 60)}' is not understood"


class ResourceHandlers:
    """The handlers of the five operations on a resource in one version."""

    def __init__(self, engine: Engine, lists: Lists, require_if_match: bool) -> None:
        self._engine = engine
        self._place = engine.place
        self._always = engine.resource.always
        self._lists = lists
        self._require_if_match = require_if_match

    async def create(self, request: Request) -> Response:
        engine, selection = self._engine_for(request), _selection(request, self._always)
        body, has_nulls = await read_new(request)
        key = key_of(request, self._place, body)
        body = without_nulls(body, engine.resource.attributes) if has_nulls else body
        shown = await engine.create(body, request.origin, key)
        return _write_response(
            201, shown, selection, {"Location": shown.view["href"], **replay_headers(shown.repeated, shown.deleted)}
        )

    async def list(self, request: Request) -> Response:
        engine = self._engine_for(request)
        resource = engine.resource
        parts = engine.find, resource.source_attributes, self._always
        return await self._lists.answer(request, resource.url, *parts)

    async def retrieve(self, request: Request) -> Response:
        engine, conditions = self._engine_for(request), Preconditions.of(request)
        selection, at = _selection_and_instant(request, self._always)
        try:
            shown = await _read(engine, request.id, selection, at)
        except NotFound:
            if at is None and (elsewhere := await self._absence_error(request)):
                raise elsewhere from None
            raise
        conditions.require(shown.edition)
        if conditions.is_not_modified(shown.edition, selection):
            return Response(304, headers={"ETag": shown.edition.tag(selection)})
        return _read_response(200, shown, selection, memento(shown.edition, shown.view["href"]) if at else None)

    async def patch(self, request: Request) -> Response:
        engine, selection = self._engine_for(request), _selection(request, self._always)
        demanded = self._precondition(request)
        patch = await read_patch(request, engine.resource.patch_types)
        try:
            shown = await engine.patch(request.id, patch, request.media_type, demanded, request.origin)
        except NotFound:
            await self._refuse_merged(request)
            raise
        return _write_response(200, shown, selection)

    async def delete(self, request: Request) -> Response:
        engine, demanded = self._engine_for(request), self._precondition(request)
        try:
            await engine.delete(request.id, demanded, request.origin)
        except NotFound:
            await self._refuse_merged(request)
            raise
        return Response(204)

    async def _absence_error(self, request: Request) -> TmfError | None:
        """The error that says where what is not there has gone."""
        query = encoded_query(request.query)
        return await self._engine.absence_error(request.id, request.principal, query)

    async def _refuse_merged(self, request: Request) -> None:
        """Raise `MergeConflict` for a write to what is not there as it was merged into another."""
        if merged := await self._engine.merged_error(request.id, request.principal):
            raise merged from None

    def _engine_for(self, request: Request) -> Engine:
        """The engine for the principal of the request. Raises `Forbidden` for one that this is not for at all."""
        principal = request.principal
        return self._engine if principal is None else self._engine.for_principal(principal)

    def _precondition(self, request: Request) -> Precondition:
        return write_precondition(request, self._require_if_match)


def write_precondition(request: Request, require_if_match: bool) -> Precondition:
    """The precondition of a write; errors of headers alone are raised at once, before the body is read."""
    conditions = Preconditions.of(request)
    if require_if_match:
        conditions.require_match()
    return partial(conditions.require_for_write, explicit=False)


def _read(engine: Engine, id: str, selection: Selection | None, at: datetime | None) -> Awaitable[ResourceView]:
    if at is not None:
        return engine.get_as_of(id, at)
    return engine.get(id, None if selection is None else engine.resource.source_attributes(selection))


def _read_response(
    status: int, shown: ResourceView, selection: Selection | None, headers: Mapping[str, str] | None = None
) -> Response:
    """The response with a view, or the selected part of it, with `ETag` and `Last-Modified` (RFC 9110 §8.8)."""
    view = shown.view if selection is None else select(shown.view, selection)
    return _representation(status, shown, selection, view, headers)


def _write_response(
    status: int, shown: ResourceView, selection: Selection | None, headers: Mapping[str, str] | None = None
) -> Response:
    """As `_read_response`, after a write, which a costly selection must not make fail."""
    view = shown.view if selection is None else select_or_whole(shown.view, selection)
    return _representation(status, shown, selection, view, headers)


def _representation(
    status: int,
    shown: ResourceView,
    selection: Selection | None,
    view: Mapping[str, Any],
    headers: Mapping[str, str] | None,
) -> Response:
    edition = shown.edition
    known_by = {"ETag": edition.tag(selection)}
    if (modified := edition.last_modified) is not None:
        known_by["Last-Modified"] = last_modified(modified)
    return Response(status, dump(view), {**(headers or {}), **known_by})


def _selection(request: Request, always: frozenset[str]) -> Selection | None:
    return parse_fields(parse_query(request.query).controls.get("fields"), always) if request.query else None


def _selection_and_instant(request: Request, always: frozenset[str]) -> tuple[Selection | None, datetime | None]:
    """`fields` and `at` of a request: None for the whole resource, and for the present."""
    if not request.query:
        return None, None
    controls = parse_query(request.query, also=(AT,)).controls
    return parse_fields(controls.get("fields"), always), requested_instant(controls)
