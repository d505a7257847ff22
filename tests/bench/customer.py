# SPDX-License-Identifier: Apache-2.0
"""The customer that is measured with: TMF629 v4's, about 2 KB of JSON, with almost every attribute."""

import json
from typing import Any

from app.spec.bundle import bundle

CREATED = "Delta Shipping"
"""The name of every customer that a measurement creates."""
CHANGED = "statusReason"
"""The attribute that a patch changes."""

MATCHES = 1000
"""How many of the customers that are there at the start have the same name."""


def body(party: str = "") -> dict[str, Any]:
    """The body of a create: the fullest example of our document, which may engage a `party` of its own."""
    operation = bundle("customer-v4")["paths"]["/customer"]["post"]
    example: dict[str, Any] = operation["requestBody"]["content"]["application/json"]["examples"]["full"]["value"]
    engaged = {**example["engagedParty"], "id": party or example["engagedParty"]["id"]}
    return {**example, "name": CREATED, "engagedParty": engaged}


def encoded(content: Any) -> bytes:
    """As JSON on one line."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def group(place: int) -> str:
    """The name of the customer at this place of those that are there at the start."""
    return f"Group {place // MATCHES}"
