# SPDX-License-Identifier: Apache-2.0
"""Reads a published file, JSON or YAML, within bounds, as its content is not trusted.

Values are counted before they are built: a few lines of YAML with aliases can stand for more than there is memory.
"""

import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

import yaml

from app.spec.adoption.report import AdoptionError, Note
from app.spec.yaml_loader import Loader, load_yaml

MOST_BYTES = 20 * 1024 * 1024
MOST_VALUES = 300_000
"""Objects, arrays, texts, numbers and names in a file at most, with aliases of YAML written out."""
MOST_NESTED = 100
"""Levels of nested objects and arrays at most."""

_LONG_NUMBER = re.compile(r"[-+0-9][0-9_:.]{100,}")
_SEPARATORS = re.compile(r"[,:\[{]")


def read_published(path: Path) -> dict[str, Any]:
    """The content of the file, with texts for keys. Raises `AdoptionError` for what is no JSON or YAML, or too much."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as wrong:
        _refuse(f"cannot be read: {wrong.strerror}", "a file that may be read")
    if len(content) > MOST_BYTES:
        _refuse(f"is larger than {MOST_BYTES // 2**20} MB", "a smaller file")
    try:
        text = content.decode("utf-8-sig")
        document = _json(text) if text.lstrip().startswith("{") else _yaml(text)
    except (ValueError, RecursionError, yaml.YAMLError) as wrong:
        _refuse(f"is no JSON or YAML: {' '.join(str(wrong).split())}", "one document as JSON or YAML, in UTF-8")
    if not isinstance(document, dict):
        _refuse("holds no object", "an OpenAPI document")
    plain: dict[str, Any] = _plain(document, 1)
    return plain


def _refuse(why: str, right: str) -> NoReturn:
    raise AdoptionError(Note("", why, right))


def _json(text: str) -> Any:
    if sum(1 for _ in _SEPARATORS.finditer(text)) > 10 * MOST_VALUES:  # An estimate: texts have commas and colons, too.
        _refuse_size()
    document = json.loads(text, object_pairs_hook=_members)
    waiting, total = [document], 0
    while waiting:
        value = waiting.pop()
        total += 2 * len(value) if isinstance(value, dict) else len(value)
        if total > MOST_VALUES:
            _refuse_size()
        inner = value.values() if isinstance(value, dict) else value
        waiting.extend(each for each in inner if isinstance(each, dict | list))
    return document


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        times = Counter(name for name, _ in pairs)
        raise ValueError(f"{times.most_common(1)[0][0]!r} stands twice")
    return members


def _yaml(text: str) -> Any:
    _count(text)
    return load_yaml(text)


def _count(text: str) -> None:
    """Refuse YAML with too many values or levels, before any value is built."""
    extents: dict[str, tuple[int, int]] = {}
    within: list[tuple[str | None, int, int]] = [(None, 0, 0)]
    for event in yaml.parse(text, Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            within.append((event.anchor, 1, 1))
        elif isinstance(event, yaml.ScalarEvent):
            _refuse_long_number(event)
            _grow(within, extents, event.anchor, 1, 0)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in extents:
                _refuse(f"has an alias *{event.anchor} that stands for nothing, or for itself", "YAML without it")
            _grow(within, extents, None, *extents[event.anchor])
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size, height = within.pop()
            _grow(within, extents, anchor, size, height)
        if len(within) > MOST_NESTED + 1:
            _refuse_depth()


def _grow(
    within: list[tuple[str | None, int, int]],
    extents: dict[str, tuple[int, int]],
    anchor: str | None,
    size: int,
    height: int,
) -> None:
    """Add a node of this size and height to the nodes that contain it, and note its extent by its anchor."""
    if anchor:
        extents[anchor] = (size, height)
    name, total, deep = within[-1]
    within[-1] = (name, total + size, max(deep, height + 1))
    if total + size > MOST_VALUES:
        _refuse_size()
    if len(within) - 1 + height > MOST_NESTED:
        _refuse_depth()


def _refuse_long_number(event: yaml.ScalarEvent) -> None:
    # YAML 1.1 takes 1:1:1 for a number of base sixty, and parses a long one in more than quadratic time.
    if event.implicit[0] and _LONG_NUMBER.match(event.value):
        _refuse("has a number of more than 100 digits", "a text in quotes, or a shorter number")


def _refuse_size() -> NoReturn:
    _refuse(f"stands for more than {MOST_VALUES} values", "a smaller document")


def _refuse_depth() -> NoReturn:
    _refuse(f"is nested deeper than {MOST_NESTED} objects and arrays", "a flatter document")


def _plain(value: Any, depth: int) -> Any:
    """The value as JSON, with text for each key."""
    if depth > MOST_NESTED:
        _refuse_depth()
    if isinstance(value, dict):
        return {_key(name): _plain(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, depth + 1) for inner in value]
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return _refuse(f"holds {str(value)[:60]!r}, which JSON does not know", "values of JSON alone")


def _key(name: object) -> str:
    if isinstance(name, bool):
        return str(name).lower()
    return _text(name) if isinstance(name, str) else str(name)


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        _refuse("holds half of a surrogate pair", "text in Unicode")
    return text
