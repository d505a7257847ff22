# SPDX-License-Identifier: Apache-2.0
"""Attachments by value of one resource: their bytes are kept before the document that names them, and go after it.

A crash between the two leaves bytes that no document names; `Sweep` deletes them when they are old enough.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeVar

import structlog

from app.domain.attachments import (
    Attachment,
    Place,
    attachments_at,
    changed_attachments,
    content_bytes,
    kept_members,
    keys_in,
    shown_key,
    stored_key,
)
from app.domain.identifiers import new_id
from app.domain.json_values import equal
from app.errors import BadRequest, Conflict, InvalidField, PayloadTooLarge, TmfError, UnsupportedMediaType, shorten
from app.resources.contents.examination import Examination
from app.resources.contents.scanning import Scan
from app.resources.delete_guards import describe_holds
from app.storage.contents.content_store import Content, ContentStore
from app.storage.documents.batching import ConcurrentModification
from app.storage.documents.legal_holds import LegalHolds
from app.storage.documents.referential_integrity import DanglingReference
from app.storage.documents.rows import StoredDocument

log = structlog.get_logger()

Document = dict[str, Any]
Got = TypeVar("Got")

_UNWRITTEN = (ConcurrentModification, DanglingReference, BadRequest, Conflict, PayloadTooLarge)
"""The errors after which a document is certainly not written. After others it may be: nothing is deleted then."""

_OF_THE_BYTES = ("size", "mimeType", "digest")
"""What an attachment says of its bytes."""


@dataclass(frozen=True)
class ContentLimits:
    """What bytes are accepted: at most so many, of media types that one of the patterns matches."""

    most_bytes: int
    types: Sequence[str]

    def refuse_type(self, media_type: str, place: str, error: type[TmfError]) -> None:
        """Raise `error` for bytes of a type that is not accepted."""
        if not any(fnmatchcase(media_type, pattern) for pattern in self.types):
            accepted = ", ".join(self.types)
            raise error(f"{place} is {media_type} by its bytes, which is not accepted; send one of {accepted}")

    def refuse_size(self, size: int, place: str) -> None:
        """Raise `PayloadTooLarge` for too many bytes."""
        if size > self.most_bytes:
            raise PayloadTooLarge(f"{place} has more than {self.most_bytes} bytes; send less")


@dataclass(frozen=True)
class Incoming:
    """A body, or a changed view, with what is to be written before it and deleted after it.

    In `view` attachments name the keys of their bytes; `parts` are these. The keys in `dropped` are no longer named.
    """

    view: Document
    parts: list[tuple[Content, bytes]] = field(default_factory=list)
    dropped: frozenset[str] = frozenset()

    @property
    def keys(self) -> list[str]:
        """The keys of the new bytes."""
        return [content.key for content, _ in self.parts]


@dataclass(frozen=True)
class Contents:
    """The bytes of the attachments of a `resource`, at these `places`."""

    resource: str
    places: tuple[Place, ...]
    store: ContentStore
    limits: ContentLimits
    holds: LegalHolds
    scan: Scan | None = None

    def taken_in(self, body: Document) -> Incoming | None:
        """The body of a create without the content of its attachments; None where it has none.

        A `content` that is not in base64 stays, as the text that it is. Raises `InvalidField` and `PayloadTooLarge`.
        """
        if self.places_in(body) and any(
            content_bytes(each.get("content")) for _, each in attachments_at(body, self.places)
        ):
            return self._incoming(body, frozenset(), ())
        return None

    def named_as(self, incoming: Incoming, document: Mapping[str, Any]) -> Document:
        """The body, naming the bytes of the stored `document` wherever they are the same."""
        urls = {each.get("digest"): each["url"] for _, each in attachments_at(document, self.places) if "url" in each}

        def name(attachment: Attachment) -> Attachment:
            url = urls.get(attachment.get("digest"))
            return {**attachment, "url": url} if url and stored_key(url) else attachment

        return changed_attachments(incoming.view, self.places, name)

    def changes(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
        """Whether two views differ in attributes with attachments: a quick test, true when in doubt."""
        return any(before.get(place[0]) is not after.get(place[0]) for place in self.places)

    def take_changes(self, stored: StoredDocument, shown: Document, new_view: Document) -> Incoming:
        """As `taken_in`, for the view `new_view` after a patch of `shown`.

        Raises `InvalidField`, too, for another size, type or digest of bytes that are the same.
        """
        named, hrefs = keys_in(stored.document, self.places), (shown["href"],)
        self._refuse_untrue(shown, new_view, hrefs)
        return self._incoming(new_view, frozenset(named), hrefs)

    async def writing(self, incoming: Incoming, stored: StoredDocument, write: Callable[[], Awaitable[Got]]) -> Got:
        """Keep the new bytes, then `write` the document that names them, then delete what it no longer names.

        Raises what `write` raises, `Conflict` where a legal hold is on what would go, and what `scan` raises.
        """
        if incoming.dropped and (held := await self._holds(stored)):
            told = f"{self.resource} {stored.id} is held by {describe_holds(held)}"
            raise Conflict(f"{told}; its attachments stay until that is released")
        await self._keep(incoming.parts, stored.id)
        try:
            written = await write()
        except _UNWRITTEN:
            await self.store.delete(incoming.keys, (self.resource, stored.id))
            raise
        await self.discard(incoming.dropped, stored.id)
        return written

    async def receive(self, id: str, chunks: AsyncIterator[bytes], claimed: str) -> Content:
        """The kept bytes that come as `chunks`, for the document with this id, which is yet to name them.

        Raises `PayloadTooLarge` as soon as there are too many, `UnsupportedMediaType`, and what `scan` raises.
        """
        key, examination = await self.store.begin((self.resource, id)), Examination()

        async def examine() -> AsyncIterator[bytes]:
            async for chunk in chunks:
                examination.feed(chunk)
                self.limits.refuse_size(examination.size, "The attachment")
                yield chunk

        try:
            await self.store.write(key, examine())
            media_type = examination.media_type(claimed)
            self.limits.refuse_type(media_type, "The attachment", UnsupportedMediaType)
            content = Content(key, examination.size, examination.sha256, media_type)
            await self._accept(content)
        except TmfError:
            await self.store.delete([key], (self.resource, id))
            raise
        return content

    async def attaching(self, id: str, content: Content, write: Callable[[], Awaitable[Got]]) -> Got:
        """`write`, by which the document with this id comes to name kept bytes; they go where it certainly does not."""
        try:
            return await write()
        except TmfError as refusal:
            if refusal.status < 500:
                await self.store.delete([content.key], (self.resource, id))
            raise

    async def discard(self, keys: Collection[str], id: str) -> None:
        """Delete bytes that the document with this id does not name; where that fails, `Sweep` does it later."""
        try:
            await self.store.delete(keys, (self.resource, id))
        except TmfError as failure:
            log.warning("bytes of attachments are left to be swept", error=failure.message, number=len(keys))

    def keys(self, document: Mapping[str, Any]) -> set[str]:
        """The keys of the bytes that a stored document names."""
        return keys_in(document, self.places) if self.places_in(document) else set()

    def places_in(self, document: Mapping[str, Any]) -> bool:
        """Whether a document may have attachments."""
        return any(place[0] in document for place in self.places)

    def _incoming(self, view: Document, named: frozenset[str], hrefs: Sequence[str]) -> Incoming:
        parts: list[tuple[Content, bytes]] = []
        kept: set[str] = set()
        pointers = {id(each): pointer for pointer, each in attachments_at(view, self.places)}

        def take(attachment: Attachment) -> Attachment:
            key = _key(attachment, hrefs)
            if (data := content_bytes(attachment.get("content"))) is None:
                kept.update({key} if key else ())
                return attachment
            part = self._part(attachment, data, pointers[id(attachment)], is_own=key is not None)
            parts.append((part, data))
            rest = {name: value for name, value in attachment.items() if name != "content"}
            return {**rest, **kept_members(part.key, part.size, part.sha256, part.media_type)}

        return Incoming(changed_attachments(view, self.places, take), parts, named - kept)

    def _part(self, attachment: Attachment, data: bytes, pointer: str, *, is_own: bool) -> Content:
        place = f"{pointer.removeprefix('/')}/content"
        if (url := attachment.get("url")) and not is_own:
            told = f"{place}: the attachment has a url, {shorten(str(url), 60)}, and content"
            raise InvalidField(f"{told}, which the server keeps at a url of its own; send one of both")
        self.limits.refuse_size(len(data), place)
        examination = Examination.of(data)
        media_type = examination.media_type(str(attachment.get("mimeType", "")))
        self.limits.refuse_type(media_type, place, InvalidField)
        return Content(new_id(), examination.size, examination.sha256, media_type)

    def _refuse_untrue(self, shown: Document, new_view: Document, hrefs: Sequence[str]) -> None:
        """Raise `InvalidField` where an attachment says something else of its bytes than before."""
        before = {key: each for _, each in attachments_at(shown, self.places) if (key := _key(each, hrefs))}
        for pointer, each in attachments_at(new_view, self.places):
            was = before.get(_key(each, hrefs) or "")
            for name in _OF_THE_BYTES if was and "content" not in each else ():
                if was and not equal(was.get(name), each.get(name)):
                    told = f"{pointer.removeprefix('/')}/{name} is what the server found in the bytes"
                    raise InvalidField(f"{told}; leave it, or send other content")

    async def _keep(self, parts: Sequence[tuple[Content, bytes]], id: str) -> None:
        kept: list[str] = []
        try:
            for content, data in parts:
                await self.store.begin((self.resource, id), content.key)
                kept.append(content.key)
                await self.store.write(content.key, _whole(data))
                await self._accept(content)
        except TmfError:
            await self.store.delete(kept, (self.resource, id))
            raise

    async def _accept(self, content: Content) -> None:
        """Have the written bytes scanned, and note what is known of them. Raises what `scan` raises."""
        if self.scan:
            await self.scan(self.store.read(content.key, 0, content.size))
        await self.store.describe(content)

    async def _holds(self, stored: StoredDocument) -> Sequence[Any]:
        return await self.holds.holds_on_document(self.resource, stored.id, stored.document)


def _key(attachment: Attachment, hrefs: Sequence[str]) -> str | None:
    url = attachment.get("url")
    return stored_key(url) or shown_key(url, hrefs)


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data
