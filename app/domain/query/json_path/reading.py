# SPDX-License-Identifier: Apache-2.0
"""Parses the JSONPath of a query parameter: malformed JSONPath is 400, an unsupported construct is 501."""

from collections.abc import Callable, Sequence
from typing import NoReturn, TypeVar

from jsonpath.exceptions import JSONPathTypeError
from jsonpath.filter import BaseExpression

from app.domain.query.json_path.filter_grammar import FilterGrammar
from app.domain.query.json_path.grammar import NotOffered
from app.domain.query.json_path.syntax import MALFORMED, is_json_path
from app.errors import InvalidQuery, NotSupported, shorten

LONGEST = 2000
"""Characters of the JSONPath of one parameter at most."""

_GRAMMAR = FilterGrammar()
_Meaning = TypeVar("_Meaning")


def read(parameter: str, text: str, meaning: Callable[[Sequence[BaseExpression]], _Meaning], right: str) -> _Meaning:
    """The `meaning` of the paths in `text`, the value of `parameter`; `right` is a correct example for messages.

    Raises `NotSupported` naming the construct, and `InvalidQuery`.
    """
    if len(text) > LONGEST:
        raise InvalidQuery(f"'{parameter}' has {len(text)} characters; write at most {LONGEST}")
    try:
        return meaning(_GRAMMAR.read(text))
    except NotOffered as construct:
        if not is_json_path(text):
            _refuse_malformed(parameter, text, right)
        raise NotSupported(f"'{shorten(construct, 60)}' is not supported in '{parameter}'") from None
    except JSONPathTypeError:
        single = "note[?(@.author=='John Doe')], $[?(@.status=='validated')] or $[?(length(@.note)>2)]"
        raise _refusal(parameter, text, f"compares what may be more than one value; write {single}") from None
    except MALFORMED:
        _refuse_malformed(parameter, text, right)
    except InvalidQuery as wrong:
        raise InvalidQuery(f"'{parameter}': {wrong.message}") from None


def _refuse_malformed(parameter: str, text: str, right: str) -> NoReturn:
    if text != text.strip() and is_json_path(text.strip()):
        raise _refusal(parameter, text, "has blanks around it; a JSONPath begins and ends without") from None
    raise _refusal(parameter, text, f"is no JSONPath; write one such as {right}") from None


def _refusal(parameter: str, text: str, why: str) -> InvalidQuery:
    return InvalidQuery(f"'{parameter}' '{shorten(text, 60)}' {why}")
