"""Attribute selection: which attributes of an answer a client asked for (TMF630 part 1, `fields`)."""

from collections.abc import Mapping
from typing import Any

from app.errors import InvalidQuery, shortened

ALWAYS = ("id", "href", "@type", "@baseType", "@schemaLocation")
"""Attributes that every answer carries when it has them, whatever was selected."""

Tree = dict[str, "Tree"]


def parse_fields(fields: str | None) -> Tree | None:
    """The selection as a tree of names; None when everything is wanted. `none` selects nothing more than `ALWAYS`.

    Raises `InvalidQuery` for an empty name or a bracket.
    """
    if fields is None or not fields.strip():
        return None
    tree: Tree = {}
    for name in fields.split(","):
        if name.strip() != "none":
            _plant(tree, name.strip())
    return tree


def select(document: Mapping[str, Any], fields: str | None) -> dict[str, Any]:
    """`document` with only the attributes that `fields` names; dots reach into objects and arrays of them."""
    tree = parse_fields(fields)
    return dict(document) if tree is None else selected(document, tree)


def selected(document: Mapping[str, Any], tree: Tree) -> dict[str, Any]:
    """As `select`, for a selection that is parsed already. Unknown names select nothing."""
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
    if "" in (*containers, last) or set(name) & set("[](){}?*"):
        raise InvalidQuery(
            f"'{shortened(name, 60)}' in 'fields' is no attribute; write names like 'status,channel.name'"
        )
    branch = tree
    for container in containers:
        if branch.get(container) == {}:
            return  # all of it is selected already
        branch = branch.setdefault(container, {})
    branch[last] = {}
