"""What the JSONPath of the `filter` parameter says of a resource (TMF630 part 6)."""

from jsonpath.exceptions import JSONPathTypeError

from app.domain.filtering.predicates import Predicate, either
from app.domain.json_path.filter_grammar import FilterGrammar
from app.domain.json_path.grammar import NotOffered
from app.domain.json_path.syntax import MALFORMED, is_json_path
from app.domain.json_path.translation import Translation
from app.errors import InvalidQuery, NotSupported, shortened

LONGEST = 2000
"""Characters of a filter at most."""

_GRAMMAR = FilterGrammar()


def read_filter(expression: str) -> Predicate:
    """What the JSONPath `expression` says of a resource; of several paths, with commas between them, one has to hold.

    A path that starts with a filter, `$[?(…)]`, asks that of the resource itself. Any other starts at the resource,
    and has to select at least one value. Raises `NotSupported` naming the construct, and `InvalidQuery`.
    """
    if len(expression) > LONGEST:
        raise InvalidQuery(f"'filter' has {len(expression)} characters; write at most {LONGEST}")
    try:
        translation = Translation()
        return either([translation.of(path) for path in _GRAMMAR.read(expression)])
    except NotOffered as construct:
        if not is_json_path(expression):
            raise _malformed(expression) from None
        raise NotSupported(f"'{shortened(construct, 60)}' is not supported in 'filter'") from None
    except JSONPathTypeError:
        right = "note[?(@.author=='John Doe')], $[?(@.status=='validated')] or $[?(length(@.note)>2)]"
        raise _refusal(expression, f"compares what may be more than one value; write {right}") from None
    except MALFORMED:
        raise _malformed(expression) from None


def _malformed(expression: str) -> InvalidQuery:
    if expression != expression.strip() and is_json_path(expression.strip()):
        return _refusal(expression, "has blanks around it; a JSONPath begins and ends without")
    right = "note[?(@.author=='John Doe')], or $[?(@.status=='validated')] for the resource itself"
    return _refusal(expression, f"is no JSONPath; write one such as {right}")


def _refusal(expression: str, why: str) -> InvalidQuery:
    return InvalidQuery(f"'filter' '{shortened(expression, 60)}' {why}")
