"""The JSON in the body of a request, if that is of a media type that the operation takes."""

from collections.abc import Sequence
from typing import Any

from app.domain.json_text import not_object, parse, parse_object
from app.domain.media_types import JSON, JSON_PATCH, JSON_PATCH_QUERY, MERGE
from app.errors import InvalidBody, UnsupportedMediaType, shortened
from app.http.headers.idempotency_key import require_key
from app.http.messages import Request

_NULL = b"null"


async def read_new(request: Request) -> tuple[dict[str, Any], bool]:
    """As `read_object`, and whether there may be a null in it; no is certain, and cheaper to tell of text."""
    raw = await _read_json(request)
    return parse_object(raw), _NULL in raw


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object in the body of a POST. Raises `UnsupportedMediaType`, and what `parse_object` raises.

    What is wrong with its headers is raised before the body is read: a client may wait for that (RFC 9110 §10.1.1).
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
        told = f"{_not_understood(request)}; send {' or '.join(accepted)}"
        raise UnsupportedMediaType(told, {"Accept-Patch": ", ".join(accepted)})
    patch = parse(await request.body())
    if media_type in (JSON, MERGE) and not isinstance(patch, dict):
        raise InvalidBody(f"{not_object(patch)}{_for_lists(accepted) if isinstance(patch, list) else ''}")
    return patch


def _for_lists(accepted: Sequence[str]) -> str:
    """What a list may be sent as."""
    offered = [each for each in (JSON_PATCH, JSON_PATCH_QUERY) if each in accepted]
    return f"; send the operations of a JSON Patch as {' or '.join(offered)}" if offered else ""


def _not_understood(request: Request) -> str:
    return f"A body of type '{shortened(request.media_type, 60)}' is not understood"
