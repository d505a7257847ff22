# SPDX-License-Identifier: Apache-2.0
"""What the JSONPath of the `filter` parameter says of a resource (TMF630 part 6)."""

from collections.abc import Sequence

from jsonpath.filter import BaseExpression

from app.domain.query.json_path.reading import read
from app.domain.query.json_path.translation import Translation
from app.domain.query.predicates import Predicate, either

_RIGHT = "note[?(@.author=='John Doe')], or $[?(@.status=='validated')] for the resource itself"


def read_filter(expression: str) -> Predicate:
    """What the JSONPath `expression` says of a resource; of several paths, with commas between them, one has to hold.

    A path that starts with a filter, `$[?(…)]`, asks that of the resource itself. Any other starts at the resource,
    and has to select at least one value. Raises `NotSupported` naming the construct, and `InvalidQuery`.
    """
    return read("filter", expression, _predicate, _RIGHT)


def _predicate(paths: Sequence[BaseExpression]) -> Predicate:
    translation = Translation()
    return either([translation.of(path) for path in paths])
