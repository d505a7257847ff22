# SPDX-License-Identifier: Apache-2.0
"""The address of an archive store in S3: a bucket, and a prefix of the keys in it."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"([A-Za-z0-9!_.*'()-]+/)*")
"""Segments of the characters that S3 calls safe in keys."""


@dataclass(frozen=True)
class S3Address:
    """A bucket, and what the key of each object in it begins with: nothing, or segments that each end with `/`."""

    bucket: str
    prefix: str = ""


def parse_s3_address(address: str) -> S3Address | None:
    """The bucket and prefix of an `s3://bucket/prefix`; None if it is no such address.

    What else a URL may have, such as a user or a query, is none of it: credentials and endpoint are the library's own
    settings.
    """
    parts = urlsplit(address)
    prefix = parts.path.strip("/") + "/" if parts.path.strip("/") else ""
    plain = parts.scheme == "s3" and not parts.query and not parts.fragment
    if plain and _BUCKET.fullmatch(parts.netloc) and _PREFIX.fullmatch(prefix):
        return S3Address(parts.netloc, prefix)
    return None
