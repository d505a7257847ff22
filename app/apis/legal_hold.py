# SPDX-License-Identifier: Apache-2.0
"""Legal Hold Management, a document of the server's own: what must be kept for the time being, and why."""

from app.apis.api import Api, Version
from app.apis.v5_parts import plain
from app.domain.mapping.native import NativeMapping, NativeType
from app.domain.mapping.steps import Nested
from app.domain.rules import IDENTITY, Demand, Dependence, Rules

HELD = ("Individual", "Organization", "Customer", "PartyRole", "PartyInteraction")
"""What a hold may name; the document lists the same classes."""

LEGAL_HOLD = Api(
    name="legal-hold",
    number="",
    versions={
        "v5": Version(
            "legal-hold-v5",
            {"LegalHold": NativeMapping(NativeType("LegalHold"), Nested("heldEntity", plain("EntityRef")))},
        )
    },
    rules={
        "LegalHold": Rules(
            # Whoever narrowed a hold would release what is no longer named, without a reason.
            fixed=(*IDENTITY, "heldEntity", "reason", "placedBy", "creationDate"),
            demands=(Demand("status", "released", ("statusReason", "releasedBy")),),
            holds=Dependence(("heldEntity", "id"), HELD),
        )
    },
)
