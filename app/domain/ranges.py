# SPDX-License-Identifier: Apache-2.0
"""Ranges of numbers that depend on the value of another attribute, as a document declares them under `x-ranges`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.domain.violations import Violation, describe_value


class Bounds(NamedTuple):
    """The least and the greatest whole number, both included."""

    minimum: int
    maximum: int


@dataclass(frozen=True)
class ValueRange:
    """The range of the number in `attribute`, by the text in the attribute `by`; another text has no range."""

    attribute: str
    by: str
    bounds: Mapping[str, Bounds]

    def violations(self, document: Any) -> Iterator[Violation]:
        """The violation that the number is out of its range. Only of integers: all else violates the schema."""
        value, bounds = document.get(self.attribute), self.bounds.get(str(document.get(self.by)))
        if bounds and isinstance(value, int) and not bounds.minimum <= value <= bounds.maximum:
            told = f"is {describe_value(value)}; for {self.by} {document[self.by]} it is"
            message = f"{told} a whole number from {bounds.minimum} to {bounds.maximum}"
            yield Violation(f"/{self.attribute}", message, rule="range")
