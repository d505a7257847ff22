# SPDX-License-Identifier: Apache-2.0
"""JSON Patch Query in the notation of TMF630 part 6: finds values by JSONPath."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jsonpath.exceptions import JSONPathError
from jsonpath.segments import JSONPathChildSegment, JSONPathSegment
from jsonpath.selectors import NameSelector

from app.domain.patching.conditions import Location
from app.domain.patching.json_path_grammar import Grammar, nodes
from app.domain.patching.work import Work
from app.domain.query.json_path.grammar import NotOffered, from_root
from app.errors import InvalidQuery


@dataclass(frozen=True)
class JsonPath:
    """The values that the segments of a JSONPath select."""

    segments: Sequence[JSONPathSegment]

    def locations(self, document: Any, work: Work, creating: bool) -> list[Location]:
        """Where the values are; with `creating`, also where only the last name is missing.

        Raises `ValueError` when the path is nested too deeply to be followed.
        """
        name = _last_name(self.segments) if creating else None
        try:
            if name is None:
                return [node.parts for node in nodes(self.segments, document, work)]
            parents = nodes(self.segments[:-1], document, work)
        except (JSONPathError, RecursionError):
            raise ValueError("the JSONPath nests too deeply") from None
        return [(*parent.parts, name) for parent in parents if isinstance(parent.obj, dict)]


def read_json_path(path: str, grammar: Grammar, work: Work) -> JsonPath:
    """Parse the JSONPath `path`; the leading `$.` may be left out.

    Raises `NotOffered` for what is not supported, `ValueError` with what would be right for what cannot be read.
    """
    work.spend(len(path))
    try:
        return JsonPath(grammar.segments(from_root(path)))
    except InvalidQuery as expression:
        raise ValueError(expression.message) from None
    except NotOffered:
        raise
    except (JSONPathError, ArithmeticError, LookupError, ValueError):
        # The library raises the latter three for some texts that are no JSONPath, such as [1e3] and (@.a 5).
        raise ValueError("write a JSONPath, such as $.note[?(@.author=='John Doe')].text") from None


def _last_name(segments: Sequence[JSONPathSegment]) -> str | None:
    last = segments[-1] if segments else None
    if isinstance(last, JSONPathChildSegment) and len(last.selectors) == 1:
        return last.selectors[0].name if isinstance(last.selectors[0], NameSelector) else None
    return None
