# SPDX-License-Identifier: Apache-2.0
"""Events of suspected duplicates (eTOM 1.3.4): what they tell beside the party, and who may be told."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from app.access.principal import Principal
from app.domain.events import DUPLICATE_SUSPECTED
from app.domain.query.attributes import Attribute
from app.domain.restriction import Restriction
from app.domain.scopes import MATCH, covers
from app.storage.identity.announcements import SUSPECTS

Entry = Mapping[str, Any]

_TEXT, _NUMBER = Attribute("string", False, dict), Attribute("number", False, dict)
_EXPLANATION = {"attribute": _TEXT, "level": _TEXT, "weight": _NUMBER}
_SUSPECT = {
    **dict.fromkeys(("id", "href", "grade"), _TEXT),
    "score": _NUMBER,
    "explanation": Attribute("object", True, lambda: _EXPLANATION),
    "veto": Attribute("string", True, dict),
}

SUSPICION: Mapping[str, Attribute] = {
    SUSPECTS: Attribute("object", True, lambda: _SUSPECT),
    "rulesVersion": _TEXT,
    "rulesDigest": _TEXT,
    "capped": Attribute("boolean", False, dict),
}
"""The members of the payload of such an event beside the party, by whose attributes queries of listeners choose."""


def is_suspicion(entry: Entry) -> bool:
    """Whether an entry of the log is of such an event, rather than of a change of its resource."""
    return bool(entry["kind"] == DUPLICATE_SUSPECTED)


def bare_entry(entry: Entry) -> dict[str, Any]:
    """An entry of such an event with a document of which only what the party is can be rendered."""
    document = entry.get("document", {})
    return {**entry, "document": {name: document[name] for name in ("@type",) if name in document}}


def suspicion_payload(entry: Entry, href: str) -> dict[str, Any]:
    """The members beside the party, which is at `href`; none where the entry has no payload any more."""
    content = entry.get("document", {})
    collection = href.rpartition("/")[0]
    told = {name: content[name] for name in SUSPICION if name in content}
    if SUSPECTS in told:
        told[SUSPECTS] = [
            {"id": each["id"], "href": f"{collection}/{quote(each['id'], safe='')}", **each} for each in told[SUSPECTS]
        ]
    return told


def receives_suspicions(principal: Principal, restriction: Restriction | None) -> bool:
    """Whether a principal with this restriction on a resource is told of suspected duplicates of it.

    They say that there are others, and what agrees: whoever does not see every document whole would learn what it may
    not, and so would one without the scope of matching.
    """
    return restriction is None and covers(principal.scopes, MATCH)
