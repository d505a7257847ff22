# SPDX-License-Identifier: Apache-2.0
"""Matching: whether two parties are the same, by declared weights and vetoes, and why. Plain functions, no database."""

from app.identity.matching.compare import Comparison
from app.identity.matching.engine import Rules
from app.identity.matching.record import Record
from app.identity.matching.rules_file import load_rules

__all__ = ["Comparison", "Record", "Rules", "load_rules"]
