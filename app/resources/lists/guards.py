# SPDX-License-Identifier: Apache-2.0
"""Guards of costly regular expressions in filters: where the database would miss a text, the query fails."""

from collections.abc import Iterator

from app.domain.query.expressions import is_costly
from app.domain.query.predicates import Condition, Operator, Path, Predicate, comparisons
from app.resources.lists.list_source import ListSource
from app.storage.documents.filters import Filter
from app.storage.documents.regex_guard import regex_guard


def guards(listed: ListSource, predicate: Predicate) -> list[Filter]:
    """The guards to put beside the filter of `predicate`, for each place of a text that it searches."""
    return [regex_guard(place, pattern) for path, pattern in _costly(predicate) for place in _places(listed, path)]


def _costly(predicate: Predicate) -> Iterator[tuple[Path, str]]:
    for path, test in comparisons(predicate):
        if isinstance(test, Condition) and test.operator is Operator.REGEX:
            yield from ((path, str(pattern)) for pattern in test.values if is_costly(str(pattern)))


def _places(listed: ListSource, path: Path) -> list[Path]:
    """All paths in a row where the value at a shown path may be stored."""
    if readings := listed.readings(path):
        return [(*each.holder, *each.source) for each in readings if each.source is not None]
    return [listed.place(path)]
