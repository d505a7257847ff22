# SPDX-License-Identifier: Apache-2.0
"""Archive Management, a document of the server's own: what is in the archive. Clients only read it."""

from app.apis.api import Api, Version
from app.apis.v5_parts import plain
from app.domain.mapping.native import NativeMapping, NativeType
from app.domain.mapping.steps import Nested
from app.domain.rules import Rules

_BUNDLE = NativeMapping(
    NativeType("ArchiveBundle"),
    Nested("subject", plain("EntityRef")),
    Nested("engagedParty", plain("PartyRef")),
    Nested("content", plain("BundleContent")),
)

ARCHIVE = Api(
    name="archive",
    number="",
    versions={"v5": Version("archive-v5", {"ArchiveBundle": _BUNDLE})},
    rules={"ArchiveBundle": Rules(registers_bundles=True)},
)
