# SPDX-License-Identifier: Apache-2.0
"""The YAML loader of documents, for what JSON can hold: dates stay text, and a key that stands twice is an error."""

from typing import Any

import yaml
from yaml.constructor import ConstructorError

_TEXT, _MAPPING, _LIST, _MERGE, _DATE = (
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq", "merge", "timestamp")
)


class Loader(yaml.CSafeLoader):
    """As `yaml.CSafeLoader`, whose way to make a text, a mapping or a list takes several times as long."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _DATE]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._made: dict[yaml.Node, Any] = {}

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """The value of a node; what an anchor names and each of its aliases are one object."""
        if node.tag == _TEXT and isinstance(node, yaml.ScalarNode):
            return node.value
        if node in self._made:
            return self._made[node]
        if node.tag == _MAPPING and isinstance(node, yaml.MappingNode):
            mapping = self._made[node] = {}
            mapping.update(self.construct_mapping(node))
            return mapping
        if node.tag == _LIST and isinstance(node, yaml.SequenceNode):
            elements = self._made[node] = []
            elements.extend(map(self.construct_object, node.value))
            return elements
        try:
            return super().construct_object(node, deep=True)
        except (ValueError, LookupError, AttributeError):  # As of `!!int x`, or of 0b_, which looks like a number.
            raise ConstructorError(None, None, f"{node.value!r} is not what it seems to be", node.start_mark) from None

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[Any, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise ConstructorError(None, None, "a mapping should stand where one is said to be", node.start_mark)
        keys = [self.construct_object(key) for key, _ in node.value if key.tag != _MERGE]
        try:
            is_clear = len(set(keys)) == len(keys)
        except TypeError:  # Some key is no text or number.
            return super().construct_mapping(node, deep=True)
        if not is_clear:
            twice = next(key for at, key in enumerate(keys) if key in keys[:at])
            raise ConstructorError(None, None, f"{twice!r} stands twice", node.start_mark)
        if len(keys) < len(node.value):
            self.flatten_mapping(node)
            keys = [self.construct_object(key) for key, _ in node.value]
        return {key: self.construct_object(value) for key, (_, value) in zip(keys, node.value, strict=True)}


def load_yaml(text: str) -> Any:
    """The one document in a YAML text, read by `Loader`. Raises `yaml.YAMLError`."""
    return yaml.load(text, Loader)  # nosec B506 # Loader is a SafeLoader
