# SPDX-License-Identifier: Apache-2.0
"""MongoDB filters on stored documents, built from explicit operators only, so that no value is taken for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.nested_keys import nested_key
from app.domain.query.predicates import Condition, Length, Operator, Path
from app.errors import InvalidQuery
from app.storage.documents.comparisons import Operators, comparisons

Filter = dict[str, Any]

NOTHING: Filter = {"$nor": [{}]}
"""The filter that matches no document."""

DOCUMENT: Path = ("document",)
"""The path of the stored document in a row."""

MOST_ELEMENTS = 1000
MOST_CHARACTERS = 65_535
"""The largest count of a repetition that PCRE takes."""


@dataclass(frozen=True)
class Target:
    """The attribute that a test reads: `name` as clients write it, and the `kind` of its stored values.

    `path` begins at the row, or at the array element in which the test is made. `within` is the innermost array that
    the path crosses, `array` whether every value is an array itself.
    """

    name: str
    path: Path
    kind: str
    within: Path = ()
    array: bool = False

    @property
    def field(self) -> str:
        return ".".join(self.path)


def clause(target: Target, condition: Condition) -> Filter:
    """The filter of the resolved `condition` on `target`; in an array on its path any element may satisfy it."""
    met = any_of([_elem_match(target, operators) for operators in comparisons(condition)])
    return none_of([met]) if condition.operator is Operator.NE else met


def length_filter(target: Target, test: Length) -> Filter:
    """The filter that holds where an array at `target` has as many elements, or a text characters, as `test` says.

    Raises `InvalidQuery` for an attribute that has no length, and for a number beyond all reason.
    """
    may_be_array, may_be_text = target.array or target.kind == "any", target.kind in ("string", "any")
    if not (may_be_array or may_be_text):
        raise InvalidQuery(f"'{target.name}' has no length: it is neither an array nor a text")
    filters = _size_filters(target, *_span(test)) if may_be_array else []
    if may_be_text and not target.array:
        # The elements of an array may be texts with a length, too; the test is on the array.
        itself = {"$not": {"$type": "array"}} if may_be_array else {}
        filters += [_elem_match(target, operators | itself) for operators in characters(target.name, test)]
    return none_of(filters) if test.operator is Operator.NE else any_of(filters)


def characters(name: str, test: Length) -> list[Operators]:
    """The alternatives for the number of characters of a text; empty where no text can satisfy the test."""
    least, most = _span(test)
    if least > MOST_CHARACTERS or (most or 0) > MOST_CHARACTERS:
        raise InvalidQuery(f"'{name}': compare the length of a text with at most {MOST_CHARACTERS}")
    return [{"$regex": rf"(?s)\A.{{{least},{'' if most is None else most}}}\z"}] if most is None or most >= 0 else []


def any_of(clauses: Sequence[Filter]) -> Filter:
    """The filter that holds where one of `clauses` does."""
    return clauses[0] if len(clauses) == 1 else {"$or": list(clauses)} if clauses else NOTHING


def none_of(clauses: Sequence[Filter]) -> Filter:
    """The filter that holds where none of `clauses` does."""
    return {"$nor": list(clauses)} if clauses else {}


def every(clauses: Sequence[Filter]) -> Filter:
    """The filter that holds where all of `clauses` do."""
    return {"$and": list(clauses)} if len(clauses) > 1 else dict(*clauses)


def children_filter(parent_id: str) -> Filter:
    """The filter on the resources within the parent with this id: a range of the index on `_id`."""
    first = nested_key(parent_id, "")
    return {"_id": {"$gt": first, "$lt": first[:-1] + chr(ord(first[-1]) + 1)}}


def is_search(criteria: Any) -> bool:
    """Whether a filter, or a part of it, has a client's regular expression (`$regex`)."""
    if isinstance(criteria, dict):
        return "$regex" in criteria or any(map(is_search, criteria.values()))
    return isinstance(criteria, list) and any(map(is_search, criteria))


def field(path: Path) -> str:
    """MongoDB's dotted path, from the row, of a path of the stored document."""
    return ".".join((*DOCUMENT, *path))


def _elem_match(target: Target, operators: Operators) -> Filter:
    """The filter that one element satisfies all operators: without `$elemMatch` two elements could satisfy one each."""
    if len(operators) == 1 or not target.within:
        return {target.field: operators}
    rest = target.path[len(target.within) :]
    return {".".join(target.within): {"$elemMatch": {".".join(rest): operators} if rest else operators}}


def _span(test: Length) -> tuple[int, int | None]:
    """The smallest and the largest number that satisfy `test`; for `NE` those that do not."""
    match test.operator:
        case Operator.GT:
            return max(test.number + 1, 0), None
        case Operator.GTE:
            return max(test.number, 0), None
        case Operator.LT:
            return 0, test.number - 1
        case Operator.LTE:
            return 0, test.number
        case _:
            return max(test.number, 0), test.number


def _size_filters(target: Target, least: int, most: int | None) -> list[Filter]:
    if most is None:
        return [{f"{target.field}.{least - 1}": {"$exists": True}} if least else {target.field: {"$type": "array"}}]
    if most - least > MOST_ELEMENTS:
        raise InvalidQuery(f"'{target.name}': ask for arrays of at most {MOST_ELEMENTS} elements, or for longer ones")
    return [{target.field: {"$size": size}} for size in range(least, most + 1)]
