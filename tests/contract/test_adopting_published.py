# SPDX-License-Identifier: Apache-2.0
"""TM Forum's own documents, where they are at hand: what is adopted of each takes what its own schemas say."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.apis import Api, Version
from app.domain.mapping.mapping import VersionMapping
from app.domain.rules import Rules
from app.settings import Settings
from app.spec.adoption.adopt import Adoption, adopt
from app.spec.adoption.class_names import class_name
from app.spec.bundle import bundle
from app.spec.nesting import PARENT, collection_path, parent_parameter
from app.spec.operations import operations
from app.spec.schemas import Schema, Schemas, component_name
from tests.published import ADOPTED
from tests.serving import free_port, serving

TEXTS = {"date-time": "2024-05-01T10:00:00Z", "uri": "https://example.com/a", "base64": "aGk="}
DEEPEST = 3
"""How deep a body goes that has every attribute; below it has what is mandatory."""

pytestmark = pytest.mark.skipif(not ADOPTED, reason="TMF_SPECS names no folder with TM Forum's documents")


class Bodies:
    """Values that the schemas of a bundled document take."""

    def __init__(self, document: Schema) -> None:
        self._known = Schemas(document)

    def value(self, schema: Schema, depth: int, class_of: str = "") -> Any:
        """A value with every attribute down to the depth of `DEEPEST`."""
        whole: dict[str, Any] = {}
        for part in self._known.parts(schema):
            whole.update(part)
        named = class_name(component_name(schema)) if "$ref" in schema else class_of
        if "enum" in whole:
            return whole["enum"][0]
        if union := whole.get("anyOf") or whole.get("oneOf"):
            return self.value(union[0], depth)
        if whole.get("type") == "array":
            return [self.value(whole["items"], depth + 1)]
        if whole.get("type") == "object" or self._known.properties(schema):
            return self._object(schema, depth, named)
        plain = {"string": TEXTS.get(whole.get("format", ""), "text"), "integer": 1, "number": 1, "boolean": True}
        return plain.get(whole.get("type", ""), "anything")

    def _object(self, schema: Schema, depth: int, named: str) -> dict[str, Any]:
        declared, demanded = self._known.properties(schema), self._known.required_members(schema)
        return dict.fromkeys(demanded - declared.keys(), "undeclared") | {
            name: named if name == "@type" and named else self.value(inner, depth + 1)
            for name, inner in declared.items()
            if name in demanded or (depth < DEEPEST and name not in ("id", "href", "@baseType", "@schemaLocation"))
        }


@pytest.fixture(params=ADOPTED, ids=lambda path: path.name)
def made(request: pytest.FixtureRequest) -> Adoption:
    """What is adopted of a document."""
    return adopt(request.param)


@pytest.fixture
def client(made: Adoption, settings: Settings, clean_database: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a server of nothing but that."""
    (tmp_path / f"{made.name}.yaml").write_text(made.text, encoding="utf-8")
    views = {resource: VersionMapping() for resource in made.resources}
    version = Version(made.name, views, tmp_path)
    api = Api(made.name, "", {made.name[-2:]: version}, {resource: Rules() for resource in made.resources})
    with (
        serving(replace(settings, port=free_port()), (api,)) as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        yield client


def test_what_its_own_schemas_take_is_created_shown_changed_and_deleted(
    made: Adoption, client: httpx.Client, tmp_path: Path
) -> None:
    document = bundle(made.name, tmp_path)
    known, bodies = Schemas(document), Bodies(document)
    for resource in made.resources:
        path = collection_path(resource, document["x-tmf-resources"])
        collection, member = document["paths"][path], document["paths"].get(f"{path}/{{id}}", {})
        url = document["servers"][0]["url"] + path
        if parent := document["x-tmf-resources"][resource].get(PARENT):
            body = bodies.value(operations(document, parent).new, 0)
            within = client.post(url.partition("/{")[0], json=body).json()["id"]
            url = url.replace(f"{{{parent_parameter(parent)}}}", within)
        assert client.get(url).status_code == 200
        if "post" not in collection:
            continue
        answer = client.post(url, json=bodies.value(operations(document, resource).new, 0))
        assert answer.status_code == 201, f"{resource}: {answer.text}"
        shown = answer.json()
        assert known.required_members(operations(document, resource).whole) <= shown.keys()
        assert "get" not in member or client.get(shown["href"]).json() == shown
        if "patch" in member:
            assert client.patch(shown["href"], json={"description": "new"}).status_code == 200
        assert "delete" not in member or client.delete(shown["href"]).status_code == 204
