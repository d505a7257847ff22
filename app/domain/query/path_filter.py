# SPDX-License-Identifier: Apache-2.0
"""The `filter` parameter (TMF630 part 6): JSONPath, parsed into a predicate on a resource."""

from collections.abc import Sequence

from jsonpath.filter import BaseExpression

from app.domain.query.json_path.reading import read
from app.domain.query.json_path.translation import Translation
from app.domain.query.predicates import Predicate, either

_RIGHT = "note[?(@.author=='John Doe')], or $[?(@.status=='validated')] for the resource itself"


def read_filter(expression: str) -> Predicate:
    """The predicate of the JSONPath `expression`; of several paths, with commas between them, one has to hold.

    The condition of a path that is a filter, `$[?(…)]`, has to hold on the resource itself. Any other path has to
    select at least one value of it. Raises `NotSupported` naming the construct, and `InvalidQuery`.
    """
    return read("filter", expression, _predicate, _RIGHT)


def _predicate(paths: Sequence[BaseExpression]) -> Predicate:
    translation = Translation()
    return either([translation.of(path) for path in paths])
