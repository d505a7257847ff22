# SPDX-License-Identifier: Apache-2.0
"""Some members of a document in raw BSON, without decoding the others, which is most of what decoding costs."""

from collections.abc import Collection
from struct import Struct
from typing import Any

import bson
from bson import CodecOptions

_INT32 = Struct("<i").unpack_from
_SIZES = {0x01: 8, 0x06: 0, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16, 0x7F: 0, 0xFF: 0}
"""Bytes of values of a fixed size, by the type of BSON (bsonspec.org)."""

_PREFIXED = {0x02: 4, 0x03: 0, 0x04: 0, 0x05: 5, 0x0D: 4, 0x0E: 4}
"""Bytes of a value beside those that the number at its beginning says."""

_AWARE: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)


def members_of(raw: bytes, names: Collection[str]) -> dict[str, Any]:
    """The members of a document that have these `names`."""
    wanted = {name.encode() for name in names}
    found: list[bytes] = []
    place = 4
    while kind := raw[place]:
        end = raw.index(b"\0", place + 1)
        value = end + 1
        if kind in _SIZES:
            behind = value + _SIZES[kind]
        elif kind in _PREFIXED:
            behind = value + _PREFIXED[kind] + _INT32(raw, value)[0]
        else:  # Regular expressions and other rarities: no JSON has them.
            return {name: each for name, each in bson.decode(raw, _AWARE).items() if name in names}
        if raw[place + 1 : end] in wanted:
            found.append(raw[place:behind])
        place = behind
    content = b"".join(found)
    return bson.decode((len(content) + 5).to_bytes(4, "little") + content + b"\0", _AWARE)
