"""Whether a document mentions something: one look at all of it, at a fraction of what it takes to walk it."""

from collections.abc import Mapping
from typing import Any

import orjson


def mention(name: str, beginning: str | None = None) -> bytes:
    """How `mentions` knows a member of that name, or one whose text begins with `beginning`."""
    member = orjson.dumps(name) + b":"
    return member if beginning is None else member + orjson.dumps(beginning)[:-1]


def mentions(document: Mapping[str, Any], *wanted: bytes) -> bool:
    """Whether any of the `wanted` members may be somewhere in `document`; no is certain."""
    # Instants mention nothing, and are slow to spell.
    spelled = orjson.dumps(document, default=bool, option=orjson.OPT_PASSTHROUGH_DATETIME)
    return any(map(spelled.__contains__, wanted))
