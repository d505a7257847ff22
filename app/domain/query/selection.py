# SPDX-License-Identifier: Apache-2.0
"""Attribute selection (`fields`; TMF630 part 1, and part 6 for JSONPath): parsed, and applied to answers."""

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from app.domain import dates
from app.domain.query.paths import is_index
from app.domain.query.selection_paths import SelectionPath, Work, read_paths
from app.errors import InvalidQuery, shorten

ADDRESS = frozenset({"id", "href"})
"""Attributes that every answer carries, whatever was selected."""
ALWAYS = ADDRESS | {"@type", "@baseType", "@schemaLocation"}
"""Those that it carries when it has them, where the class of an object is mandatory."""

DEEPEST = 64
"""Names in one path at most: as many as a body has levels."""

Tree = dict[str, "Tree"]
"""Selected names, each with the names selected within it; none means all of it. A number selects an array element."""

_PATH = re.compile(r"[\[\](){}?*] | (?:\A|\.)(?:\.|\$|\Z)", re.VERBOSE)
"""Signs of JSONPath: characters that no plain name has, and beginnings that no dotted names have."""

_TOKEN = re.compile(
    r"""'(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | =~\s*/(?:[^/\\]|\\.)*/ | [\[(] | [\])] | , | .""",
    re.VERBOSE | re.DOTALL,
)
"""The tokens that matter for the commas between paths: quoted texts, regular expressions, and brackets."""


class Selection(NamedTuple):
    """A selection of attributes, by names and by JSONPath; some come `always`."""

    tree: Tree
    paths: tuple[SelectionPath, ...] = ()
    always: frozenset[str] = ALWAYS


def parse_fields(fields: str | None, always: frozenset[str] = ALWAYS) -> Selection | None:
    """Parse `fields`; None when it selects everything. `none` selects nothing more than what comes `always`.

    Raises `InvalidQuery` for what is neither a name nor JSONPath, `NotSupported` for JSONPath that is not offered.
    """
    if fields is None or not fields.strip():
        return None
    tree: Tree = {}
    queries: list[str] = []
    for piece in _pieces(fields):
        name = piece.strip()
        if name and _PATH.search(name):
            queries.append(name)
        elif name != "none":
            _plant(tree, name.split("."))
    if not queries:
        return Selection(tree, (), always)
    paths = read_paths(queries)
    return None if any(not path.steps for path in paths) else Selection(tree, paths, always)


def names(selection: Selection) -> frozenset[str]:
    """The names of the first-level attributes of a selection, with those that come always."""
    return selection.always.union(selection.tree, *(path.names for path in selection.paths))


def select(document: Mapping[str, Any], selection: Selection, work: Work | None = None) -> dict[str, Any]:
    """`document` with only the attributes of the selection.

    Dots reach into objects and into each of an array, or into the one that a number tells. Names that the document
    does not have select nothing. Raises `InvalidQuery` when the paths look at more values than are left of `work`.
    """
    tree = _selected_tree(document, selection, work or Work()) if selection.paths else selection.tree
    return {
        name: _within(value, tree.get(name, {}))
        for name, value in document.items()
        if name in tree or name in selection.always
    }


def select_or_whole(document: Mapping[str, Any], selection: Selection) -> Mapping[str, Any]:
    """`document` with the attributes of the selection, or all of it where `select` would raise."""
    try:
        return select(document, selection)
    except InvalidQuery:
        return document


def _selected_tree(document: Mapping[str, Any], selection: Selection, work: Work) -> Tree:
    """The tree of what the names and the paths of the selection select of the document."""
    tree = copy.deepcopy(selection.tree)
    for path in selection.paths:
        if not path.steps:
            return {name: {} for name in document}
        read = {name: dates.with_text_dates(document[name]) for name in path.names if name in document}
        for location in path.locations(read, work):
            _grow(tree, [str(part) for part in location])
    return tree


def _within(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return _elements(value, tree)
    if isinstance(value, Mapping):
        return {
            name: _within(member, tree.get(name, {}))
            for name, member in value.items()
            if name in tree or name == "@type"
        }
    return value


def _elements(array: list[Any], tree: Tree) -> list[Any]:
    """Each element with what names select of it; with numbers and no names, only those elements."""
    if not (any(map(str.isdecimal, tree)) and any(map(is_index, tree))):
        return [_within(element, tree) for element in array]
    of_all = {name: within for name, within in tree.items() if not is_index(name)}
    numbered_elements = ((tree.get(str(index)), element) for index, element in enumerate(array))
    return [
        _within(element, of_all if numbered is None else _union(of_all, numbered))
        for numbered, element in numbered_elements
        if of_all or numbered is not None
    ]


def _union(names: Tree, others: Tree) -> Tree:
    """The union of two selections; empty `names` select nothing, empty `others` everything."""
    if not (names and others):
        return others
    joined = dict(names)
    for name, within in others.items():
        joined[name] = _union(names[name], within) if names.get(name) else ({} if name in names else within)
    return joined


def _pieces(fields: str) -> Iterator[str]:
    """The parts of `fields` between commas that are neither in brackets nor in quotes."""
    if "[" not in fields and "(" not in fields:
        yield from fields.split(",")
        return
    depth = start = at = 0
    while at < len(fields):
        token = _TOKEN.match(fields, at)
        assert token, "any character is a token"
        text = token[0] if depth else fields[at]
        depth += (text in ("[", "(")) - (text in ("]", ")"))
        if text == "," and depth <= 0:
            yield fields[start:at]
            start = at + 1
        at += len(text)
    yield fields[start:]


def _plant(tree: Tree, parts: list[str]) -> None:
    if not all(parts) or any("\0" in part for part in parts):
        raise _no_name(".".join(parts), "is no attribute")
    if len(parts) > DEEPEST:
        raise _no_name(".".join(parts), f"leads through more than {DEEPEST} names")
    _grow(tree, parts)


def _no_name(name: str, why: str) -> InvalidQuery:
    return InvalidQuery(f"'{shorten(name, 60)}' in 'fields' {why}; write names like 'status,channel.name'")


def _grow(tree: Tree, parts: list[str]) -> None:
    *containers, last = parts
    branch = tree
    for container in containers:
        if branch.get(container) == {}:
            return  # The whole value is selected already.
        branch = branch.setdefault(container, {})
    branch[last] = {}
