# SPDX-License-Identifier: Apache-2.0
"""Makes a query fail, rather than miss documents, where the database gives up on a regular expression."""

from typing import Any

from app.domain.query.expressions import in_perl
from app.domain.query.paths import is_index
from app.domain.query.predicates import Path

Expression = dict[str, Any]


def regex_guard(path: Path, pattern: str) -> dict[str, Any]:
    """A filter that matches nothing, but makes the query fail where `pattern` is too costly for a text at `path`.

    `$regex` takes such a text for one that does not match, `$regexMatch` raises an error. So this filter is put behind
    the one with `$regex` in an `$or`, and tests what that did not match: every element of arrays, too.
    """
    texts: Any = ["$$ROOT"]
    for name in path:
        texts = texts if is_index(name) else _within(texts, name)
    is_text = {"$eq": [{"$type": "$$text"}, "string"]}
    matches = {"$and": [is_text, {"$regexMatch": {"input": "$$text", "regex": {"$literal": in_perl(pattern)}}}]}
    number = {"$size": {"$filter": {"input": texts, "as": "text", "cond": matches}}}
    return {"$expr": {"$lt": [number, 0]}}


def _within(objects: Any, name: str) -> Expression:
    """The expression of the values of the member `name` of `objects`, with the elements of those that are arrays."""
    member = {"$getField": {"field": {"$literal": name}, "input": "$$this"}}
    value = {"$cond": [{"$eq": [{"$type": "$$this"}, "object"]}, member, None]}
    elements = {"$cond": [{"$isArray": ["$$found"]}, "$$found", ["$$found"]]}
    joined = {"$concatArrays": ["$$value", {"$let": {"vars": {"found": value}, "in": elements}}]}
    return {"$reduce": {"input": objects, "initialValue": [], "in": joined}}
