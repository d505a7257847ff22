# SPDX-License-Identifier: Apache-2.0
"""The matching engine: records, blocking keys and comparisons by the rules of one file."""

from collections.abc import Mapping
from typing import Any

from app.identity.matching.blocking import blocking_keys
from app.identity.matching.compare import Comparer, Comparison
from app.identity.matching.extraction import extract_record
from app.identity.matching.record import Record
from app.identity.matching.rules import NO, RuleSet


class Rules:
    """The rules of a file, which its `version` and the SHA-256 `digest` of its canonical content name."""

    def __init__(self, version: str, digest: str, rule_sets: Mapping[str, RuleSet]) -> None:
        self.version, self.digest = version, digest
        self.rule_sets = rule_sets
        self._comparers: dict[str, Comparer] = {}

    def record(self, document: Mapping[str, Any]) -> Record | None:
        """The record of a stored party document; None for one of a class without rules, and for one without values.

        A class of the deployment has the rules of the one that it extends.
        """
        classes = (str(document.get(name)) for name in ("@type", "@baseType"))
        rules = next((self.rule_sets[name] for name in classes if name in self.rule_sets), None)
        record = extract_record(rules, document) if rules else None
        return record if record and any(record.values.values()) else None

    def keys(self, record: Record) -> frozenset[str]:
        """The blocking keys of a record, by which the ones that it is to be compared with are found."""
        return blocking_keys(self.rule_sets[record.resource], record)

    def compare(self, one: Record, other: Record) -> Comparison:
        """What two records are, and why, whichever stands first; those of different classes are never the same."""
        if one.resource != other.resource:
            return Comparison(NO, 0.0, (), ())
        comparer = self._comparers.get(one.resource)
        if comparer is None:  # What compares is loaded when something is compared, not when a server starts.
            comparer = self._comparers[one.resource] = Comparer(self.rule_sets[one.resource])
        return comparer.compare(one, other)
