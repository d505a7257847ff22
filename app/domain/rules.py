"""What holds for a resource beyond its schema and lifecycle; each API names its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.query.predicates import Path
from app.domain.violations import Violation
from app.errors import InvalidField

Document = dict[str, Any]

IDENTITY = ("id", "href", "@type", "@baseType", "@schemaLocation")
"""Attributes that no resource lets a patch change."""


@dataclass(frozen=True)
class Dependent:
    """Documents of `resource` that name another one at `path` (of the stored document) need it while they live."""

    resource: str
    path: Path


@dataclass(frozen=True)
class Rules:
    """The rules of one resource, on its stored document.

    `complete` fills in what the server owns or defaults on create; `check` raises `InvalidField`; `fixed` are the
    attributes that a patch may not change; `needed_by` forbids a delete while such a document lives; `touched` is the
    attribute that says when the document last changed, if it has one.
    """

    complete: Callable[[Document, datetime], None] = lambda document, at: None
    check: Callable[[Document], None] = lambda document: None
    fixed: tuple[str, ...] = IDENTITY
    needed_by: tuple[Dependent, ...] = ()
    touched: str | None = None

    def violations(self, typed: Callable[[Any], Any], body: Any) -> Iterator[Violation]:
        """What `check` would refuse in a body, once it is `typed`."""
        try:
            self.check(typed(body))
        except InvalidField as wrong:
            place, _, told = wrong.message.partition(" ")
            yield Violation(place, told, rule="rules")

    def touch(self, document: Document, at: datetime) -> None:
        """Note in the document that it changed `at` this moment, where it has an attribute for that."""
        if self.touched:
            document[self.touched] = at

    def untouch(self, before: Document, after: Document) -> None:
        """Let the time of the last change be what it was: a client's own word on it counts for nothing."""
        if self.touched and self.touched in before:
            after[self.touched] = before[self.touched]
        elif self.touched:
            after.pop(self.touched, None)
