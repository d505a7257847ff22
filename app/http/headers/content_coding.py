# SPDX-License-Identifier: Apache-2.0
"""Content codings of request bodies (RFC 9110 §8.4): decodes `gzip` and `deflate`, never beyond the body limit."""

import zlib
from collections.abc import Callable

from app.errors import InvalidBody, PayloadTooLarge, UnsupportedMediaType, shorten

CODINGS = "gzip, deflate"
"""The supported codings, for `Accept-Encoding`."""

MOST_MEMBERS = 64
"""Members of a gzip body; nearly all have one."""

_NOT_PACKED = "The body is not packed as its Content-Encoding says"

Unpack = Callable[[bytes, int], bytes]


def coding_of(header: str) -> Unpack | None:
    """The decoder for the value of `Content-Encoding`; None for no coding.

    Raises `UnsupportedMediaType` with `Accept-Encoding` (RFC 9110 §15.5.16).
    """
    named = header.strip().lower()
    if named in ("", "identity"):
        return None
    unpack = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _inflate}.get(named)
    if unpack is None:
        message = f"The Content-Encoding '{shorten(header, 60)}' is not understood; send gzip, deflate, or none"
        raise UnsupportedMediaType(message, {"Accept-Encoding": CODINGS})
    return unpack


def too_large(most: int) -> PayloadTooLarge:
    """The error (413) for a body of more than `most` bytes, encoded or decoded."""
    return PayloadTooLarge(f"The body is larger than {most} bytes; send less")


def _gunzip(packed: bytes, most: int) -> bytes:
    unpacked = b""
    for _ in range(MOST_MEMBERS):
        decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        unpacked += _whole(decoder, packed, most - len(unpacked), most)
        packed = decoder.unused_data
        if not packed.strip(b"\0"):  # Zeros behind the last member are padding of some devices.
            return unpacked
    raise InvalidBody(f"The gzip data of the body have more than {MOST_MEMBERS} members; send one")


def _inflate(packed: bytes, most: int) -> bytes:
    # Some clients omit the zlib header, whose two bytes are a multiple of 31 (RFC 1950).
    wrapped = packed[:1] and packed[0] & 15 == zlib.DEFLATED and int.from_bytes(packed[:2], "big") % 31 == 0
    decoder = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
    unpacked = _whole(decoder, packed, most, most)
    if decoder.unused_data:
        raise InvalidBody(_NOT_PACKED)
    return unpacked


def _whole(decoder: "zlib._Decompress", packed: bytes, room: int, most: int) -> bytes:
    try:
        unpacked = decoder.decompress(packed, room + 1)
    except zlib.error:
        raise InvalidBody(_NOT_PACKED) from None
    if len(unpacked) > room:
        raise too_large(most)
    if not decoder.eof:
        raise InvalidBody("The packed body is cut off; send all of it")
    return unpacked
