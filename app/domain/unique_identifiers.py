# SPDX-License-Identifier: Apache-2.0
"""Unique identifiers (eTOM 1.3.4): what only one document of a resource may have, as keys that compare (`x-unique`)."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from app.domain.ownership import texts_at
from app.domain.query.predicates import Path

_SEPARATORS = re.compile(r"[\W_]+")
_SEPARATOR = "\n"
_COMPARABLE_ASCII = {code: chr(code).lower() if chr(code).isalnum() else None for code in range(128)}


@dataclass(frozen=True)
class UniqueIdentifier:
    """An identifier called `name`: of each element at the path `holder`, the texts at the paths `parts` together.

    The parts in `needed` must be there; others may be absent, and are then alike in all that lack them. Elements count
    whose members are as in `where`. What has one of the `placeholders` in a needed part identifies nobody. With
    `while_live` it counts until the document is in a final state. With `resolved` it is the id of one of these
    resources, and counts where that exists. It is in force by default, unless it is `optional`.
    """

    name: str
    holder: Path
    parts: tuple[Path, ...]
    needed: tuple[Path, ...] = ()
    where: tuple[tuple[str, Any], ...] = ()
    placeholders: tuple[str, ...] = ()
    while_live: bool = False
    resolved: tuple[str, ...] = ()
    optional: bool = False

    def keys(self, document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The keys of a stored document, each with the JSON Pointer of the element that has it."""
        if self.holder and self.holder[0] not in document:
            return
        for pointer, element in _elements(document, self.holder):
            if isinstance(element, Mapping) and all(element.get(name) == value for name, value in self.where):
                texts = {path: comparable(_first_text(element, path)) for path in self.parts}
                if all(texts[path] for path in self.needed) and self._identifies(texts):
                    yield f"{self.name}:{_digest(texts.values())}", pointer or f"/{self.parts[0][0]}"

    def _identifies(self, texts: Mapping[Path, str]) -> bool:
        return not any(texts[path] in self.placeholders for path in self.needed)

    def ids(self, document: Mapping[str, Any]) -> set[str]:
        """The ids in a stored document that have to exist, where the identifier is `resolved`."""
        return set(texts_at(document, (*self.holder, *self.parts[0])))


@dataclass(frozen=True)
class UniqueIdentifiers:
    """The unique identifiers of one resource that are in force; `is_over` tells of a final state."""

    of: tuple[UniqueIdentifier, ...] = ()
    is_over: "IsOver | None" = None

    def __bool__(self) -> bool:
        return bool(self.of)

    @cached_property
    def attributes(self) -> frozenset[str]:
        """The first-level attributes on which the keys depend."""
        paths = {path[0] for each in self.of for path in ((each.holder,) if each.holder else each.parts)}
        return frozenset(paths | ({self.is_over.field} if self.is_over else set()))

    @cached_property
    def digest(self) -> str:
        """Tells these identifiers from others."""
        return _digest([repr(self.of), repr(self.is_over)])

    def keys(self, document: Mapping[str, Any]) -> list[str]:
        """The keys of a stored document, sorted, none twice."""
        return sorted({key for key, _, _ in self.places(document)})

    def places(self, document: Mapping[str, Any]) -> Iterator[tuple[str, str, UniqueIdentifier]]:
        """The keys of a stored document, each with the JSON Pointer to what has it, and its declaration."""
        over = self.is_over is not None and self.is_over(document)
        for each in self.of:
            if not (each.while_live and over):
                yield from ((key, pointer, each) for key, pointer in each.keys(document))


@dataclass(frozen=True)
class IsOver:
    """Tells whether a document is in one of the final `states`, in lower case, of its `field`."""

    field: str
    states: tuple[str, ...]

    def __call__(self, document: Mapping[str, Any]) -> bool:
        return str(document.get(self.field, "")).lower() in self.states


def _elements(value: Any, path: Path, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """What is at a path, through arrays, too, with the JSON Pointer of each."""
    if isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _elements(each, path, f"{pointer}/{index}")
    elif not path:
        yield pointer, value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _elements(value[path[0]], path[1:], f"{pointer}/{path[0]}")


def _first_text(value: Any, path: Path) -> str:
    """The first text at a path, empty where there is none."""
    for number, step in enumerate(path):
        if not isinstance(value, dict):  # Arrays are rare there.
            return next(texts_at(value, path[number:]), "")
        value = value.get(step)
    return value if isinstance(value, str) else next(texts_at(value, ()), "")


def comparable(text: str) -> str:
    """A text as it compares: without case, blanks, punctuation and compatibility forms (Unicode NFKC)."""
    if text.isascii():  # The usual case takes a tenth of the time.
        return text.translate(_COMPARABLE_ASCII)
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).casefold())


def _digest(texts: Iterable[str]) -> str:
    return sha256(_SEPARATOR.join(texts).encode()).hexdigest()[:32]
