# SPDX-License-Identifier: Apache-2.0
"""The composition root: settings → database → documents → engines → Connexion."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp

from app import logs
from app.access.live_roles import LiveRoles
from app.access.merged_parties import MergedParties
from app.apis import Api
from app.composition.access import access_of, possession, token_verification
from app.composition.api_resources import ApiVersion, api_versions
from app.composition.archive import archive_of
from app.composition.contents import ContentWiring
from app.composition.hubs_and_topics import Wiring
from app.composition.insight import INSIGHT, fact_packer, insight_of
from app.composition.interaction_policies import connect_policies
from app.composition.legal_holds import legal_holds
from app.composition.matching import IDENTITY, matching_of, party_rules
from app.composition.merged_references import mergeable, merged_owner_paths
from app.composition.processes import ProcessWiring
from app.composition.relationships import relationships
from app.composition.resource_access import indexed_owners, mergeable_parties, restricted_collections
from app.composition.retention_schedule import read_schedule
from app.composition.sealing import owner_paths, sealed_payloads
from app.composition.served_apis import served_apis
from app.composition.sources import read_revisions, source_of
from app.composition.surveys import survey_parts, surveys_of
from app.composition.unique_identifiers import unique_identifiers
from app.domain.chains import Chains
from app.domain.rules import Dependent
from app.domain.unique_identifiers import UniqueIdentifiers
from app.events.api_version import ConnectedApiVersion
from app.events.delivery.callback_addresses import allowed_networks
from app.events.entitlement import Entitlements
from app.identity.party_rules import PartyRules
from app.interactions.survey_engine import RestrictedSurveyEngine, SurveyEngine
from app.interactions.surveys import SURVEY
from app.processes.flow_engine import FlowEngine
from app.processes.restricted_flow_engines import RestrictedFlowEngine, RestrictedTaskFlowEngine
from app.processes.task_flow_engine import TaskFlowEngine
from app.resources.archive.absence import Absence
from app.resources.archive.archive import ScheduledArchive
from app.resources.delete_guards import DeleteGuard, HoldGuard, NestedGuard
from app.resources.engine import Engine
from app.resources.history import History
from app.resources.lists.renderings import Renderings
from app.resources.merged_ids import MergedIds
from app.resources.merged_references import MergedReferences
from app.resources.nested_engine import NestedEngine
from app.resources.nested_resource import NestedResource
from app.resources.references import References
from app.resources.resource import Resource
from app.resources.restricted_engine import RestrictedEngine, RestrictedEngines
from app.resources.source_engine import ServerMadeEngine, SourceEngine
from app.resources.task_engine import TaskEngine
from app.resources.uniqueness import Uniqueness, is_nowhere
from app.settings import Settings
from app.spec.expansion import HUB
from app.spec.server_sources import ARCHIVE
from app.storage.documents.acyclic import AcyclicRepository
from app.storage.documents.aliases import Aliases
from app.storage.documents.changes import Changes
from app.storage.documents.history import Past
from app.storage.documents.index_builds import IndexBuilder
from app.storage.documents.known_aliases import KnownAliases
from app.storage.documents.merge_journal import MergeJournal
from app.storage.documents.receipts import Receipts
from app.storage.documents.repository import Repository
from app.storage.documents.rows import DerivedMembers
from app.storage.documents.unique_index import UniqueIndex
from app.storage.erasure import Erasure
from app.storage.event_log.event_log import EventLog
from app.storage.hubs.custom_topics import SOURCES
from app.storage.hubs.registrations import Registrations
from app.storage.interactions.fact_rows import forget_facts
from app.storage.interactions.notices import prepare_notices
from app.storage.mongod.client import connect
from app.storage.mongod.driver import Client
from app.storage.mongod.embedded_mongod import reserve_of
from app.storage.mongod.health import Health
from app.storage.outbox.outbox import Outbox, Source
from app.storage.used_proofs import UsedProofs

if TYPE_CHECKING:
    from app.events.hook import Hook


class Liaison:
    """The composed server: every API with its engines, on one database."""

    def __init__(self, settings: Settings, client: Client, apis: Sequence[Api] | None = None) -> None:
        """Raises `StartError` when a document, a declaration or a lifecycle file is wrong."""
        self.settings = settings
        self.client = client
        self._apis = apis = tuple(served_apis(settings) if apis is None else apis)
        self.database = client[settings.database]
        self._parts = api_versions(settings, apis)
        self.policies = self._parts[0].policies if self._parts else None
        self._log, self._hubs = EventLog(self.database), Registrations(self.database)
        self.payloads = sealed_payloads(settings, self.database, self._parts)
        self.aliases = Aliases(self.database)
        self.known_aliases = KnownAliases(self.aliases)
        self.merged_parties = MergedParties(self.known_aliases, mergeable_parties(self._parts))
        self._renderings = Renderings(settings.lists_megabytes)
        self._receipts = Receipts(self.database, settings.idempotency_hours)
        resources = {name: resource for part in self._parts for name, resource in part.resources.items()}
        self._acyclic = {name: each.acyclic for part in self._parts for name, each in part.declared.items()}
        self._parents = {name: each.parent for name, each in resources.items() if isinstance(each, NestedResource)}
        self.tracked = {name: each for part in self._parts for name, each in part.tracked.items()}
        self.lifecycles = {name: resource.lifecycle for name, resource in resources.items()}
        self._unique = unique_identifiers(settings.unique, self._parts, self.lifecycles)
        self._documents = {name: self._repository(resource) for name, resource in resources.items()}
        self.unique = UniqueIndex(self.database, self._unique, self._is_unique)
        self._by_type = frozenset(name for api in apis if api.referred_by_type for name in api.rules)
        self.legal_holds = legal_holds(self.database, apis, self._parts, self.lifecycles)
        self.contents = ContentWiring(settings, self.database, self._parts, self.legal_holds)
        self.relationships = relationships(self.database, self._parts, self._documents)
        owner_paths_of_merged = merged_owner_paths(apis, self._parts, self.relationships)
        self.merged_references = MergedReferences(
            self.aliases, MergeJournal(self.database), mergeable(self._parts), owner_paths_of_merged
        )
        self.archive = archive_of(
            settings, self.database, apis, self._parts, self._documents, self.legal_holds, self.merged_references
        )
        self.retention = read_schedule(settings.retention, self.lifecycles, apis)
        self.scheduled_archive = ScheduledArchive(self.archive, self.retention) if self.archive else None
        self.indexes = IndexBuilder(self.database, self.declared_indexes, self.states, self.owners)
        self.access = access_of(settings)
        self.roles = LiveRoles(self.access, settings.access)
        self.used_proofs = UsedProofs(self.database)
        self.collections = restricted_collections(self._parts, self._documents, self.access)
        self.entitlements = Entitlements(
            self.roles,
            self.merged_parties,
            self.collections,
            {(name, each.version): each for part in self._parts for name, each in part.resources.items()},
        )
        self.matching = matching_of(settings, self.database, self._parts, self.collections)
        self.insight = insight_of(settings, self.database, resources, self.collections)
        self.processes = ProcessWiring(
            settings,
            self.database,
            self._parts,
            self.collections,
            self.legal_holds,
            self.archive,
            self.erasure,
            self.retention,
            self.merged_references,
            self.relationships,
        )
        self._audience = Wiring(settings, self.database, self._parts, self._receipts, self.entitlements, self.payloads)
        self._hooks: list[Hook] = []
        self.apis = [self._connect(part) for part in self._parts]
        self.surveys = surveys_of(settings, self.apis)

    async def prepare(self) -> None:
        """Create missing indexes; those of large collections in the background, until `release`.

        Safe to do in several processes at once.
        """
        await self.unique.prepare()
        await self.aliases.prepare()
        await self.known_aliases.refresh()
        if self.policies:
            await connect_policies(self.policies, self.database)
            await prepare_notices(self.database, self.tracked)
        if self.insight:
            await self.insight.rows.prepare()
        else:
            await forget_facts(self.database)
        await self.indexes.begin()
        await self._log.prepare()
        await self._audience.prepare()
        await self._hubs.prepare()
        await self._receipts.prepare()
        await self.processes.prepare()
        if self.matching:
            await self.matching.search.prepare()
        await self.contents.prepare()
        if self.archive:
            await self.archive.rows.prepare()
        if self.access.dpop:
            await self.used_proofs.prepare()
        await Outbox(self.database, self.sources()).prepare()

    async def release(self) -> None:
        """Cancel the background tasks of `prepare`, before the client is closed."""
        await self.indexes.stop()
        if self.insight:
            await self.insight.rows.stop()
        await self.processes.release()
        if self.archive:
            await self.archive.close()
        for hook in self._hooks:
            await hook.close()

    def _connect(self, part: ApiVersion) -> ConnectedApiVersion:
        contract = part.contract
        url = self.settings.root_url + contract.base_path
        return ConnectedApiVersion(
            name=contract.api.name,
            number=contract.api.number,
            version=contract.version,
            base_path=contract.base_path,
            url=url,
            document=contract.document,
            engines={name: self._engine(part, resource) for name, resource in part.resources.items()},
            hub=self._audience.hub(part, f"{url}/hub") if HUB in contract.document["paths"] else None,
            topics=self._audience.topics(part, f"{url}/topic"),
            matching=self.matching.asked if self.matching and contract.api.name == IDENTITY else None,
            insight=self.insight if contract.api.name == INSIGHT else None,
        )

    def _engine(self, part: ApiVersion, resource: Resource) -> Engine:
        references = References(
            self.settings.references, resource.addresses, self._documents, self._by_type, self.known_aliases
        )
        history = self._history(resource)
        guards = [*(self._delete_guards(resource.name) if references.on else ()), *self._nested_guards(resource.name)]
        documents = self._documents[resource.name]
        held = HoldGuard(self.legal_holds)
        unique = Uniqueness(resource, self._documents) if resource.name in self._unique else None
        declared, flows = part.declared[resource.name], self.processes.flows
        merged = self._merged_ids(resource) if declared.mergeable else None
        related = self.relationships.get(resource.name)
        parts = documents, references, self._receipts, history, self._renderings, guards, held, unique, merged, related
        engine: Engine
        restricted: type[RestrictedEngine] = RestrictedEngine
        more = dict[str, Any]()
        if isinstance(resource, NestedResource):
            more = {"parents": self._documents[resource.parent]}
            if declared.process and flows:
                more |= {"flows": flows, "database": self.database}
                engine, restricted = TaskFlowEngine(resource, *parts, **more), RestrictedTaskFlowEngine
            else:
                engine = NestedEngine(resource, *parts, **more)
        elif declared.process and flows:
            more = {"flows": flows, "customers": self.processes.customers, "database": self.database}
            engine, restricted = FlowEngine(resource, *parts, **more), RestrictedFlowEngine
        elif declared.source == ARCHIVE:
            engine = ServerMadeEngine(resource, *parts)
        elif declared.source:
            engine = SourceEngine(
                resource, *parts, make=source_of(declared.source, self.access, self.processes.processes)
            )
        elif declared.hook:
            engine = TaskEngine(resource, *parts, compute=self._hook(resource.name, declared.hook).result)
        else:
            kind, restricted, more = self._plain_engine(resource)
            engine = kind(resource, *parts, **more)
        if self.archive and resource.name in self.archive.resources:
            engine.absence = Absence(self.archive, resource.name).error
        engine.contents = self.contents.of(resource.name)
        make = partial(restricted, resource, *parts, collections=self.collections, **more)
        engine.restrictions = RestrictedEngines(self.collections[resource.name].restrictions, make, engine.contents).of
        return engine

    def _plain_engine(self, resource: Resource) -> tuple[type[Engine], type[RestrictedEngine], dict[str, Any]]:
        """The classes of the engine of what nothing computes, and of that for restricted principals, with the parts
        that they need besides."""
        if resource.name != SURVEY:
            return Engine, RestrictedEngine, {}
        more = survey_parts(self.settings, self.database, self.collections, resource.rules)
        return SurveyEngine, RestrictedSurveyEngine, more

    def _merged_ids(self, resource: Resource) -> MergedIds:
        name = resource.name
        return MergedIds(resource, self.aliases, self._documents[name], self.collections[name].visible)

    def _repository(self, resource: Resource) -> Repository:
        unique = self._unique.get(resource.name, UniqueIdentifiers())
        notice = resource.tracking.next_notice if resource.tracking and self.policies else None
        derived = DerivedMembers(resource.lifecycle.field, unique, notice, fact_packer(self.settings, resource))
        parent = self._parents.get(resource.name, "")
        parts = self.database, resource.name, self.settings.query_timeout_ms, derived, parent
        acyclic = [Chains(resource.name, *each) for each in self._acyclic.get(resource.name, {}).items()]
        return AcyclicRepository(*parts, chains=acyclic[0]) if acyclic else Repository(*parts)

    async def _is_unique(self, resource: str, key: str, document: Mapping[str, Any]) -> bool:
        """Whether the identifier of a key counts: it does not, where it is the id of what does not exist here."""
        places = self._unique[resource].places(document)
        identifier = next(each for own, _, each in places if own == key)
        return not await is_nowhere(identifier, document, self._documents)

    def _history(self, resource: Resource) -> History:
        parts = self.database, resource.name, self.settings.query_timeout_ms, self.payloads
        return History(resource, Past(*parts), Changes(*parts))

    def _hook(self, name: str, url: str) -> "Hook":
        # Nobody should wait for an HTTP client who calls none.
        from app.events.hook import Hook

        allowed = allowed_networks(self.settings.callback_networks)
        hook = Hook(name, url, allowed=allowed, timeout_seconds=self.settings.delivery_timeout_seconds)
        self._hooks.append(hook)
        return hook

    def _delete_guards(self, needed: str) -> list[DeleteGuard]:
        return [
            DeleteGuard(Dependent(name, need.path), self._documents[name], self.lifecycles[name])
            for api in self._apis
            for name, rules in api.rules.items()
            for need in rules.needs
            if needed in need.resources
        ]

    def _nested_guards(self, parent: str) -> list[NestedGuard]:
        return [NestedGuard(name, self._documents[name]) for name, each in self._parents.items() if each == parent]

    @property
    def declared_indexes(self) -> dict[str, list[list[str]]]:
        """The indexes that the documents declare, by resource: lists of paths of the stored document."""
        return {name: declaration.indexes for part in self._parts for name, declaration in part.declared.items()}

    @property
    def states(self) -> dict[str, str]:
        """The attributes with states that may be spelt in several ways, by resource."""
        return {
            name: lifecycle.field
            for name, lifecycle in self.lifecycles.items()
            if lifecycle.field and not lifecycle.closed
        }

    @property
    def owners(self) -> dict[str, str]:
        """The path of the stored document that tells a party's documents from others, by resource; where an index can
        have it."""
        return indexed_owners(self._parts)

    def party_rules(self) -> PartyRules:
        """The rules by which parties are matched."""
        return party_rules(self.settings, self._parts)

    def sensitive(self, resource: str) -> dict[str, str]:
        """The first-level attributes of a stored document that are sensitive, or have elements that are, each with
        its scope."""
        restrictions = self.collections[resource].restrictions
        return {**restrictions.sensitive, **{each.attribute: each.scope for each in restrictions.sensitive_elements}}

    def erasure(self) -> Erasure:
        """What erases parties from the log, the outbox, receipts and registrations."""
        return Erasure(self.database, self.sources(), owner_paths(self._parts), self.payloads)

    def sources(self) -> list[Source]:
        """The resources, and kinds of events, whose changes the relay drains."""
        changes = {name: lifecycle.event for name, lifecycle in self.lifecycles.items()}
        ours = [Source(name, api.name, state_change=changes[name]) for api in self._apis for name in api.rules]
        return [*ours, *SOURCES]


def create_app(settings: Settings | None = None, apis: Sequence[Api] | None = None) -> ASGIApp:
    """Compose a server and return its ASGI application. Raises `StartError` for wrong documents and settings."""
    settings = settings or Settings.read()
    logs.configure(settings.log_level)
    return application(Liaison(settings, connect(settings), apis))


def application(liaison: Liaison) -> ASGIApp:
    """The ASGI application of a composed server."""
    # Imported late: relay and commands need no HTTP, and start in half the time without it.
    from app.http.denials import Denials
    from app.http.middleware.disk_full import Disk
    from app.http.middleware.stack import stack

    settings = liaison.settings
    tokens, fresh_keys = token_verification(liaison.access, liaison.roles, liaison.merged_parties)
    bound = possession(liaison.access, settings, liaison.used_proofs)
    health = Health(liaison.client)
    reserve = reserve_of(settings)
    denials = Denials()

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        async with liaison.client, fresh_keys:
            await liaison.prepare()
            await read_revisions(liaison.database, liaison.apis)
            health.begin()
            try:
                with logs.buffered_logging():
                    async with liaison.known_aliases.kept_fresh():
                        yield
            finally:
                denials.flush()
                await liaison.release()

    disk = Disk(reserve, settings.reserved_megabytes) if reserve else None
    ready, surveys = health.database_answers, liaison.surveys
    app: ASGIApp = stack(liaison.apis, settings, ready, lifespan, disk, tokens, denials, bound, surveys)
    return app
