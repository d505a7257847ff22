# SPDX-License-Identifier: Apache-2.0
"""The matching rules for stored parties: keys, records and comparisons of documents of a resource."""

from collections.abc import Collection, Mapping
from typing import Any

import orjson

from app.identity.matching import Comparison, Record, Rules
from app.identity.matching.record import Value

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

    def keys_of(self, resource: str, document: Mapping[str, Any]) -> tuple[Collection[str], bytes]:
        """The blocking keys of a document of a resource, and its record, encoded."""
        record = self.record(resource, document)
        return self.keys(record), encode_record(record)

    def compare(self, one: Record, other: Record) -> Comparison:
        """What two records are, and why."""
        return self.rules.compare(one, other)


def encode_record(record: Record | None) -> bytes:
    """A record as JSON, without what an attribute has no value of; empty for none."""
    if record is None:
        return b""
    values = {name: [tuple(value) for value in of] for name, of in record.values.items() if of}
    return orjson.dumps([record.resource, values])


def decode_record(encoded: bytes, rules: Rules) -> Record:
    """The record that `encode_record` wrote by the same rules."""
    resource, values = orjson.loads(encoded)
    of_all: dict[str, tuple[Value, ...]] = {each.name: () for each in rules.rule_sets[resource].attributes}
    for name, of in values.items():
        of_all[name] = tuple([Value(text, tuple(tokens), *others) for text, tokens, *others in of])
    return Record(resource, of_all)
