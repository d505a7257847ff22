# SPDX-License-Identifier: Apache-2.0
"""Classes of discriminators that a published document does not list.

In Swagger 2.0 a discriminator only names the attribute; its classes are those composed of the schema that has it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.spec.adoption.published_document import PublishedDocument
from app.spec.adoption.report import AdoptionError
from app.spec.adoption.schema_walk import SchemaNames

_VIEW = re.compile(r"_(Create|Update|FVO|MVO|RES)$")


def class_name(schema_name: str) -> str:
    """The class whose view a schema is: `Individual` for `Individual_FVO`."""
    return _VIEW.sub("", schema_name)


def view_suffix(schema_name: str) -> str:
    """The suffix of the view of a class that a schema is, such as `_FVO`; empty for the class as it is shown."""
    found = _VIEW.search(schema_name)
    return found[0] if found else ""


class Subclasses:
    """The subclasses of each schema of a document: the schemas that are composed of it, at any depth."""

    def __init__(self, document: PublishedDocument, names: SchemaNames) -> None:
        self._direct: dict[str, list[str]] = {}
        for name, schema in document.schemas.items():
            for base in _bases(names, schema):
                self._direct.setdefault(base, []).append(name)

    def classes(self, name: str) -> dict[str, str]:
        """The schemas of the same view that are composed of this one, itself first, by the class that each is of."""
        reachable, waiting = {name}, [name]
        while waiting:
            for inner in self._direct.get(waiting.pop(), ()):
                if inner not in reachable:
                    reachable.add(inner)
                    waiting.append(inner)
        others = sorted(each for each in reachable - {name} if view_suffix(each) == view_suffix(name))
        return {class_name(each): each for each in (name, *others)}


def _bases(names: SchemaNames, schema: Any) -> Iterator[str]:
    parts = schema.get("allOf") if isinstance(schema, Mapping) else None
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, Mapping) and isinstance(part.get("$ref"), str):
            try:
                yield names.schema_name(part["$ref"], "")
            except AdoptionError:
                continue  # Reported elsewhere, and only of schemas that resources refer to.
