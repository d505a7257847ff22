# SPDX-License-Identifier: Apache-2.0
"""Resources as restricted principals see them: whose bodies are, and every way by which one might learn of others'."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from app.domain.events import lower_camel
from app.domain.query.attributes import Attribute
from app.domain.restriction import OwnerPath
from app.resources.resource import Resource
from tests.contract.documents import base_path
from tests.identity_provider import IdentityProvider, bearer
from tests.served import DOCUMENTS, PARTS, RESOURCES
from tests.unit.examples import full_example

Body = dict[str, Any]
Answer = tuple[int, list[tuple[str, str]], str]

DECLARED = {(name, version): part.declared[name] for (_, version), part in PARTS.items() for name in part.resources}
OWNED = [each for each, declared in DECLARED.items() if declared.owners and each in RESOURCES and not declared.process]
"""Resources that parties own, with every operation. Others have tests of their own: test_flow_scope.py,
test_surveys.py."""
SENSITIVE = [(*each, name) for each, declared in DECLARED.items() for name in declared.sensitive]


@dataclass(frozen=True)
class Restricted:
    """A resource in one version, on a server that asks for tokens."""

    name: str
    version: str
    client: httpx.Client
    provider: IdentityProvider

    @property
    def resource(self) -> Resource:
        return RESOURCES[self.name, self.version]

    @property
    def document(self) -> str:
        return next(
            f"{api}-{version}"
            for (api, version), part in PARTS.items()
            if version == self.version and self.name in part.resources
        )

    @property
    def path(self) -> str:
        return f"{base_path(self.document)}/{lower_camel(self.name)}"

    @property
    def owner(self) -> OwnerPath:
        return DECLARED[self.name, self.version].owners[0]

    @property
    def sensitive(self) -> Mapping[str, str]:
        """The attributes that are sensitive, each with the scope that shows it."""
        return DECLARED[self.name, self.version].sensitive

    def body(self, party: str | None = None) -> Body:
        """The body of a create with almost every attribute, of what is that party's."""
        body: Body = json.loads(json.dumps(full_example(DOCUMENTS[self.document], self.name)))
        if party is not None and self.owner.party != ("id",):
            put(body, shown_path(self.resource, self.owner.party), party)
        return body

    def staff(self, method: str, path: str = "", **parts: Any) -> httpx.Response:
        """The answer to somebody who may do all."""
        headers = {**bearer(self.provider.token("*:*")), **parts.pop("headers", {})}
        return self.client.request(method, f"{self.path}{path}", headers=headers, **parts)

    def create(self, party: str | None = None, **more: Any) -> Body:
        """What staff created, of what is that party's."""
        made = self.staff("POST", json={**self.body(party), **more})
        assert made.status_code == 201, made.text
        shown: Body = made.json()
        return shown

    def party_of(self, made: Body) -> str:
        """A party whose it is."""
        found = values_at(made, shown_path(self.resource, self.owner.party))
        return str(next(found))


def shown_path(resource: Resource, stored: tuple[str, ...]) -> tuple[str, ...]:
    """The path in a view of what is at a stored path."""
    for path in _paths(resource.attributes):
        if (path if path == ("id",) else resource.view.path(path)) == stored:
            return path
    raise LookupError(f"{resource.name} does not show {stored}")


def _paths(attribute: Attribute, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield from ((*above, name) for name in attribute.members)
    for name, member in attribute.members.items():
        if len(above) < 3:
            yield from _paths(member, (*above, name))


def put(body: Any, path: tuple[str, ...], value: Any) -> None:
    """Put a value at a path; into each element of an array."""
    for each in body if isinstance(body, list) else [body]:
        if len(path) == 1:
            each[path[0]] = value
        else:
            put(each[path[0]], path[1:], value)


def values_at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    for each in value if isinstance(value, list) else [value]:
        if not path:
            yield each
        elif isinstance(each, Mapping) and path[0] in each:
            yield from values_at(each[path[0]], path[1:])


def leaves(value: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The paths of a document that lead to texts, numbers and booleans, with what is there."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, Mapping):
            for name, inner in each.items():
                yield from leaves(inner, (*above, name))
        else:
            yield above, each


def answer(response: httpx.Response, replacing: Mapping[str, str]) -> Answer:
    """Status, headers and body as one compares them: without what differs between any two answers."""
    headers = sorted(
        (name, value) for name, value in response.headers.items() if name not in ("date", "x-correlation-id")
    )
    text = [response.text, *(value for _, value in headers)]
    for known, stands_for in replacing.items():
        text = [each.replace(known, stands_for) for each in text]
    return response.status_code, [(name, each) for (name, _), each in zip(headers, text[1:], strict=True)], text[0]


def queries(shown: Body) -> Iterator[str]:
    """Queries of a list that would find, count, order or select what a document has: each attribute in some way."""
    yield from ("", "limit=1", "offset=1&limit=1", "limit=1&sort=-id", "fields=id", "filter=" + quote("$[?(@.id)]"))
    for number, (path, value) in enumerate(dict(leaves(shown)).items()):
        name, text = ".".join(path), quote(value if isinstance(value, str) else json.dumps(value), safe="")
        ways = [f"{name}={text}", f"{name}.ne={text}"]
        ways += [f"{name}.regex={quote('^' + value[:2], safe='')}"] if isinstance(value, str) else []
        yield ways[number % len(ways)]
    for number, name in enumerate(shown):
        ways = [
            f"sort={name}",
            f"sort=-{name}",
            f"{name}.exists=true",
            "filter=" + quote(f"$[?(@['{name}'])]", safe=""),
        ]
        yield from (ways[number % len(ways)], f"fields={name}")
