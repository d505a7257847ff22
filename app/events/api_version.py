# SPDX-License-Identifier: Apache-2.0
"""An API in one version, connected to the database: what HTTP handlers, relay and front page are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.access.principal import Principal
from app.events.hub.hub import Hub
from app.events.topics.topics import Topics
from app.resources.engine import Engine


class Matcher(Protocol):
    """The interface of what tells who may be the same as a party; see `app.identity.party_match`."""

    async def match(self, body: dict[str, Any], principal: Principal | None) -> dict[str, Any]:
        """The answer to the body of a match."""


class Insight(Protocol):
    """The interface of what tells of interactions; see `app.interactions.insight.insight`."""

    async def answer(self, query: str, principal: Principal | None) -> dict[str, Any]:
        """The answer to an undecoded query string."""


@dataclass(frozen=True)
class ConnectedApiVersion:
    """`document` is the bundled OpenAPI document with this deployment's paths and lifecycles in it; `url` the
    absolute URL of its `base_path`.

    It has a `hub` if its document has one, `topics` if it is TMF688's, `matching` where parties are matched, and
    `insight` where that is offered.
    """

    name: str
    number: str
    version: str
    base_path: str
    url: str
    document: Mapping[str, Any]
    engines: Mapping[str, Engine]
    hub: Hub | None
    topics: Topics | None = None
    matching: Matcher | None = None
    insight: Insight | None = None

    @property
    def key(self) -> str:
        """The name of its document, such as `party-v4`."""
        return f"{self.name}-{self.version}"

    @property
    def title(self) -> str:
        """The title of the API, for people."""
        return str(self.document["info"]["title"])

    @property
    def collections(self) -> dict[str, str]:
        """The URL of each resource's collection, by the resource's name."""
        topics = {"Topic": self.topics.url} if self.topics else {}
        return {name: engine.resource.url for name, engine in self.engines.items()} | topics
