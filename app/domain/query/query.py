# SPDX-License-Identifier: Apache-2.0
"""Parses the query string of a list (TMF630 part 1): filter conditions, and control words such as `sort`."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from app.domain.query.expressions import check
from app.domain.query.operators import Comparison, percent_decode
from app.domain.query.parameters import UNSUPPORTED
from app.domain.query.path_filter import read_filter
from app.domain.query.pieces import groups
from app.domain.query.predicates import Condition, Operator, Path, Predicate, comparisons, either, every
from app.errors import InvalidQuery, NotSupported, shorten

LISTS = ("fields", "sort")
"""Control words that may be repeated: their values are joined."""

CONTROLS = (*LISTS, "offset", "limit", "cursor")
FILTER = "filter"
RESERVED = (*CONTROLS, FILTER, *UNSUPPORTED)

DEEPEST = 64
"""Names in the path of a condition at most: as many as a body has levels; MongoDB's limit is 100."""

MOST_CONDITIONS = 200
"""Conditions of one query at most: the database looks at every document with each of them."""

MOST_VALUES = 1000
"""Values of all conditions of one query at most: a thousand ids fill a page, and the longest URL."""

MOST_EXPRESSIONS = 20
"""Regular expressions of one query at most: each takes time to compile before it takes time to search."""

MOST_FILTERS = 20
"""`filter` parameters of one query at most: parsing a JSONPath takes time, and one can express all conditions."""


@dataclass(frozen=True)
class Query:
    """A parsed query string: the predicate `where`, and the decoded values of the control words."""

    where: Predicate
    controls: Mapping[str, str]


_EVERYTHING = Query(every([]), {})


def parse_query(raw: str, *, also: Collection[str] = ()) -> Query:
    """Parse `raw`, the undecoded query string (TMF630 part 1, attribute filtering; part 6, `filter`).

    `;` ORs groups, `&` ANDs the conditions of a group, `,` ORs values; percent-encoded, each is a character of a
    value. Control words, those of the operation (`also`) included, and `filter` hold for the whole query, wherever
    they stand. Raises `InvalidQuery` for what is not understood and `NotSupported` for control words that are not
    offered.
    """
    if not raw:
        return _EVERYTHING
    reading = _Reading({*RESERVED, *also})
    alternatives = [every(conditions) for pieces in groups(raw) if (conditions := reading.conditions(pieces))]
    where = every([either(each) for each in (alternatives, reading.filters) if each])
    _check(where)
    return Query(where, reading.controls)


class _Reading:
    """The parser of one query: collects control words and filters, and counts conditions against the bounds."""

    def __init__(self, reserved: Collection[str]) -> None:
        self._reserved = reserved
        self.controls: dict[str, str] = {}
        self.filters: list[Predicate] = []

    def conditions(self, pieces: Iterable[str]) -> list[Condition]:
        """The conditions among `pieces`; those for equality of the same attribute become one with all the values."""
        values: dict[tuple[Path, Operator, int], list[str]] = {}
        for number, piece in enumerate(pieces):
            comparison = Comparison.read(piece)
            if comparison.name in self._reserved:
                self._control(comparison)
                continue
            name, operator, texts = comparison.parts()
            key = (_path(name), operator, 0 if operator is Operator.EQ else number)
            values.setdefault(key, []).extend(texts)
        return [_condition(path, operator, texts) for (path, operator, _), texts in values.items()]

    def _control(self, comparison: Comparison) -> None:
        name = comparison.name
        if name in UNSUPPORTED:
            raise NotSupported(f"The query parameter '{name}' is not supported")
        if comparison.literal is None:
            raise InvalidQuery(
                f"'{name}' is a control word: write '{name}=value', or '{name}.gt=value' for an attribute of that name"
            )
        value = percent_decode(comparison.literal)
        if name == FILTER:
            self._filter(value)
        elif name in LISTS:
            self.controls[name] = ",".join(filter(None, (self.controls.get(name), value)))
        elif self.controls.setdefault(name, value) != value:
            raise InvalidQuery(f"'{name}' is given twice with different values; give it once")

    def _filter(self, expression: str) -> None:
        if len(self.filters) == MOST_FILTERS:
            raise InvalidQuery(f"'filter' is given more than {MOST_FILTERS} times; join conditions with '||' in one")
        self.filters.append(read_filter(expression))


def _condition(path: Path, operator: Operator, texts: list[str]) -> Condition:
    if operator is not Operator.EXISTS:
        return Condition(path, operator, tuple(texts))
    if texts not in (["true"], ["false"]):
        shown_path = shorten(".".join(path), 60)
        raise InvalidQuery(f"'{shown_path}.exists' is true or false, not '{shorten(','.join(texts), 60)}'")
    return Condition(path, operator, (texts == ["true"],), typed=True)


def _path(name: str) -> Path:
    path = tuple(name.split("."))
    if len(path) > DEEPEST:
        raise InvalidQuery(f"'{shorten(name, 60)}' leads through more than {DEEPEST} names; no attribute is so deep")
    if "" in path or "\0" in name or any(segment.startswith("$") for segment in path):
        raise InvalidQuery(f"'{shorten(name, 60)}' is not the name of an attribute; write names joined with '.'")
    return path


def _check(where: Predicate) -> None:
    tests = [test for _, test in comparisons(where)]
    values = [value for test in tests if isinstance(test, Condition) for value in test.values]
    if len(tests) > MOST_CONDITIONS or len(values) > MOST_VALUES:
        raise InvalidQuery(
            f"{len(tests)} conditions with {len(values)} values are too many; "
            f"ask for at most {MOST_CONDITIONS} with {MOST_VALUES} at a time"
        )
    searches = [test for test in tests if isinstance(test, Condition) and test.operator is Operator.REGEX]
    patterns = [str(pattern) for test in searches for pattern in test.values]
    if len(patterns) > MOST_EXPRESSIONS:
        raise InvalidQuery(f"{len(patterns)} regular expressions are too many; {MOST_EXPRESSIONS} are allowed")
    for pattern in patterns:
        check(pattern)
