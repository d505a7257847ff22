# SPDX-License-Identifier: Apache-2.0
"""Ownership: whose documents are, by the paths that documents declare (`x-owner`)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain.query.predicates import Path

ID: Path = ("id",)
"""The path of what owns itself, such as a party."""


@dataclass(frozen=True)
class Ownership:
    """The paths in stored documents that lead to the ids of their owners, by resource."""

    paths: Mapping[str, Sequence[Path]] = field(default_factory=dict)

    def owner_paths(self, resource: str) -> list[Path]:
        """The paths of a resource that lead to other documents than the one itself."""
        return [path for path in self.paths.get(resource, ()) if path != ID]

    def owners(self, resource: str, document: Any) -> set[str]:
        """The ids of those to whom a document belongs, apart from itself."""
        return {id for path in self.owner_paths(resource) for id in texts_at(document, path)}

    def attributes(self, resource: str) -> frozenset[str]:
        """The first-level attributes that say whose a document is."""
        return frozenset(path[0] for path in self.owner_paths(resource))

    @property
    def resources(self) -> list[str]:
        """The resources whose documents have owners."""
        return [name for name in self.paths if self.owner_paths(name)]


def texts_at(value: Any, path: Path) -> Iterator[str]:
    """The texts at a path of a document, through arrays, too."""
    return (each for each in _values_at(value, path) if isinstance(each, str))


def objects_at(value: Any, path: Path) -> Iterator[Mapping[str, Any]]:
    """The objects at a path of a document, through arrays, too."""
    return (each for each in _values_at(value, path) if isinstance(each, Mapping))


def _values_at(value: Any, path: Path) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for each in value:
            yield from _values_at(each, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _values_at(value[path[0]], path[1:])
