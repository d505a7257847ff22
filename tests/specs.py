# SPDX-License-Identifier: Apache-2.0
"""TM Forum's own documents and samples, where they are at hand: TMF_SPECS names their folder."""

import os
from pathlib import Path

SPECS = Path(os.environ.get("TMF_SPECS") or "no-such-folder").absolute()
"""The folder; it need not be there."""
