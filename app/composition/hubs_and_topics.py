# SPDX-License-Identifier: Apache-2.0
"""Wiring of the hubs and topics of a server."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from app.composition.api_resources import ApiVersion
from app.domain.events import KINDS, event_type
from app.events.delivery.callback_addresses import allowed_networks
from app.events.entitlement import Entitlements
from app.events.hub.hub import Hub
from app.events.topics.custom_topics import CustomTopics
from app.events.topics.entries import Entries
from app.events.topics.topic import Topic
from app.events.topics.topics import Topics
from app.resources.resource import Resource
from app.settings import Settings
from app.spec.schemas import PREFIX, Schemas
from app.spec.validation import Validator
from app.storage.documents.receipts import Receipts
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.event_queries import EventQueries
from app.storage.hubs.custom_topics import TOPIC, CustomTopicStore, TopicListeners
from app.storage.hubs.registrations import ALL_APIS, Registrations
from app.storage.hubs.vault import vault
from app.storage.mongod.durable import Database
from app.storage.sealing.sealed_payloads import SealedPayloads

TOPIC_HUBS_LOOK_AS_IN = "v5"
"""The version whose Hub TMF688 shows at a topic: it has `href` and `@type`, which a v4 subscription lacks."""


TOPIC_LISTENER = "Hub"
"""The name in TMF688's document of what is registered at a topic."""


class Wiring:
    """The hubs and topics on one database."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        parts: Sequence[ApiVersion],
        receipts: Receipts,
        entitlements: Entitlements,
        payloads: SealedPayloads | None,
    ) -> None:
        self._parts = parts
        self._sealed = settings.sealing and payloads is not None
        self._entitlements = entitlements
        self._open = settings.open_topics
        self._receipts = receipts
        self._kept = CustomTopicStore(database, settings.query_timeout_ms)
        self._listeners = TopicListeners(database, self._kept)
        self._queries = EventQueries(database, settings.query_timeout_ms, payloads)
        self._hub = partial(
            Hub,
            hubs=Registrations(database),
            log=EventLog(database),
            receipts=receipts,
            allowed=allowed_networks(settings.callback_networks),
            vault=vault(settings.secrets_key),
            entitlements=entitlements,
        )

    async def prepare(self) -> None:
        """Create the indexes that topics and reading their events need."""
        await self._queries.prepare()
        await self._kept.prepare()

    def hub(self, part: ApiVersion, url: str) -> Hub:
        """The hub of an API version at `url`: for its own events, or for those of all APIs in that version."""
        contract = part.contract
        every = contract.api.name == ALL_APIS
        heard = [each for each in self._parts if each.contract.version == contract.version] if every else [part]
        return self._hub(
            api=contract.api.name,
            version=contract.version,
            url=url,
            resources=_resources(heard),
            attributes=Schemas(contract.document).tree(contract.document["paths"]["/hub"]["x-tmf-resource"]),
            others=every and self._open,
        )

    def topics(self, part: ApiVersion, url: str) -> Topics | None:
        """The topics at `url`, if the API of `part` is that of events: one for each version of each other API, and
        those that clients create."""
        if part.contract.api.name != ALL_APIS:
            return None
        declared = Schemas(part.contract.document)
        topics = [self._topic(each, url, declared) for each in self._parts if each.resources]
        custom = self._custom(part, url, declared, topics)
        return Topics(url, topics, custom, declared.tree("Topic"), self._entitlements)

    def _topic(self, part: ApiVersion, topics_url: str, declared: Schemas) -> Topic:
        contract = part.contract
        api, version = contract.api.name, contract.version
        url = f"{topics_url}/{api}-{version}"
        return Topic(
            api=api,
            version=version,
            name=f"{contract.document['info']['title']} {version}",
            url=url,
            entries=Entries(
                url=f"{url}/event", version=version, resources=part.resources, declared=declared.tree("Event")
            ),
            hub=self._hub(
                api=api,
                version=version,
                url=f"{url}/hub",
                resources=part.resources,
                attributes=declared.tree(TOPIC_LISTENER),
                shape=TOPIC_HUBS_LOOK_AS_IN,
            ),
            queries=self._queries,
            absent=contract.api.rules.keys() - part.resources.keys(),
            sealed=self._sealed,
        )

    def _custom(self, part: ApiVersion, url: str, declared: Schemas, topics: Sequence[Topic]) -> CustomTopics:
        event_types = {type for topic in topics for type in topic.entries.specimens}
        return CustomTopics(
            url=url,
            kept=self._kept,
            receipts=self._receipts,
            queries=self._queries,
            hub=partial(
                self._hub,
                hubs=self._listeners,
                version=part.contract.version,
                resources={},
                attributes=declared.tree(TOPIC_LISTENER),
                shape=TOPIC_HUBS_LOOK_AS_IN,
                others=True,
            ),
            rules=_rules(part, "Topic"),
            event_rules=_rules(part, "Event"),
            event=declared.tree("Event"),
            taken={topic.name for topic in topics},
            merged=self._entitlements.merged,
            reserved=event_types | {event_type(TOPIC, kind) for kind in KINDS},
        )


def _rules(part: ApiVersion, name: str) -> Validator:
    """The validator of a body that creates a resource of this name."""
    return Validator(part.contract.document, {"$ref": f"{PREFIX}{name}_Create"})


def _resources(parts: Iterable[ApiVersion]) -> Mapping[str, Resource]:
    return {name: resource for part in parts for name, resource in part.resources.items()}
