"""Makes the hubs and topics of a server of its parts: who may listen to what, and read it again."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from app.domain.attributes import Attribute
from app.events.entries import Entries
from app.events.topic import Topic
from app.events.topics import Topics
from app.notify.callbacks import allowed_networks
from app.notify.hub import Hub
from app.parts import Part
from app.resource import Resource
from app.settings import Settings
from app.spec.schemas import Schemas
from app.storage.durable import Database
from app.storage.event_log import EventLog
from app.storage.event_queries import EventQueries
from app.storage.hubs import ALL_APIS, Hubs
from app.storage.idempotency import Receipts
from app.storage.secrets import vault

TOPIC_HUBS_LOOK_AS_IN = "v5"
"""The version whose Hub TMF688 shows at a topic: with an address and a class, which a v4 subscription lacks."""


class Audience:
    """The hubs and topics on one database."""

    def __init__(self, settings: Settings, database: Database, parts: Sequence[Part], receipts: Receipts) -> None:
        self._parts = parts
        self._queries = EventQueries(database, settings.query_timeout_ms)
        self._hub = partial(
            Hub,
            hubs=Hubs(database),
            log=EventLog(database),
            receipts=receipts,
            allowed=allowed_networks(settings.callback_networks),
            vault=vault(settings.secrets_key),
        )

    async def prepare(self) -> None:
        """Create the indexes that reading events needs."""
        await self._queries.prepare()

    def hub(self, part: Part, url: str) -> Hub:
        """The hub of an API version at `url`: for its own events, or for those of all APIs in that version."""
        contract = part.contract
        every = contract.api.name == ALL_APIS
        heard = [each for each in self._parts if each.contract.version == contract.version] if every else [part]
        return self._hub(api=contract.api.name, version=contract.version, url=url, resources=_attributes(heard))

    def topics(self, part: Part, url: str) -> Topics | None:
        """The topics at `url`, if the API of `part` is that of events: one for each version of each other API."""
        if part.contract.api.name != ALL_APIS:
            return None
        declared = Schemas(part.contract.document)
        topics = [self._topic(each, url, declared.tree("Event")) for each in self._parts if each.resources]
        return Topics(url, topics, declared.tree("Topic"), declared.tree("Hub"))

    def _topic(self, part: Part, topics_url: str, event: Attribute) -> Topic:
        contract = part.contract
        api, version = contract.api.name, contract.version
        url = f"{topics_url}/{api}-{version}"
        return Topic(
            api=api,
            version=version,
            name=f"{contract.document['info']['title']} {version}",
            url=url,
            entries=Entries(url=f"{url}/event", version=version, resources=part.resources, declared=event),
            hub=self._hub(
                api=api,
                version=version,
                url=f"{url}/hub",
                resources=_attributes([part]),
                shape=TOPIC_HUBS_LOOK_AS_IN,
            ),
            queries=self._queries,
        )


def _attributes(parts: Iterable[Part]) -> Mapping[str, Attribute]:
    resources: list[tuple[str, Resource]] = [each for part in parts for each in part.resources.items()]
    return {name: resource.attributes for name, resource in resources}
