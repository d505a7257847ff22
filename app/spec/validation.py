# SPDX-License-Identifier: Apache-2.0
"""Validation of request bodies by the schemas of a bundled document, compiled once at start."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from jsonschema_rs import ValidationError

from app.domain import dates
from app.domain.json_values import ABSENT
from app.domain.violations import Finds, Violation, refusal
from app.errors import BadRequest, InvalidField, MissingField
from app.spec.compiling import JsonSchemas, compile_schema
from app.spec.independent_members import required_members
from app.spec.lookalikes import Lookalikes
from app.spec.schema_digest import schema_digest
from app.spec.schemas import Schema
from app.spec.wording import violation

MOST_WEIGHED = 1000
"""Values of a body up to which all violations are collected; of a larger body, which may have very many, the first."""


class Validator:
    """The validator of one schema of a document. Mandatory means present, not null and not blank."""

    def __init__(
        self,
        document: Mapping[str, Any],
        schema: Schema,
        *,
        lenient: tuple[str, ...] = (),
        also: Sequence[Finds] = (),
        later: Sequence[Callable[[Any], Iterable[Violation]]] = (),
        json_schemas: JsonSchemas | None = None,
    ) -> None:
        """`schema` is in `document` or refers to a component of it; `also` are further checks.

        The checks `later` are made elsewhere; here they add to the message when a body is refused anyway.

        `lenient` names first-level attributes whose enum is checked elsewhere (states, by the lifecycle).

        `json_schemas` are those of the document; for one of many validators, the same for all.
        """
        whole = (json_schemas or JsonSchemas(document)).schema(schema, lenient)
        self._compiled = compile_schema(whole)
        self.digest = schema_digest(whole)
        """Tells this schema from others: see `schema_digest`."""
        self._also = also
        self._later = later
        self._lookalikes = Lookalikes(document, schema)
        self._demanded = required_members(whole) if all(finds.concerns is not None for finds in also) else None

    def check(self, body: Mapping[str, Any]) -> None:
        """Raise `MissingField` or `InvalidField`, naming the places as JSON Pointers."""
        if not self._is_valid(body):
            self.refuse(body)

    def refuse(self, body: Mapping[str, Any]) -> None:
        """Raise an error with all violations of a body, one of which is known."""
        self._refuse(body, [*self._violations(body), *self._others(body)], missing=MissingField)

    def violations(self, body: Mapping[str, Any]) -> list[Violation]:
        """Every violation in a body, in the words of a refusal; none when `check` would let it pass."""
        return [] if self._is_valid(body) else list(self._lookalikes.explain(body, self._every(body)))

    def check_change(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Raise `InvalidField` for violations in `after` that `before` does not have; instants in both count as text.

        So what another version of the API left incomplete does not prevent a patch of other members.
        """
        if self._is_valid(dates.with_text_dates(self._bearing(before, after))):
            return
        before, after = dates.with_text_dates(before), dates.with_text_dates(after)
        old = set(self._every(before))
        violations = self._every(after) if old else self._violations(after)
        if new := [each for each in violations if each not in old]:
            old.update(self._others(before))
            others = [each for each in self._others(after) if each not in old]
            self._refuse(after, [*new, *others], missing=InvalidField)

    def _bearing(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Mapping[str, Any]:
        """The members of `after` that can violate the schema where `before` does not: changed and mandatory ones."""
        if self._demanded is None:
            return after
        return {n: value for n, value in after.items() if n in self._demanded or before.get(n, ABSENT) is not value}

    def _is_valid(self, body: Any) -> bool:
        return bool(self._compiled.is_valid(body)) and self._first_finding(body) is None

    def _first_finding(self, body: Any) -> Violation | None:
        """The first violation that the checks beside the schema find in a valid `body`."""
        for finds in self._also:
            if finds.concerns is None or not finds.concerns.isdisjoint(body):
                for each in finds.violations(body):
                    return each
        return None

    def _every(self, body: Any) -> list[Violation]:
        by_schema = [violation(error) for error in self._compiled.iter_errors(body)]
        return by_schema + [each for finds in self._also for each in finds.violations(body)]

    def _others(self, body: Any) -> list[Violation]:
        return [each for find in self._later for each in find(body)]

    def _violations(self, body: Any) -> list[Violation]:
        """Every violation in an invalid body, or only the first in a large one."""
        if not _is_large(body):
            return self._every(body)
        try:
            self._compiled.validate(body)
        except ValidationError as first:
            return [violation(first)]
        first_violation = self._first_finding(body)
        return [] if first_violation is None else [first_violation]

    def _refuse(self, body: Mapping[str, Any], violations: list[Violation], missing: type[BadRequest]) -> None:
        absent = {each.place for each in self._violations(_without_nulls(body)) if each.lacking}
        nulls = [each for each in violations if each.is_null and each.place in absent]
        mandatory = [
            Violation(each.place, "is mandatory and may not be null", each.rule, lacking=True) for each in nulls
        ]
        if every := [*mandatory, *violations]:
            raise refusal(self._lookalikes.explain(body, every), missing)


def _is_large(body: Any) -> bool:
    waiting, weighed = [body], 0
    while waiting and weighed <= MOST_WEIGHED:
        value = waiting.pop()
        weighed += 1
        waiting.extend(value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ())
    return weighed > MOST_WEIGHED


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    return [_without_nulls(element) for element in value] if isinstance(value, list) else value
