# SPDX-License-Identifier: Apache-2.0
"""A resource that an earlier release let grow so large that the log has no room for its change."""

from typing import Any

from bson import encode

from app.domain import dates
from app.domain.identifiers import new_id

LARGEST = 16 * 1024 * 1024
SECRET = "customer-data-that-no-log-line-may-have"


def overgrown(id: str, **document: Any) -> dict[str, Any]:
    """Its row, exactly as large as the database takes it, with a change that waits for the relay."""
    at = dates.now()
    event = {"id": new_id(), "kind": "AttributeValueChange", "changed": ["m16"], "before": {}}
    row: dict[str, Any] = {
        "_id": id,
        "revision": 18,
        "created": at,
        "changed": at,
        "document": {**document, **{f"m{number}": SECRET * 25_000 for number in range(16)}, "m16": ""},
        "pending": [{"revision": 18, "at": at, "correlationId": None, "actor": None, "events": [event]}],
    }
    row["document"]["m16"] = "x" * (LARGEST - len(encode(row)))
    assert len(encode(row)) == LARGEST
    return row
