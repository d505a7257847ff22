# SPDX-License-Identifier: Apache-2.0
"""An API of one version that exists in tests only: suppliers, as a deployment or a contributor would add them."""

from pathlib import Path

from app.apis import Api, Version
from app.domain.mapping.mapping import VersionMapping
from app.domain.rules import Dependence, Rules

FOLDER = Path(__file__).parent / "contract" / "apis"
TEXT = (FOLDER / "supplier-v4.yaml").read_text(encoding="utf-8")
"""What its document says."""
SUPPLIERS = "/tmf-api/supplierManagement/v4/supplier"
SUPPLIER = Api(
    name="supplier",
    number="",
    versions={"v4": Version("supplier-v4", {"Supplier": VersionMapping()}, FOLDER)},
    rules={"Supplier": Rules(needs=(Dependence(("engagedParty", "id"), ("Organization",)),))},
)
