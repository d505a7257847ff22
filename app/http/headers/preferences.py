# SPDX-License-Identifier: Apache-2.0
"""The header `Prefer` (RFC 7240): how a list is counted, and the status of a part of a list."""

import re

from app.http.messages import Request
from app.storage.documents.counting import Counting

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"?'
_ELEMENT = re.compile(rf'(?:[^,"]|{_QUOTED})+')
_PREFERENCE = re.compile(rf"\s*(?P<name>{_TOKEN})\s*(?:=\s*(?P<value>{_TOKEN}|{_QUOTED})?\s*)?(?:;|\Z)")
_ESCAPED = re.compile(r"\\(.)")


def counting_preferred(request: Request) -> Counting | None:
    """The preference `count=…` for the total of a list; None without it."""
    said = preference(request.header(b"prefer"), "count")
    return Counting(said.lower()) if said and said.lower() in tuple(Counting) else None


def prefers_ok(request: Request) -> bool:
    """Whether a client prefers status 200 for a part of a list (`status=200`): some know no other success."""
    return preference(request.header(b"prefer"), "status") == "200"


def preference_applied(counting: Counting | None, ok: bool = False) -> dict[str, str]:
    """The header `Preference-Applied`, with the preferences that were applied; empty without any."""
    heeded = [f"count={counting}"] * (counting is not None) + ["status=200"] * ok
    return {"Preference-Applied": ", ".join(heeded)} if heeded else {}


def preference(header: str, name: str) -> str | None:
    """The value of the preference `name` (in lower case) in a `Prefer` header, empty when it is named without one.

    None when it is absent. Only the first of a name counts (RFC 7240 §2); malformed ones are ignored.
    """
    for element in _ELEMENT.findall(header):
        match = _PREFERENCE.match(element)
        if match and match["name"].lower() == name:
            value = match["value"] or ""
            return _ESCAPED.sub(r"\1", value.strip('"')) if value.startswith('"') else value
    return None
