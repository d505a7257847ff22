# SPDX-License-Identifier: Apache-2.0
"""The examination of bytes as they come: how many, their digest, and their media type by what they are."""

import codecs
import hashlib
import re

from app.domain.media_types import JSON

HEAD = TAIL = 8192
"""Bytes of the beginning, and of the end, by which a type is known."""

SNIFFED = 1024
"""Characters of a text in which markup makes it a page."""

UNKNOWN = "application/octet-stream"
PLAIN = "text/plain"
EXECUTABLE = "application/x-executable"
ZIP = "application/zip"

_EXECUTABLES = (b"MZ", b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_PARTS = {
    b"word/document": f"{_OFFICE}wordprocessingml.document",
    b"xl/workbook": f"{_OFFICE}spreadsheetml.sheet",
    b"ppt/presentation": f"{_OFFICE}presentationml.presentation",
}
_OPEN_DOCUMENT = re.compile(rb"mimetype(application/vnd\.oasis\.opendocument\.[a-z]+)")
_TEXTS = (
    (re.compile(rb"%PDF-"), "application/pdf"),
    (re.compile(rb"\{\\rtf"), "application/rtf"),
    (re.compile(rb"%!PS"), "application/postscript"),
    (re.compile(rb"#!"), "text/x-shellscript"),
    (re.compile(rb"(?is).*<svg[\s>]"), "image/svg+xml"),
    (re.compile(rb"(?is).*<(?:!doctype\s+html|html|head|body|script|iframe|object|embed)[\s>]"), "text/html"),
    (re.compile(rb"<\?xml"), "application/xml"),
)
"""By what a text is known to be more than that, in this order."""
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_REFINED = frozenset(
    {JSON, "message/rfc822", "text/csv", "text/calendar", "text/vcard", "text/markdown", "text/tab-separated-values"}
)
"""The types that a text has as its client says: nothing runs by any of them."""


class Examination:
    """Is fed bytes, and tells what they were in all."""

    def __init__(self) -> None:
        self.size = 0
        self._digest = hashlib.sha256()
        self._head = bytearray()
        self._tail = b""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._is_text = True

    @classmethod
    def of(cls, whole: bytes) -> "Examination":
        """The examination of bytes that are there as a whole."""
        made = cls()
        made.feed(whole)
        return made

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.size += len(chunk)
        self._digest.update(chunk)
        if len(self._head) < HEAD:
            self._head += chunk[: HEAD - len(self._head)]
        self._tail = chunk[-TAIL:] if len(chunk) >= TAIL else (self._tail + chunk)[-TAIL:]
        if self._is_text:
            self._is_text = self._reads_as_text(chunk, final=False)

    @property
    def sha256(self) -> str:
        """The SHA-256 of all bytes, in hexadecimal digits."""
        return self._digest.hexdigest()

    def media_type(self, claimed: str = "") -> str:
        """The media type of all bytes. What a client has `claimed` refines that of a plain text, and nothing else."""
        head = bytes(self._head)
        if self._is_text and self._reads_as_text(b"", final=True):
            start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:SNIFFED]
            found = next((name for pattern, name in _TEXTS if pattern.match(start)), PLAIN)
            said = claimed.partition(";")[0].strip().lower()
            return said if found == PLAIN and said in _REFINED else found
        if head.startswith(_EXECUTABLES):
            return EXECUTABLE
        if head.startswith(b"PK\x03\x04"):
            return self._kind_of_zip(head)
        return _by_signature(head)

    def _reads_as_text(self, chunk: bytes, *, final: bool) -> bool:
        try:
            return not _CONTROLS.search(self._decoder.decode(chunk, final))
        except UnicodeDecodeError:
            return False

    def _kind_of_zip(self, head: bytes) -> str:
        """What is in a zip: by the first names, or by the directory at the end; nothing is unpacked."""
        if found := _OPEN_DOCUMENT.search(head[:200]):
            return found[1].decode()
        looked_at = head + self._tail
        return next((name for part, name in _PARTS.items() if part in looked_at), ZIP)


def _by_signature(head: bytes) -> str:
    # A server process that is never sent bytes should not load three thousand signatures.
    import puremagic

    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    return next((each.mime_type for each in found if "/" in each.mime_type), UNKNOWN)
