# SPDX-License-Identifier: Apache-2.0
"""Checks of the head of a request (RFC 9112), and the TMF Errors for malformed ones."""

import re
from functools import lru_cache
from urllib.parse import unquote

import httptools

from app.errors import BadRequest, HeadersTooLarge, InvalidHeader, TmfError
from app.http.server.bounds import MOST_HEADERS

Headers = list[tuple[bytes, bytes]]

LONGEST_HOST = 300
"""Bytes of a `Host`; a name in the DNS has 253 characters."""

_HOST = re.compile(
    rb"(?:\[(?:[0-9A-Fa-f:.]+|v[0-9A-Fa-f]+\.[\w.~!$&'()*+,;=:-]+)\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::\d{0,5})?",
    re.ASCII,
)
_SLASH = re.compile("%2f", re.IGNORECASE)

_LINE = "METHOD URL HTTP/1.1"


def require_header_bounds(headers: Headers, most_bytes: int) -> None:
    """Raise `HeadersTooLarge` for more than `MOST_HEADERS` headers, or more than `most_bytes` of them."""
    if len(headers) > MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > most_bytes:
        raise too_large(most_bytes)


def require_host(headers: Headers, version: str) -> None:
    """Raise `InvalidHeader` unless there is one valid `Host` (§3.2), `BadRequest` for an unknown version of HTTP."""
    number, host = 0, b""
    for name, value in headers:
        if name == b"host":
            number, host = number + 1, value
    if number != 1 and (number or version != "1.0"):
        count = number or "none"
        raise InvalidHeader(f"A request has exactly one Host header, such as 'Host: example.com', not {count}")
    if number and not is_host(host):
        raise InvalidHeader("The Host header must be the name or address of a server, with a port if need be")
    if version not in ("1.0", "1.1"):
        raise BadRequest("The server speaks HTTP/1.1 alone")


def too_large(most_bytes: int) -> HeadersTooLarge:
    """The error (431) for too many or too large headers."""
    return HeadersTooLarge(f"A request has at most {MOST_HEADERS} headers of {most_bytes} bytes together; send less")


@lru_cache(64)
def is_host(value: bytes) -> bool:
    """Whether a `Host` is a name or an address (RFC 3986 §3.2.2), with or without a port."""
    return len(value) <= LONGEST_HOST and _HOST.fullmatch(value) is not None


def framing(headers: Headers) -> bytes:
    """A request head with only the framing headers among `headers`; empty where there is no body."""
    told = [(name, value) for name, value in headers if name in (b"content-length", b"transfer-encoding")]
    return b"".join([b"POST / HTTP/1.1\r\n", *(b"%s: %s\r\n" % each for each in told), b"\r\n"]) if told else b""


def target(url: bytes) -> tuple[str, bytes, bytes]:
    """The decoded path of a request target, and path and query undecoded.

    The host of an absolute target is ignored. An encoded slash stays encoded in the decoded path, too: it is part of a
    segment (RFC 3986 §2.2).
    """
    if url[:1] == b"/":
        path, _, query = url.partition(b"#")[0].partition(b"?")
    else:
        path, query = _absolute(url)
    text = path.decode("ascii")
    return text if "%" not in text else unquote(_SLASH.sub("%252F", text)), path, query


def _absolute(url: bytes) -> tuple[bytes, bytes]:
    try:
        parsed = httptools.parse_url(url)
    except httptools.HttpParserInvalidURLError:  # CONNECT: `host:port`
        return url, b""
    return parsed.path or b"/", parsed.query or b""


def unreadable(failure: Exception, *, begun: bool) -> TmfError:
    """The error for a request that the parser cannot read; `begun` is whether the headers had begun."""
    if isinstance(failure, httptools.HttpParserInvalidMethodError):
        return BadRequest(f"This is no HTTP request: it begins with '{_LINE}', with a method such as GET or POST")
    if isinstance(failure, httptools.HttpParserInvalidURLError):
        return BadRequest("The URL has a character that must be percent-encoded: 'ë' is '%C3%AB', a blank '%20'")
    if not begun:
        return BadRequest(
            f"The first lines of the request cannot be read: it begins with '{_LINE}', a blank in the URL is '%20', "
            "and each header is a line 'Name: value'"
        )
    return BadRequest(
        "The headers of the request cannot be read: each is a line 'Name: value' that ends with CR LF, and the length "
        "of a body is told once, by Content-Length or by Transfer-Encoding: chunked"
    )


UNREADABLE_BODY = (
    "The body cannot be read: with 'Transfer-Encoding: chunked' each chunk follows its size in hexadecimal"
)
CUT_OFF = "The connection ended before the request was complete; send all of it"
