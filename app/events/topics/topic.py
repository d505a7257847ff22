# SPDX-License-Identifier: Apache-2.0
"""A topic (TMF688): the events of an API in one of its versions, and their listeners."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain import events
from app.domain.events import lower_camel
from app.domain.mapping.residue import MEMORY, RESIDUE
from app.errors import NotFound, shorten
from app.events.hub.hub import Hub
from app.events.topics.entries import Entries
from app.events.topics.event_filter import event_filter
from app.events.topics.opened_page import Permits, opened_page, reads_payloads
from app.resources.lists.pages import ListPage, ListQuery, page_of
from app.storage.documents.counting import Counting
from app.storage.documents.filters import Filter, every, none_of
from app.storage.event_log.event_queries import EventQueries

UNTOLD: Mapping[str, Filter] = {
    version: {"kind": events.ATTRIBUTES, "changed": {"$eq": [private]}}
    for version, private in (("v4", RESIDUE), ("v5", MEMORY))
}
"""By version, the filter on entries without a change in it: only what the other version alone shows has changed."""


@dataclass(frozen=True)
class Topic:
    """The topic `name` at `url`: the events of an `api` in a `version`, and the `hub` of its listeners.

    `absent` are the resources that the API has in other versions only: their events are told there.
    With a `scope`, only the entries that match it, and with `permits` only those that it holds for. In a `sealed` log
    entries are searched by their payloads in memory.
    """

    api: str
    version: str
    name: str
    url: str
    entries: Entries
    hub: Hub
    queries: EventQueries
    scope: Filter = field(default_factory=dict)
    absent: Collection[str] = ()
    sealed: bool = False
    permits: Permits | None = None

    @property
    def id(self) -> str:
        """The id of the topic, such as `customer-v5`."""
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

    def announces(self, resources: Iterable[str]) -> bool:
        """Whether there are events of suspected duplicates of one of these resources in it."""
        return any(self.entries.payloads[lower_camel(name)].matchable for name in resources)

    async def find(self, query: ListQuery) -> ListPage:
        """The events of a list (TMF630 part 1, filtering, sorting and paging), else in the order of the log."""
        criteria = every([each for each in (self._own, event_filter(self.entries, query.where)) if each])
        if self.permits or (self.sealed and reads_payloads(self.entries, query)):
            return await opened_page(self.entries, self._own, self.queries, query, self.permits)
        return await page_of(self.entries, criteria, self.queries, query)

    async def get(self, id: str) -> dict[str, Any]:
        """The event with this id. Raises `NotFound`."""
        criteria = every([self._own, {"eventId": {"$eq": id}}])
        items = (await self.queries.find(criteria, 0, 1, counting=Counting.NONE)).items
        if not items or (self.permits and not self.permits(items[0].document)):
            raise NotFound(f"There is no event with the id '{shorten(id)}' in the topic {self.id}")
        return self.entries.to_view(items[0].id, items[0].document)

    @property
    def _own(self) -> Filter:
        untold = [none_of([UNTOLD[self.version]])] if self.version in UNTOLD else []
        absent = [none_of([{"resource": {"$in": sorted(self.absent)}}])] if self.absent else []
        return every([{"api": self.api}, *untold, *absent, *([self.scope] if self.scope else [])])
