"""Puts the parts together: settings → database → documents → engines → Connexion. The place that knows everything."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from connexion.middleware import ConnexionMiddleware
from pymongo import AsyncMongoClient

from app import logs
from app.apis import APIS, Api, Version
from app.engine import Engine, Need
from app.errors import StartError
from app.http.stack import stack
from app.notify.delivery import Delivery
from app.notify.hub import Hub
from app.notify.listener import Terms
from app.notify.relay import Relay
from app.references import References
from app.resource import Resource
from app.served import ServedApi
from app.settings import Settings
from app.spec.bundle import bundle
from app.spec.declarations import Declaration, Overrides, declarations, deployed, read_lifecycles
from app.spec.schemas import Schemas
from app.spec.validation import Validator
from app.storage import indexes
from app.storage.client import connect
from app.storage.event_log import EventLog
from app.storage.health import Health
from app.storage.hubs import Hubs
from app.storage.pending import Pending, Source
from app.storage.repository import Repository, collection_of

Client = AsyncMongoClient[dict[str, Any]]


@dataclass(frozen=True)
class Part:
    """A version of an API before it is connected to the others: its document and its resources."""

    api: Api
    version: str
    base_path: str
    document: dict[str, Any]
    declared: Mapping[str, Declaration]
    resources: Mapping[str, Resource]

    def path_of(self, resource: str) -> str:
        """The path of a resource's collection."""
        return f"{self.base_path}/{collection_of(resource)}"


class Liaison:
    """The composed server: every API with its engines, on one database."""

    def __init__(self, settings: Settings, client: Client) -> None:
        """Raises `StartError` when a document, a declaration or a lifecycle file is wrong."""
        self.settings = settings
        self.client = client
        self.database = client[settings.database]
        self._parts = parts(settings)
        self._log, self._hubs = EventLog(self.database), Hubs(self.database)
        self._documents = {
            name: Repository(self.database, name, settings.query_timeout_ms)
            for part in self._parts
            for name in part.resources
        }
        self.apis = [self._served(part) for part in self._parts]

    async def prepare(self) -> None:
        """Create what is missing of the collections' indexes. Safe to do in several processes at once."""
        declared = {name: said.indexes for part in self._parts for name, said in part.declared.items()}
        await indexes.ensure(self.database, declared)
        await self._log.prepare()
        await self._hubs.prepare()
        await Pending(self.database, self._sources()).prepare()

    def relay(self) -> Relay:
        """The relay of this server's events."""
        terms = Terms(self.settings.delivery_timeout_seconds, self.settings.delivery_retry_hours)
        renderers = {(api.name, api.version): _renderer(api) for api in self.apis}
        return Relay(self.database, self._sources(), Delivery(self.database, renderers, terms))

    def _served(self, part: Part) -> ServedApi:
        attributes = {name: resource.attributes for name, resource in part.resources.items()}
        hub = Hub(api=part.api.name, version=part.version, resources=attributes, hubs=self._hubs, log=self._log)
        return ServedApi(
            name=part.api.name,
            number=part.api.number,
            version=part.version,
            base_path=part.base_path,
            url=self.settings.root_url + part.base_path,
            document=part.document,
            engines={name: self._engine(part, resource) for name, resource in part.resources.items()},
            hub=hub,
        )

    def _engine(self, part: Part, resource: Resource) -> Engine:
        peers = {
            name: peer
            for other in self._parts
            if other.version == part.version
            for name, peer in other.resources.items()
        }
        references = References(self.settings.references, self.settings.root_url, peers, self._documents)
        needs = [
            Need(dependence, self._documents[dependence.resource], peers[dependence.resource])
            for dependence in resource.rules.needed_by
        ]
        return Engine(resource, self._documents[resource.name], references, needs)

    def _sources(self) -> list[Source]:
        names = {name: part.api.name for part in self._parts for name in part.resources}
        return [Source(resource=name, api=api) for name, api in names.items()]


def create_app(settings: Settings | None = None) -> ConnexionMiddleware:
    """The ASGI application. Raises `StartError` for whatever would make it answer wrongly."""
    settings = settings or Settings.read()
    logs.configure(settings.log_level)
    liaison = Liaison(settings, connect(settings))
    health = Health(liaison.client)

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        async with liaison.client:
            await liaison.prepare()
            health.begin()
            yield

    return stack(liaison.apis, settings, health.database_answers, lifespan)


def parts(settings: Settings) -> list[Part]:
    """Every version of every API with this deployment's paths and lifecycles, checked."""
    lifecycles = read_lifecycles(settings.lifecycles)
    paths = _own_paths(settings)
    versions = [(api, name, version) for api in APIS for name, version in api.versions.items()]
    _refuse_unknown("LIAISON_BASE_PATHS", paths, [version.document for _, _, version in versions])
    _refuse_unknown(
        f"LIAISON_LIFECYCLES={settings.lifecycles}", lifecycles, [name for api in APIS for name in api.rules]
    )
    found = [_part(api, name, version, settings, paths, lifecycles) for api, name, version in versions]
    if len({part.base_path for part in found}) < len(found):
        raise StartError("LIAISON_BASE_PATHS gives two APIs the same base path; each needs its own")
    return found


def _part(
    api: Api, name: str, version: Version, settings: Settings, paths: Mapping[str, str], lifecycles: Overrides
) -> Part:
    document = deployed(bundle(version.document), lifecycles)
    base_path = settings.path_prefix.rstrip("/") + paths.get(version.document, document["servers"][0]["url"])
    document["servers"] = [{"url": base_path}]
    declared = declarations(document, version.document)
    url = settings.root_url + base_path
    return Part(
        api,
        name,
        base_path,
        document,
        declared,
        {
            resource: _resource(
                resource, f"{url}/{collection_of(resource)}", api, version, document, declared[resource]
            )
            for resource in version.views
        },
    )


def _resource(
    name: str, url: str, api: Api, version: Version, document: dict[str, Any], declared: Declaration
) -> Resource:
    lenient = (declared.lifecycle.field,)
    return Resource(
        name=name,
        url=url,
        view=version.views[name],
        attributes=Schemas(document).tree(name),
        new=Validator(document, f"{name}_Create", lenient=lenient),
        whole=Validator(document, name, lenient=lenient),
        lifecycle=declared.lifecycle,
        rules=api.rules[name],
        foreign=frozenset(other for each in APIS for other in each.rules if other != name),
    )


def _renderer(api: ServedApi) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def shown(entry: Mapping[str, Any]) -> dict[str, Any]:
        return api.engines[entry["resource"]].resource.shown(entry["resourceId"], entry["document"])

    return shown


def _own_paths(settings: Settings) -> dict[str, str]:
    pairs = [pair.strip().partition("=") for pair in settings.base_paths.split(",") if pair.strip()]
    for document, _, path in pairs:
        if not path.startswith("/") or path.endswith("/"):
            raise StartError(f"LIAISON_BASE_PATHS: '{document}={path}' should be like 'party-v4=/tmf-api/party/v4'")
    return {document: path for document, _, path in pairs}


def _refuse_unknown(place: str, named: Mapping[str, object], known: list[str]) -> None:
    for name in named:
        if name not in known:
            raise StartError(f"{place}: '{name}' is not known; known are {', '.join(known)}")
