# SPDX-License-Identifier: Apache-2.0
"""What a client would like an answer to be, as it says in `Prefer` (RFC 7240)."""

import re

from app.http.messages import Request
from app.storage.documents.counting import Counting

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"?'
_ELEMENT = re.compile(rf'(?:[^,"]|{_QUOTED})+')
_PREFERENCE = re.compile(rf"\s*(?P<name>{_TOKEN})\s*(?:=\s*(?P<value>{_TOKEN}|{_QUOTED})?\s*)?(?:;|\Z)")
_ESCAPED = re.compile(r"\\(.)")


def counting_preferred(request: Request) -> Counting | None:
    """How a client would like the total of a list to be found (`count=…`); None when it does not say."""
    said = preference(request.header(b"prefer"), "count")
    return Counting(said.lower()) if said and said.lower() in tuple(Counting) else None


def prefers_ok(request: Request) -> bool:
    """Whether a client would like a part of a list to be 200, too (`status=200`): some know no other success."""
    return preference(request.header(b"prefer"), "status") == "200"


def preference_applied(counting: Counting | None, ok: bool = False) -> dict[str, str]:
    """The header that tells a client which of its preferences were heeded."""
    heeded = [f"count={counting}"] * (counting is not None) + ["status=200"] * ok
    return {"Preference-Applied": ", ".join(heeded)} if heeded else {}


def preference(header: str, name: str) -> str | None:
    """The value of the preference `name` (in lower case) in a `Prefer` header, empty when it is named without one.

    None when it is not there. Only the first of a name counts; what is no preference is passed over.
    """
    for element in _ELEMENT.findall(header):
        match = _PREFERENCE.match(element)
        if match and match["name"].lower() == name:
            value = match["value"] or ""
            return _ESCAPED.sub(r"\1", value.strip('"')) if value.startswith('"') else value
    return None
