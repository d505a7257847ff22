# SPDX-License-Identifier: Apache-2.0
"""TM Forum's own documents and samples, where they are at hand: TMF_SPECS names their folder."""

import os
from pathlib import Path

SPECS = Path(os.environ.get("TMF_SPECS") or "no-such-folder").absolute()
"""The folder; it need not be there."""
PUBLISHED = {
    "party-v5": "TMF632-Party_Management-v5.0.0.oas.yaml",
    "customer-v5": "TMF629-Customer_Management-v5.0.1.oas.yaml",
    "party-role-v5": "TMF669-Party_Role_Management-v5.0.0.oas.yaml",
    "party-interaction-v5": "TMF683-Party_Interaction-v5.0.0.oas.yaml",
    "privacy-v5": "TMF644-Privacy-v5.0.0.oas.yaml",
}
"""The files in it that our documents follow."""
