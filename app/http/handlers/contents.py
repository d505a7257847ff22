# SPDX-License-Identifier: Apache-2.0
"""Handlers of the bytes of attachments: they are sent as they are, and read whole or in part."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from app.domain.attachments import attachments_at, content_disposition, kept_members, shown_key
from app.domain.json_text import dump
from app.domain.media_types import MERGE
from app.errors import InvalidQuery, NotFound, PreconditionFailed, TmfError, UnsupportedMediaType, shorten
from app.http.handlers.resources import write_precondition
from app.http.headers.byte_ranges import parse_range
from app.http.headers.preconditions import Preconditions
from app.http.messages import Request, Response, StreamedResponse
from app.http.middleware.routing import of_bytes
from app.resources.contents.contents import Contents
from app.resources.engine import Engine
from app.spec.contents import PARAMETER
from app.storage.contents.content_store import Content

_SAFE = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-cache",
    "Accept-Ranges": "bytes",
}
"""What goes with all bytes: a browser runs none of them, and asks again whether it may still have them."""

_DESCRIBED = {"name": 255, "attachmentType": 255, "description": 2000}
"""What a client may say of a file that it sends, by query parameters, in at most so many characters."""
MOST_PARAMETERS = 20
KIND = "file"
"""The kind of an attachment whose client names none."""


class ContentHandlers:
    """The handlers of the bytes of one resource in one version."""

    def __init__(self, engine: Engine, contents: Contents, require_if_match: bool) -> None:
        self._engine, self._contents = engine, contents
        self._require_if_match = require_if_match

    async def create(self, request: Request) -> Response:
        """Attach the body of a POST to the resource of its path."""
        demanded = write_precondition(request, self._require_if_match)
        if request.header(b"content-encoding") not in ("", "identity"):
            raise UnsupportedMediaType("A file is kept as it is sent; send it without Content-Encoding")
        engine = self._engine_for(request)
        demanded((await engine.get(request.id)).edition)  # Nothing is kept for who may not write it.
        content = await self._contents.receive(request.id, request.chunks(), request.media_type)
        attachment = {
            **_description(request),
            **kept_members(content.key, content.size, content.sha256, content.media_type),
        }

        def with_it(view: Mapping[str, Any]) -> dict[str, Any]:
            return {"attachment": [*view.get("attachment", ()), attachment]}

        async def attach() -> Response:
            shown = await engine.patch(request.id, with_it, MERGE, demanded, request.origin)
            made = self._attachment(shown.view, content.key)
            return Response(201, dump(made), {"Location": made["url"], "ETag": shown.edition.tag()})

        return await self._contents.attaching(request.id, content, attach)

    @of_bytes
    async def retrieve(self, request: Request) -> Response | StreamedResponse:
        """The bytes, or a range of them, for who may see the attachment."""
        engine, key = self._engine_for(request), request.parameter(PARAMETER)
        try:
            shown = await engine.get(request.id)
        except NotFound:
            if elsewhere := await self._engine.absence_error(request.id, request.principal):
                raise elsewhere from None
            raise
        attachment = self._attachment(shown.view, key)
        content = await self._contents.store.find(key, (self._contents.resource, request.id))
        if content is None:
            raise _missing(key)
        return self._answer(request, content, attachment)

    def _answer(self, request: Request, content: Content, attachment: Mapping[str, Any]) -> Response | StreamedResponse:
        tag = f'"{content.sha256}"'
        conditions = Preconditions.of(request)
        if conditions.match is not None and not {"*", tag} & set(conditions.match):
            raise PreconditionFailed("The bytes are not those that If-Match names", {"ETag": tag})
        if conditions.none_match is not None:
            known = {each.removeprefix("W/") for each in conditions.none_match}
            if {"*", tag} & known:
                return Response(304, headers={"ETag": tag})
        wanted = parse_range(request, content.size, tag)
        begin, end = wanted or (0, content.size)
        headers = {"ETag": tag, **_SAFE, "Content-Disposition": content_disposition(attachment.get("name"))}
        if wanted:
            headers["Content-Range"] = wanted.content_range(content.size)
        chunks = self._contents.store.read(content.key, begin, end)
        return StreamedResponse(206 if wanted else 200, chunks, end - begin, headers, content.media_type)

    def _attachment(self, view: Mapping[str, Any], key: str) -> dict[str, Any]:
        """The attachment of a view with these bytes. Raises `NotFound`."""
        found = (
            each
            for _, each in attachments_at(view, self._contents.places)
            if shown_key(each.get("url"), (view["href"],)) == key
        )
        if (attachment := next(found, None)) is None:
            raise _missing(key)
        return attachment

    def _engine_for(self, request: Request) -> Engine:
        principal = request.principal
        return self._engine if principal is None else self._engine.for_principal(principal)


def _description(request: Request) -> dict[str, Any]:
    """What the query of a request says of the file. Raises `InvalidQuery`."""
    said = dict(parse_qsl(request.query, max_num_fields=MOST_PARAMETERS)) if request.query else {}
    for name, most in _DESCRIBED.items():
        if len(said.get(name, "")) > most:
            raise InvalidQuery(f"'{name}' has more than {most} characters; send less")
    return {"@type": "Attachment", "attachmentType": KIND, **{name: said[name] for name in _DESCRIBED if name in said}}


def _missing(key: str) -> TmfError:
    return NotFound(f"There is no attachment with the bytes '{shorten(key)}'")
