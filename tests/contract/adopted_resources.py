# SPDX-License-Identifier: Apache-2.0
"""A resource of an adopted document on a server, and the requests that everybody makes of one."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

from app.composition.factory import Liaison
from app.domain.dates import with_text_dates
from app.domain.events import lower_camel
from app.settings import Settings
from app.spec.nesting import PARENT, collection_path, parent_parameter
from app.spec.operations import operations
from app.spec.schemas import Schemas
from app.storage.mongod.client import connect
from app.transfer.selection import engine_of
from tests.adopted_apis import AdoptedApi
from tests.drawn_bodies import Bodies

Document = dict[str, Any]
SCALARS = ("string", "integer", "number", "boolean", "date-time")


@dataclass(frozen=True)
class AdoptedServer:
    """A server of some adopted documents, and a client of it."""

    settings: Settings
    client: httpx.Client

    def resources(self, adopted: AdoptedApi) -> Iterator["AdoptedResource"]:
        """Those of one of the documents."""
        return (AdoptedResource(name, adopted, self) for name in adopted.adoption.resources)


@dataclass(frozen=True)
class AdoptedResource:
    """One of the resources of a document."""

    name: str
    adopted: AdoptedApi
    server: AdoptedServer

    @property
    def client(self) -> httpx.Client:
        return self.server.client

    @cached_property
    def path(self) -> str:
        """That of its collection; of one within another, that in a new one."""
        below = collection_path(self.name, self.adopted.document["x-tmf-resources"])
        if parent := self.declared.get(PARENT):
            whole = AdoptedResource(parent, self.adopted, self.server)
            below = below.replace(f"{{{parent_parameter(parent)}}}", whole.create(whole.full_body)["id"])
        return self.adopted.base_path + below

    @property
    def declared(self) -> Mapping[str, Any]:
        """What the document declares of it."""
        declared: Mapping[str, Any] = self.adopted.document["x-tmf-resources"][self.name]
        return declared

    @property
    def always(self) -> set[str]:
        """What an answer carries whatever is selected."""
        return (
            {"id", "href"} if self.adopted.version == "v4" else {"id", "href", "@type", "@baseType", "@schemaLocation"}
        )

    def offers(self, operation: str) -> bool:
        return operation in self.declared.get("x-operations", ["list", "create", "retrieve", "patch", "delete"])

    @property
    def is_task(self) -> bool:
        """Whether nothing of it can be read."""
        return not (self.offers("list") or self.offers("retrieve"))

    @property
    def full_body(self) -> Document:
        """A create with all that the document declares."""
        return Bodies(self.adopted.document).full(self._new) | self._shown_class

    @property
    def shapes(self) -> list[Document]:
        """Creates with nothing but what is mandatory, in the shapes that the schema allows."""
        return [body | self._shown_class for body in Bodies(self.adopted.document).shapes(self._new)]

    @property
    def _new(self) -> Mapping[str, Any]:
        return operations(self.adopted.document, self.name).new

    @property
    def _shown_class(self) -> Document:
        """A class that the resource shows, where its schema lists them: that of a create need not."""
        kind = Schemas(self.adopted.document).tree(self.name).members.get("@type")
        return {"@type": kind.terms.terms[0]} if kind and kind.terms else {}

    @cached_property
    def scalars(self) -> dict[str, str]:
        """The kinds of its attributes that hold one value, by name."""
        members = Schemas(self.adopted.document).tree(self.name).members
        return {name: each.kind for name, each in members.items() if each.kind in SCALARS and not each.array}

    def create(self, body: Document) -> Document:
        """What is shown of a new one: by a create, or where clients may not, by an import."""
        if not self.offers("create"):
            within = {"href": f"{self.server.settings.root_url}{self.path}/1"} if PARENT in self.declared else {}
            return asyncio.run(self._imported(body | within))
        answer = self.client.post(self.path, json=body)
        assert answer.status_code == 201, f"{self.name}: {body}: {answer.text}"
        shown: Document = answer.json()
        return shown

    async def _imported(self, body: Document) -> Document:
        settings = self.server.settings
        liaison = Liaison(settings, connect(settings), [self.adopted.api])
        async with liaison.client:
            engine = engine_of(liaison.apis, lower_camel(self.name), self.adopted.version)
            (shown,) = await engine.create_many([body])
        return dict(with_text_dates(shown))

    def find(self, query: str) -> list[Document]:
        """What a list with this query, as it stands in a URL, has on its first page."""
        answer = self.client.get(f"{self.path}?{query}")
        assert answer.status_code in (200, 206), f"{self.name}: {query}: {answer.text}"
        found: list[Document] = answer.json()
        return found

    def ids(self, query: str) -> set[str]:
        return {each["id"] for each in self.find(query)}

    def lacks(self, shown: Any) -> list[str]:
        """What of an answer is not as the published document has it, or not there although the server sets it."""
        unset = {name for name in self.declared.get("x-created", {}) if "." not in name} - shown.keys()
        return [*self.adopted.published_violations(self.name, shown), *sorted(unset)]
