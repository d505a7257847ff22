# SPDX-License-Identifier: Apache-2.0
"""The parts of a server: what each contract makes of its resources, before they are connected to the database."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.apis import APIS
from app.composition.contracts import ApiDocument, api_documents
from app.domain.characteristics import Characteristics
from app.domain.identity import Identity
from app.domain.mapping.mapping import VersionMapping
from app.domain.query.attributes import Attribute
from app.domain.reference_addresses import Addresses
from app.domain.rules import Lifecycle
from app.domain.violations import Violation
from app.resources.resource import Resource
from app.settings import Settings
from app.spec.declarations import Declaration, declarations
from app.spec.extension_checks import ExtensionChecks
from app.spec.namesakes import Side, views_of
from app.spec.operations import operations
from app.spec.registration import load_extensions
from app.spec.schemas import Schemas
from app.spec.validation import Validator

Finding = Callable[[Any], Iterable[Violation]]


@dataclass(frozen=True)
class ApiVersion:
    """A version of an API before it is connected to the database: its contract, and what that makes of it."""

    contract: ApiDocument
    declared: Mapping[str, Declaration]
    resources: Mapping[str, Resource]


def api_versions(settings: Settings) -> list[ApiVersion]:
    """Every version of every API, checked. Raises `StartError` for what is wrong with a document or a setting."""
    served = api_documents(settings)
    collections: dict[str, dict[str, str]] = {}
    for contract in served:
        urls = {name: settings.root_url + path for name, path in contract.collections.items()}
        collections.setdefault(contract.version, {}).update(urls)
    addresses = Addresses(settings.root_url, collections)
    extensions = load_extensions(settings.schemas, [contract.document for contract in served])
    # The last version of an API is the one whose shape is stored.
    stored = {contract.api.name: Schemas(extensions.extend_attributes(contract.document)) for contract in served}
    checks = ExtensionChecks(extensions)
    views = _views(served, checks)
    return [_part(contract, views, addresses, stored[contract.api.name], checks) for contract in served]


def _views(served: list[ApiDocument], checks: ExtensionChecks) -> dict[tuple[str, str], VersionMapping]:
    """The view of each resource, by document and name, that keeps apart what another version must not see."""
    views: dict[tuple[str, str], VersionMapping] = {}
    for api in {contract.api.name: contract.api for contract in served}.values():
        of_api = [contract for contract in served if contract.api is api]
        for name in api.rules:
            sides = [_side(contract, name, checks) for contract in of_api]
            kept = views_of(sides)
            views.update({(contract.version, name): view for contract, view in zip(of_api, kept, strict=True)})
    return views


def _side(contract: ApiDocument, name: str, checks: ExtensionChecks) -> Side:
    document = checks.extensions.extend_discriminators(contract.document)
    return Side(name, document, Schemas(checks.extensions.extend_attributes(document)), contract.views[name])


def _part(
    contract: ApiDocument,
    views: Mapping[tuple[str, str], VersionMapping],
    addresses: Addresses,
    stored: Schemas,
    checks: ExtensionChecks,
) -> ApiVersion:
    declared = declarations(contract.document, f"{contract.api.name}-{contract.version}")
    resources = {
        name: _resource(
            name,
            contract,
            views[contract.version, name],
            addresses,
            stored.tree(name),
            declared[name].lifecycle,
            checks,
        )
        for name in contract.views
    }
    return ApiVersion(contract, declared, resources)


def _resource(
    name: str,
    contract: ApiDocument,
    view: VersionMapping,
    addresses: Addresses,
    stored: Attribute,
    lifecycle: Lifecycle,
    checks: ExtensionChecks,
) -> Resource:
    document, lenient = checks.extensions.extend_discriminators(contract.document), (lifecycle.field,)
    said, schemas = operations(document, name), Schemas(checks.extensions.extend_attributes(document))
    attributes = schemas.tree(name).with_terms(lifecycle.field, lifecycle.vocabulary)
    rules, own_ids = contract.api.rules[name], "id" in schemas.properties(said.new)
    also = [*checks.of(name), Characteristics(attributes), lifecycle]
    foreign = frozenset(other for api in APIS for other in api.rules if other != name)
    later: list[Callable[[Any], Iterable[Violation]]] = [
        attributes.violations,
        partial(rules.violations, attributes.with_valid_instants),
    ]
    return Resource(
        name=name,
        version=contract.version,
        url=addresses.collection(contract.version, name),
        view=view,
        addresses=addresses,
        attributes=attributes,
        stored=stored,
        new=Validator(document, said.new, lenient=lenient, also=[*also, Identity(name, foreign, own_ids)], later=later),
        whole=Validator(document, said.whole, lenient=lenient, also=also, later=later),
        lifecycle=lifecycle,
        rules=rules,
        own_ids=own_ids,
        patch_types=said.patch_types,
        registered=checks.extensions.class_members(),
    )
