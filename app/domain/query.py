"""Reads a TMF630 query string: control words apart from attribute conditions, percent-decoding last."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from app.errors import InvalidQuery, NotSupported, shortened

CONTROLS = ("fields", "offset", "limit")
UNSUPPORTED = ("sort", "filter", "depth", "expand")
OPERATORS = ("gt", "gte", "lt", "lte", "regex", "ne")
DEEPEST = 64
"""Names in the path of a condition at most: as many as a body has levels; the database's own limit is not far above."""

Path = tuple[str, ...]

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class Condition:
    """The attribute at `path` equals one of `values` (in any element, where the path crosses an array)."""

    path: Path
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """The path as the client wrote it."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Query:
    """What a query string asks: `conditions` that must all hold, and the control words."""

    conditions: tuple[Condition, ...]
    controls: Mapping[str, str]


def parse_query(raw: str) -> Query:
    """Read `raw`, the query string as it came over the wire (TMF630 part 1, attribute filtering).

    A comma or a repetition ORs the values of one attribute; `%2C` is a comma within a value. Raises
    `InvalidQuery` for what is not understood and `NotSupported` for control words that are not offered.
    """
    conditions: dict[Path, list[str]] = {}
    controls: dict[str, str] = {}
    for pair in filter(None, raw.split("&")):
        name, values = _pair(pair)
        if name in UNSUPPORTED:
            raise NotSupported(f"The query parameter '{name}' is not supported")
        if name in CONTROLS:
            _control(controls, name, values)
        else:
            conditions.setdefault(_path(name), []).extend(values)
    return Query(tuple(Condition(path, tuple(values)) for path, values in conditions.items()), controls)


def is_index(segment: str) -> bool:
    """Whether a segment of a path addresses an element of an array by its number."""
    return _INDEX.fullmatch(segment) is not None


def _pair(pair: str) -> tuple[str, list[str]]:
    raw_name, equals, raw_value = pair.partition("=")
    name = _decoded(raw_name)
    raw_value = raw_value.removeprefix("=")
    if not equals or name.endswith(("<", ">", "*")) or _decoded(raw_value).startswith("~") or ";" in raw_value:
        raise InvalidQuery(
            f"Only equality is supported: write '{shortened(name.rstrip('<>*'), 60)}=value', "
            "join conditions with '&', and write a semicolon within a value as %3B"
        )
    return name, [_decoded(value) for value in raw_value.split(",")]


def _decoded(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise InvalidQuery(f"'{shortened(text, 60)}' is not percent-encoded UTF-8") from None


def _control(controls: dict[str, str], name: str, values: list[str]) -> None:
    value = ",".join(values)
    if name == "fields":
        controls[name] = ",".join(filter(None, (controls.get(name, ""), value)))
    elif controls.setdefault(name, value) != value:
        raise InvalidQuery(f"'{name}' is given twice with different values; give it once")


def _path(name: str) -> Path:
    path = tuple(name.split("."))
    if len(path) > DEEPEST:
        raise InvalidQuery(f"'{shortened(name, 60)}' leads through more than {DEEPEST} names; no attribute is so deep")
    if path[-1] == "eq" and len(path) > 1:
        path = path[:-1]
    if path[-1] in OPERATORS and len(path) > 1:
        raise InvalidQuery(
            f"The operator '.{path[-1]}' is not supported; "
            f"only equality is: '{shortened(name.rpartition('.')[0], 60)}=value'"
        )
    if "" in path or "\0" in name or any(segment.startswith("$") for segment in path):
        raise InvalidQuery(f"'{shortened(name, 60)}' is not the name of an attribute; write names joined with '.'")
    return path
