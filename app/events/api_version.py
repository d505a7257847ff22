# SPDX-License-Identifier: Apache-2.0
"""An API in one version, connected to the database: what HTTP handlers, relay and front page are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.events.hub.hub import Hub
from app.events.topics.topics import Topics
from app.resources.engine import Engine


@dataclass(frozen=True)
class ConnectedApiVersion:
    """`document` is the bundled OpenAPI document with this deployment's paths and lifecycles in it; `url` the
    absolute URL of its `base_path`. It has `topics` if it is TMF688's."""

    name: str
    number: str
    version: str
    base_path: str
    url: str
    document: Mapping[str, Any]
    engines: Mapping[str, Engine]
    hub: Hub
    topics: Topics | None = None

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
