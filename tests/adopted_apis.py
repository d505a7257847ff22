# SPDX-License-Identifier: Apache-2.0
"""Adopted documents as tests serve them: TM Forum's, where they are at hand, and those that are made up."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import jsonschema_rs

from app.apis import Api, Version
from app.domain.events import lower_camel
from app.domain.mapping.mapping import VersionMapping
from app.domain.rules import Rules
from app.spec.adoption.adopt import Adoption, adopt
from app.spec.adoption.published_document import PublishedDocument
from app.spec.adoption.published_file import read_published
from app.spec.adoption.report import Report
from app.spec.adoption.resources import find_resources
from app.spec.adoption.schema_walk import SchemaNames
from app.spec.bundle import bundle
from tests.adopting import CONTRACT, TICKET
from tests.published import ADOPTED

Document = dict[str, Any]

_FOLDER = tempfile.TemporaryDirectory(prefix="adopted-")
"""Where documents are written; it goes with the process."""


def _made_up(name: str, document: Document) -> Path:
    path = Path(_FOLDER.name) / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


FILES = [_made_up("TMF999-Ticket-v4.0.json", TICKET), _made_up("TMF998-Contract-v5.0.0.json", CONTRACT), *ADOPTED]
"""The published documents that are adopted: two that are made up, and TM Forum's, where they are at hand."""


@dataclass(frozen=True, eq=False)
class AdoptedApi:
    """A published document, what is adopted of it, and that as an API."""

    file: Path
    adoption: Adoption
    api: Api
    document: Document

    @property
    def base_path(self) -> str:
        return str(self.document["servers"][0]["url"])

    @property
    def version(self) -> str:
        return self.adoption.name.rpartition("-")[2]

    def collides_with(self, other: "AdoptedApi") -> bool:
        """Whether no server can have both."""
        collections = [{lower_camel(name).lower() for name in each.adoption.resources} for each in (self, other)]
        same = self.api.name == other.api.name or self.base_path == other.base_path
        return same or not collections[0].isdisjoint(collections[1])

    @cached_property
    def published(self) -> Document:
        """What the file says, but for unions: each may be any of its classes."""
        read: Document = _with_choices(read_published(self.file))
        return read

    @cached_property
    def _shown(self) -> dict[str, str]:
        """The published schema of what is shown of each resource."""
        published = PublishedDocument(read_published(self.file), self.file.name)
        found = find_resources(published, SchemaNames(published), Report())
        place = "/".join(("#", *published.place))
        return {each.name: f"{place}/{each.shown}" for each in found}

    def published_violations(self, resource: str, shown: Any) -> list[str]:
        """What of an answer is not as the published schema of a resource says."""
        return [str(error) for error in self._validator(resource).iter_errors(shown)]

    @cache  # noqa: B019 - there are as many of them as documents.
    def _validator(self, resource: str) -> jsonschema_rs.Draft4Validator:
        whole = {"allOf": [{"$ref": self._shown[resource]}]}
        whole |= {name: self.published[name] for name in ("definitions", "components") if name in self.published}
        return jsonschema_rs.Draft4Validator(whole)


def _with_choices(node: Any) -> Any:
    """A published document in which a union is any of its classes: `@type` says which one, as their schemas overlap."""
    if isinstance(node, list):
        return [_with_choices(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    plain = {name: _with_choices(inner) for name, inner in node.items()}
    return {"anyOf": plain.pop("oneOf"), **plain} if isinstance(plain.get("oneOf"), list) else plain


@cache
def adopted_api(file: Path) -> AdoptedApi:
    """What is adopted of a published document, of which nothing else is known."""
    adoption = adopt(file)
    folder = Path(_FOLDER.name) / file.stem
    folder.mkdir(exist_ok=True)
    (folder / f"{adoption.name}.yaml").write_text(adoption.text, encoding="utf-8")
    name, _, version = adoption.name.rpartition("-")
    views = {resource: VersionMapping() for resource in adoption.resources}
    rules = {resource: Rules() for resource in adoption.resources}
    api = Api(name, "", {version: Version(adoption.name, views, folder)}, rules)
    return AdoptedApi(file, adoption, api, bundle(adoption.name, folder))


@cache
def groups() -> Sequence[Sequence[AdoptedApi]]:
    """All of them, in groups of which one server may have all."""
    made: list[list[AdoptedApi]] = []
    for each in map(adopted_api, FILES):
        fitting = [group for group in made if not any(map(each.collides_with, group))]
        if not fitting:
            made.append([])
        (fitting or made)[-1].append(each)
    return made
