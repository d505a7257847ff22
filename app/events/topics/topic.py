# SPDX-License-Identifier: Apache-2.0
"""One topic: the events of an API as one of its versions tells them, and who listens to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain import events
from app.domain.mapping.residue import MEMORY, RESIDUE
from app.errors import NotFound, shorten
from app.events.hub.hub import Hub
from app.events.topics.entries import Entries
from app.events.topics.event_filter import event_filter
from app.resources.lists.pages import ListPage, ListQuery, page_of
from app.storage.documents.counting import Counting
from app.storage.documents.filters import Filter, every, none_of
from app.storage.event_log.event_queries import EventQueries

UNTOLD: Mapping[str, Filter] = {
    version: {"kind": events.ATTRIBUTES, "changed": {"$eq": [private]}}
    for version, private in (("v4", RESIDUE), ("v5", MEMORY))
}
"""By version: the entries of which it has nothing to tell. Neither sees what only the other can express."""


@dataclass(frozen=True)
class Topic:
    """The events of an `api` in a `version`, called `name`, and the `hub` of its listeners; `url` is its own."""

    api: str
    version: str
    name: str
    url: str
    entries: Entries
    hub: Hub
    queries: EventQueries

    @property
    def id(self) -> str:
        """Such as `customer-v5`."""
        return f"{self.api}-{self.version}"

    @property
    def hub_url(self) -> str:
        """The URL of its listeners."""
        return f"{self.url}/hub"

    @property
    def view(self) -> dict[str, Any]:
        """The Topic as TMF688 shows it; its `headerQuery` says which events belong to it."""
        return {
            "id": self.id,
            "href": self.url,
            "name": self.name,
            "headerQuery": f"eventType={','.join(self.entries.specimens)}",
            "@type": "Topic",
        }

    async def find(self, query: ListQuery) -> ListPage:
        """The events of a list (TMF630 part 1, filtering, sorting and paging), else in the order of the log."""
        criteria = every([each for each in (self._own, event_filter(self.entries, query.where)) if each])
        return await page_of(self.entries, criteria, self.queries, query)

    async def get(self, id: str) -> dict[str, Any]:
        """The event with this id. Raises `NotFound`."""
        criteria = every([self._own, {"eventId": {"$eq": id}}])
        items = (await self.queries.find(criteria, 0, 1, counting=Counting.NONE)).items
        if not items:
            raise NotFound(f"There is no event with the id '{shorten(id)}' in the topic {self.id}")
        return self.entries.to_view(items[0].id, items[0].document)

    @property
    def _own(self) -> Filter:
        untold = [none_of([UNTOLD[self.version]])] if self.version in UNTOLD else []
        return every([{"api": self.api}, *untold])
