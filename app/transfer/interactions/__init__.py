# SPDX-License-Identifier: Apache-2.0
"""Export of interactions as flat tables for business intelligence (BI)."""
