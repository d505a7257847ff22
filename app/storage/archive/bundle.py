# SPDX-License-Identifier: Apache-2.0
"""Bundles: the format of what is archived together, so that any change of a single bit is found.

A bundle is `MAGIC`, the length of the manifest in 4 bytes, the manifest as JSON, the members one behind the other, and
the SHA-256 of all that. The manifest has the length and the digest of each member as it is written: compressed, and
sealed if there is a key. So a digest confirms no guess of what is sealed.
"""

import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import bson
import orjson
from bson.raw_bson import RawBSONDocument

MAGIC = b"LIAISON BUNDLE 1\n"
LENGTH_BYTES = 4
DIGEST_BYTES = 32
FORMAT = 1

Rows = Sequence[RawBSONDocument]
Seal = Callable[[bytes, bytes], Awaitable[bytes]]
"""Seals or opens content, for the place that the second argument names."""


class BundleBroken(Exception):
    """A bundle is not as it was written; the message says where."""


@dataclass(frozen=True)
class Bundle:
    """A bundle whose digests hold: its manifest, and its members as they are written."""

    manifest: Mapping[str, Any]
    members: Mapping[str, bytes]

    async def rows(self, name: str, open_sealed: Seal | None) -> list[RawBSONDocument]:
        """The rows of a member, none if there is no such. Raises what `open_sealed` raises, and `BundleBroken`."""
        if name not in self.members:
            return []
        content = self.members[name]
        if self.manifest["sealedFor"] is not None:
            if open_sealed is None:
                raise BundleBroken("it is sealed, and there is no key (LIAISON_SECRETS_KEY)")
            content = await open_sealed(content, _place(self.manifest["name"], name))
        try:
            return list(_documents(zlib.decompress(content)))
        except (zlib.error, bson.InvalidBSON) as error:
            raise BundleBroken(f"its member {name} cannot be read: {error}") from None


async def write_bundle(manifest: Mapping[str, Any], members: Mapping[str, Rows], seal: Seal | None) -> bytes:
    """The bundle of these members, by their names. `manifest` has its `name`, and in `sealedFor` whose key seals."""
    written: dict[str, bytes] = {}
    for name, rows in members.items():
        content = zlib.compress(b"".join(row.raw for row in rows), 9)
        written[name] = await seal(content, _place(manifest["name"], name)) if seal else content
    described = [
        {"name": name, "count": len(members[name]), "bytes": len(content), "digest": sha256(content).hexdigest()}
        for name, content in written.items()
    ]
    head = orjson.dumps({**manifest, "format": FORMAT, "members": described})
    body = b"".join((MAGIC, len(head).to_bytes(LENGTH_BYTES), head, *written.values()))
    return body + sha256(body).digest()


def read_bundle(content: bytes) -> Bundle:
    """The bundle in a `content`, once all its digests hold. Raises `BundleBroken`."""
    body, digest = content[:-DIGEST_BYTES], content[-DIGEST_BYTES:]
    if not body.startswith(MAGIC):
        raise BundleBroken("it does not begin as a bundle of format 1")
    if sha256(body).digest() != digest:
        raise BundleBroken("its digest is another: it was changed, or is not whole")
    begin = len(MAGIC) + LENGTH_BYTES
    end = begin + int.from_bytes(body[len(MAGIC) : begin])
    manifest, members = orjson.loads(body[begin:end]), {}
    for member in manifest["members"]:
        part, end = body[end : end + member["bytes"]], end + member["bytes"]
        if sha256(part).hexdigest() != member["digest"]:
            raise BundleBroken(f"its member {member['name']} has another digest than the manifest says")
        members[member["name"]] = part
    return Bundle(manifest, members)


def bundle_digest(content: bytes) -> str:
    """The digest by which the register knows a bundle, in hex."""
    return sha256(content).hexdigest()


def _place(bundle: str, member: str) -> bytes:
    return f"archive/{bundle}/{member}".encode()


def _documents(content: bytes) -> Iterator[RawBSONDocument]:
    begin = 0
    while begin < len(content):
        end = begin + int.from_bytes(content[begin : begin + 4], "little")
        yield RawBSONDocument(content[begin:end])
        begin = end
