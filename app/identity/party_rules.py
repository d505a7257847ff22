# SPDX-License-Identifier: Apache-2.0
"""The matching rules for stored parties: keys, records and comparisons of documents of a resource."""

from collections.abc import Collection, Mapping
from typing import Any

from app.identity.matching import Comparison, Record, Rules

CLASSES = ("@type", "@baseType")


class PartyRules:
    """The rules, as storage and search need them; the `resources` are those with parties that can be matched.

    A document whose class has no rules is matched as what its resource is.
    """

    def __init__(self, rules: Rules, resources: Collection[str]) -> None:
        self.rules = rules
        self.resources = [name for name in resources if name in rules.rule_sets]
        sources = [
            source
            for rule_set in rules.rule_sets.values()
            for attribute in rule_set.attributes
            for source in (*attribute.sources, *attribute.otherwise)
        ]
        read = {source.parents[0] if source.parents else leaf for source in sources for leaf in source.leaves}
        self.attributes = sorted({*read, *CLASSES})

    @property
    def digest(self) -> str:
        """The digest of the rule file."""
        return self.rules.digest

    def record(self, resource: str, document: Mapping[str, Any]) -> Record | None:
        """The record of a document of a resource; None for one without values that are compared."""
        if not any(document.get(name) in self.rules.rule_sets for name in CLASSES):
            document = {**document, "@type": resource}
        return self.rules.record(document)

    def keys(self, record: Record | None) -> Collection[str]:
        """The blocking keys of a record."""
        return self.rules.keys(record) if record else ()

    def keys_of(self, resource: str, document: Mapping[str, Any]) -> Collection[str]:
        """The blocking keys of a document of a resource."""
        return self.keys(self.record(resource, document))

    def compare(self, one: Record, other: Record) -> Comparison:
        """What two records are, and why."""
        return self.rules.compare(one, other)
