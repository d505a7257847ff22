"""When two JSON values are the same: numbers by value, but true is not 1 and the order of members says nothing."""

from typing import Any


def equal(a: Any, b: Any) -> bool:
    """Whether `a` and `b` are the same JSON value; 1 equals 1.0, true equals only true. Dates compare as instants."""
    if a is b:
        return True
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(value, b[name]) for name, value in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)
