# SPDX-License-Identifier: Apache-2.0
"""Published documents in one form for Swagger 2.0 and OpenAPI 3.0: schemas by name, operations by path."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.media_types import JSON
from app.spec.adoption.report import AdoptionError, Note, pointer
from app.spec.expansion import VERSIONS
from app.spec.operations import PATH_ITEM_METHODS

Node = Mapping[str, Any]

MOST_SCHEMAS = 5000
_DIALECTS = {"swagger": "2.0", "openapi": "3.0"}
_NUMBER = re.compile(r"TMF[\s_-]?(\d{3})(?!\d)")
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_MOST_STEPS = 20
"""References of responses and bodies that may be followed one after the other."""


@dataclass(frozen=True)
class PublishedOperation:
    """The schemas of an operation: of its `body`, and of the resource in its `answer`; None where it has none."""

    body: Node | None
    answer: Node | None


class PublishedDocument:
    """A document of either dialect. Raises `AdoptionError` for anything else."""

    def __init__(self, document: Node, file_name: str) -> None:
        self._document, self._file_name = document, file_name
        dialect = next((name for name in _DIALECTS if name in document), None)
        if dialect is None or not re.fullmatch(rf"{re.escape(_DIALECTS[dialect])}(\.\d+)?", str(document[dialect])):
            reason = f"says {dialect} {str(document[dialect])[:20]}" if dialect else "says neither swagger nor openapi"
            raise AdoptionError(Note("", reason, "Swagger 2.0 or OpenAPI 3.0"))
        self.is_swagger = dialect == "swagger"
        self.place = ("definitions",) if self.is_swagger else ("components", "schemas")
        info = document.get("info")
        self._info: Node = info if isinstance(info, Mapping) else {}
        self.title = _one_line(self._info.get("title")) or "API"
        self.version = _one_line(self._info.get("version"))
        self.major = re.split(r"\D", self.version.lstrip("vV"), maxsplit=1)[0]
        if self.major not in VERSIONS:
            expected = f"a version that begins with {' or '.join(VERSIONS)}"
            raise AdoptionError(Note("#/info/version", f"is {self.version[:40]!r}", expected))
        self.version = self.version.lstrip("vV")
        self.schemas = self._named_schemas()
        self.paths = self._mapping(document.get("paths"))

    @property
    def number(self) -> str:
        """TM Forum's number of the API, such as `TMF669`; empty where nothing says it."""
        texts = [self._info.get("title"), self._info.get("description"), self._file_name]
        # The description of an API may name others, too; the first number is its own.
        numbers = [match[1] for text in texts if isinstance(text, str) and (match := _NUMBER.search(text))]
        return f"TMF{numbers[0]}" if numbers else ""

    @property
    def name(self) -> str:
        """The name of the API in lower camel case, from its title: `partyRoleManagement`."""
        words = [word for word in re.findall(r"[A-Za-z0-9]+", self.title) if word.upper() != "API"]
        name = "".join(word[:1].upper() + word[1:] for word in words).lstrip("0123456789")[:60]
        return name[:1].lower() + name[1:] or "api"

    @property
    def base_path(self) -> str:
        """The path of `basePath`, or of the first server, without a slash at its end; empty where there is none."""
        if self.is_swagger:
            return str(self._document.get("basePath") or "").rstrip("/")
        servers = self._document.get("servers")
        server = servers[0] if isinstance(servers, list) and servers and isinstance(servers[0], Mapping) else {}
        variables = self._mapping(server.get("variables"))

        def default(match: re.Match[str]) -> str:
            return str(self._mapping(variables.get(match[1])).get("default", ""))

        url = _VARIABLE.sub(default, str(server.get("url") or ""))
        return re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*:/*[^/]*|^//[^/]*", "", url).rstrip("/")

    def operations(self, path: str) -> dict[str, PublishedOperation]:
        """The operations of a path by method. Raises `AdoptionError` for references that lead nowhere."""
        item = self._mapping(self.paths[path])
        return {
            method: self._operation(item[method], pointer("paths", path, method))
            for method in PATH_ITEM_METHODS
            if isinstance(item.get(method), Mapping)
        }

    def _operation(self, operation: Node, place: str) -> PublishedOperation:
        responses = self._mapping(operation.get("responses"))
        success = sorted(str(status) for status in responses if str(status).startswith("2"))
        answers = [self._schema(responses[status], f"{place}/responses/{status}") for status in success]
        return PublishedOperation(self._body(operation, place), next((each for each in answers if each), None))

    def _body(self, operation: Node, place: str) -> Node | None:
        if not self.is_swagger:
            return self._schema(operation.get("requestBody"), f"{place}/requestBody")
        parameters = operation.get("parameters")
        for each in parameters if isinstance(parameters, list) else ():
            parameter = self._resolve(each, f"{place}/parameters")
            if parameter.get("in") == "body":
                return self._schema(parameter, f"{place}/parameters")
        return None

    def _schema(self, holder: Any, place: str) -> Node | None:
        """The schema of a body or answer: Swagger 2.0 has one, OpenAPI 3.0 one for each media type."""
        content: Node = self._resolve(holder, place)
        if not self.is_swagger:
            types = self._mapping(content.get("content"))
            plain = {str(name).partition(";")[0].strip().lower(): each for name, each in types.items()}
            content = self._mapping(plain.get(JSON))
        schema = content.get("schema")
        return schema if isinstance(schema, Mapping) else None

    def _resolve(self, node: Any, place: str) -> Node:
        """The target of a reference to a response, a body or a parameter; any other node itself."""
        for _ in range(_MOST_STEPS):
            reference = self._mapping(node).get("$ref")
            if not isinstance(reference, str):
                return self._mapping(node)
            if not reference.startswith("#/"):
                raise AdoptionError(external(place, reference))
            node = self._document
            for key in reference[2:].split("/"):
                node = self._mapping(node).get(key.replace("~1", "/").replace("~0", "~"))
            if node is None:
                raise AdoptionError(dangling(place, reference))
        raise AdoptionError(Note(place, "refers to itself in a circle", "a reference that leads to something"))

    def _named_schemas(self) -> dict[str, Any]:
        node: Any = self._document
        for key in self.place:
            node = self._mapping(node).get(key)
        schemas = self._mapping(node)
        if len(schemas) > MOST_SCHEMAS:
            reason = f"holds {len(schemas)} schemas"
            raise AdoptionError(Note(pointer(*self.place), reason, f"at most {MOST_SCHEMAS}"))
        return dict(schemas)

    @staticmethod
    def _mapping(node: Any) -> Node:
        return node if isinstance(node, Mapping) else {}


def external(place: str, reference: str) -> Note:
    """The note that a reference leads out of the file; its target is never fetched."""
    return Note(place, f"refers to {reference!r}, outside the file: nothing is fetched", "a reference within the file")


def dangling(place: str, reference: str) -> Note:
    """The note that a reference has no target."""
    return Note(place, f"refers to {reference!r}, which is not there", "what it refers to, or no reference")


def _one_line(text: object) -> str:
    return " ".join(str(text or "").split())[:200]
