# SPDX-License-Identifier: Apache-2.0
"""Attachments by value (TMF AttachmentRefOrValue): which of a document have bytes, and the URLs of these.

A stored attachment whose bytes the server keeps has the `url` `liaison:content/<key>`; shown, it is the URL of its
bytes below that of the resource: `…/partyInteraction/<id>/attachment/<key>`.
"""

import re
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from urllib.parse import quote

Attachment = dict[str, Any]
Place = tuple[str, ...]
"""The path of an array of attachments in a document, such as `interactionItem`, `attachment`."""

STORED = "liaison:content/"
SEGMENT = "attachment"
"""The segment of a URL between the resource and the key of the bytes."""
BYTES = "bytes"
"""The unit in which the size of an attachment is given."""

_KEY = re.compile(r"[0-9a-f-]{36}")
_ATTACHMENT_CHARS = re.compile(r"[^\w!#$&+.^`|~ ()-]", re.ASCII)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069/\\:]")
"""What no name of a file should have: controls, marks that turn the direction of writing, and separators of paths."""
LONGEST_NAME = 150


def attachments_at(document: Mapping[str, Any], places: Collection[Place]) -> Iterator[tuple[str, Attachment]]:
    """The attachments of a document, or a view, each with its JSON Pointer."""
    for place in places:
        yield from _at(document, place, "")


def _at(value: Any, place: Place, pointer: str) -> Iterator[tuple[str, Attachment]]:
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _at(each, place, f"{pointer}/{index}")
    elif isinstance(value, dict):
        if not place:
            yield pointer, value
        elif place[0] in value:
            yield from _at(value[place[0]], place[1:], f"{pointer}/{place[0]}")


def changed_attachments(
    document: dict[str, Any], places: Collection[Place], change: Callable[[Attachment], Attachment]
) -> dict[str, Any]:
    """`document` with every attachment changed; what holds none is shared, not copied."""
    for place in places:
        if place[0] in document:
            document = _change_at(document, place, change)
    return document


def _change_at(value: Any, place: Place, change: Callable[[Attachment], Attachment]) -> Any:
    if isinstance(value, list):
        new = [_change_at(each, place, change) for each in value]
        return value if all(a is b for a, b in zip(new, value, strict=True)) else new
    if not isinstance(value, dict):
        return value
    if not place:
        return change(value)
    if place[0] not in value:
        return value
    inner = _change_at(value[place[0]], place[1:], change)
    return value if inner is value[place[0]] else {**value, place[0]: inner}


def content_bytes(content: Any) -> bytes | None:
    """The bytes of a `content` in base64 (RFC 4648 §4); None for what is none, which is a text like any other."""
    if not isinstance(content, str) or not content or len(content) % 4:
        return None
    try:
        return b64decode(content, validate=True)
    except (NoBase64, ValueError):
        return None


def stored_url(key: str) -> str:
    """The stored form of the URL of bytes."""
    return STORED + key


def stored_key(url: Any) -> str | None:
    """The key in the stored form of the URL of bytes; None for any other text."""
    return url.removeprefix(STORED) if isinstance(url, str) and url.startswith(STORED) else None


def shown_url(url: str, href: str) -> str:
    """The shown URL of bytes of the resource at `href`; any other URL as it is."""
    key = stored_key(url)
    return url if key is None else f"{href}/{SEGMENT}/{quote(key, safe='')}"


def shown_key(url: Any, hrefs: Collection[str]) -> str | None:
    """The key in the URL of bytes of the resource at one of the `hrefs`, as it is shown; None for any other."""
    if not isinstance(url, str):
        return None
    before, _, key = url.rpartition(f"/{SEGMENT}/")
    return key if before in hrefs and _KEY.fullmatch(key) else None


def keys_in(document: Mapping[str, Any], places: Collection[Place]) -> set[str]:
    """The keys of the bytes that a stored document names."""
    return {key for _, each in attachments_at(document, places) if (key := stored_key(each.get("url")))}


def kept_members(key: str, size: int, sha256: str, media_type: str) -> Attachment:
    """What an attachment says of its bytes."""
    return {
        "url": stored_url(key),
        "size": {"amount": size, "units": BYTES},
        "mimeType": media_type,
        "digest": f"sha256:{sha256}",
    }


def content_disposition(name: Any) -> str:
    """The value of `Content-Disposition` by which bytes are saved under that name, and never shown (RFC 6266).

    Whatever a name has that could end the header, or lead out of a folder, is left out of it.
    """
    text = _UNPRINTABLE.sub("_", name).strip(" .")[:LONGEST_NAME] if isinstance(name, str) else ""
    text = text.encode("utf-8", "replace").decode()
    if not text:
        return "attachment"
    plain = _ATTACHMENT_CHARS.sub("_", text)
    extended = "" if plain == text else f"; filename*=UTF-8''{quote(text, safe='')}"
    return f'attachment; filename="{plain}"{extended}'
