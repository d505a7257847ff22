"""Attribute selection: which attributes of an answer a client asked for (TMF630 part 1, `fields`)."""

from collections.abc import Mapping
from typing import Any

from app.errors import InvalidQuery, shortened

ALWAYS = frozenset({"id", "href", "@type", "@baseType", "@schemaLocation"})
"""Attributes that every answer carries when it has them, whatever was selected."""

Tree = dict[str, "Tree"]
"""A selection: the wanted names, each with those wanted within it; a name without any is wanted whole."""

_NEVER_IN_A_NAME = frozenset("[](){}?*\0")


def parse_fields(fields: str | None) -> Tree | None:
    """The selection as a tree of names; None when everything is wanted. `none` selects nothing more than `ALWAYS`.

    Raises `InvalidQuery` for an empty name and for a JSONPath selector.
    """
    if fields is None or not fields.strip():
        return None
    tree: Tree = {}
    for name in fields.split(","):
        if name.strip() != "none":
            _plant(tree, name.strip())
    return tree


def names(tree: Tree) -> frozenset[str]:
    """The first-level attributes that an answer shows of a selection."""
    return ALWAYS.union(tree)


def selected(document: Mapping[str, Any], tree: Tree) -> dict[str, Any]:
    """`document` with only the attributes of the selection; dots reach into objects and into each of an array.

    Names that the document does not have select nothing, and so does a number for an element of an array.
    """
    return {
        name: _within(value, tree.get(name, {})) for name, value in document.items() if name in tree or name in ALWAYS
    }


def _within(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_within(element, tree) for element in value]
    if isinstance(value, Mapping):
        return {
            name: _within(member, tree.get(name, {}))
            for name, member in value.items()
            if name in tree or name == "@type"
        }
    return value


def _plant(tree: Tree, name: str) -> None:
    *containers, last = name.split(".")
    if any(part[:1] in ("", "$") for part in (*containers, last)) or not _NEVER_IN_A_NAME.isdisjoint(name):
        raise InvalidQuery(
            f"'{shortened(name, 60)}' in 'fields' is no attribute; write names like 'status,channel.name'"
        )
    branch = tree
    for container in containers:
        if branch.get(container) == {}:
            return  # all of it is selected already
        branch = branch.setdefault(container, {})
    branch[last] = {}
