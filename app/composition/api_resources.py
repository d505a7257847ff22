# SPDX-License-Identifier: Apache-2.0
"""The resources of each API version, made from its document, before they are connected to the database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from app.apis import Api
from app.composition.contracts import ApiDocument, api_documents
from app.domain.characteristics import Characteristics
from app.domain.create_defaults import CreateDefaults
from app.domain.identity import Identity
from app.domain.mapping.mapping import VersionMapping
from app.domain.nested_keys import NestedUrl
from app.domain.query.selection import ADDRESS, ALWAYS
from app.domain.reference_addresses import Addresses
from app.domain.rules import Lifecycle
from app.domain.violations import Violation
from app.errors import StartError
from app.interactions.policies import PolicyVersions
from app.interactions.policies_file import read_policies
from app.interactions.tracking import Tracking
from app.resources.nested_resource import NestedResource
from app.resources.resource import Resource
from app.settings import Settings
from app.spec.class_families import foreign_classes
from app.spec.compiling import JsonSchemas
from app.spec.contents import places_of
from app.spec.declarations import Declaration, declarations, refuse_undeclared
from app.spec.extension_checks import ExtensionChecks
from app.spec.namesakes import Side, views_of
from app.spec.operations import operations
from app.spec.process_resources import TASK
from app.spec.registration import load_extensions
from app.spec.schemas import Schemas
from app.spec.validation import Validator

Finding = Callable[[Any], Iterable[Violation]]


@dataclass(frozen=True)
class ApiVersion:
    """A version of an API before it is connected to the database: its document, declarations and resources.

    All versions share the `policies` of interactions; `tracked` are the resources of which promises are made.
    """

    contract: ApiDocument
    declared: Mapping[str, Declaration]
    resources: Mapping[str, Resource]
    policies: PolicyVersions | None = None
    tracked: Mapping[str, Tracking] = field(default_factory=dict)


def api_versions(settings: Settings, apis: Sequence[Api] | None = None) -> list[ApiVersion]:
    """All versions of all APIs. Raises `StartError` for a wrong document or setting."""
    made = _ApiVersions(settings, api_documents(settings, apis))
    versions = [made.version(contract) for contract in made.served]
    _refuse_nested_needs(versions)
    return versions


def _refuse_nested_needs(versions: Sequence[ApiVersion]) -> None:
    """Raise `StartError` for rules by which something needs what its id alone does not tell from others."""
    nested = {name for each in versions for name, declared in each.declared.items() if declared.parent}
    for api in {each.contract.api.name: each.contract.api for each in versions}.values():
        for name, rules in api.rules.items():
            if found := sorted({needed for need in rules.needs for needed in need.resources} & nested):
                told = f"{name} needs {found[0]}, which is within another resource: its id does not tell which it is"
                raise StartError(f"{api.name}: {told}; refer to it by its href, and need nothing of it")


class _ApiVersions:
    """Makes the versions, whose resources depend on each other: by URLs, namesakes, and families of classes."""

    def __init__(self, settings: Settings, served: list[ApiDocument]) -> None:
        self.served = served
        self._direct_moves = settings.direct_moves
        self._open_ends = settings.closed_changes
        collections: dict[str, dict[str, str]] = {}
        for contract in served:
            urls = {name: settings.root_url + path for name, path in contract.collections.items()}
            collections.setdefault(contract.version, {}).update(urls)
        self._addresses = Addresses(settings.root_url, collections)
        extensions = load_extensions(settings.schemas, [contract.document for contract in served])
        self._checks = ExtensionChecks(extensions)
        self._schemas = {
            (each.api.name, each.version): Schemas(
                extensions.extend_attributes(extensions.extend_discriminators(each.document)),
                any_order=each.api.any_order,
            )
            for each in served
        }
        file = settings.interaction_policies
        self._policies = PolicyVersions(read_policies(file)) if file else None
        self._mappings: dict[tuple[str, str], VersionMapping] = {}
        self._foreign: dict[str, frozenset[str]] = {}
        for api in {contract.api.name: contract.api for contract in served}.values():
            for name in api.rules:
                self._see(name, [contract for contract in served if contract.api is api and name in contract.views])

    def _see(self, name: str, having: list[ApiDocument]) -> None:
        """Make the mappings of a resource in all versions that have it, and note its foreign classes."""
        having = sorted(having, key=lambda contract: contract.version == contract.api.version_of_shape(name))
        kept_apart = views_of([self._side(contract, name) for contract in having])
        self._mappings |= {(each.version, name): view for each, view in zip(having, kept_apart, strict=True)}
        self._foreign[name] = foreign_classes((each.document for each in having), name, having[0].api.rules)

    def _side(self, contract: ApiDocument, name: str) -> Side:
        document = self._checks.extensions.extend_discriminators(contract.document)
        return Side(name, document, self._schemas[contract.api.name, contract.version], contract.views[name])

    def version(self, contract: ApiDocument) -> ApiVersion:
        """A version, with its resources."""
        source = f"{contract.api.name}-{contract.version}"
        declared = declarations(contract.document, source)
        stored_as = contract.api.version_of_shape
        stored = {name: each for name, each in declared.items() if stored_as(name) == contract.version}
        document = self._checks.extensions.extend_discriminators(contract.document)
        json_schemas = JsonSchemas(document)
        refuse_undeclared(contract.document, stored, source, json_schemas)
        resources = {
            name: self._resource(name, contract, declared[name], document, json_schemas) for name in contract.views
        }
        tracked = {name: each.tracking for name, each in resources.items() if isinstance(each.tracking, Tracking)}
        return ApiVersion(contract, declared, resources, self._policies, tracked)

    def _resource(
        self,
        name: str,
        contract: ApiDocument,
        declared: Declaration,
        document: Mapping[str, Any],
        json_schemas: JsonSchemas,
    ) -> Resource:
        checks, lifecycle = self._checks, self._lifecycle(name, contract, declared)
        lenient = (lifecycle.shown_field,) if lifecycle.field else ()
        schemas = self._schemas[contract.api.name, contract.version]
        resource_operations = operations(document, name)
        attributes = schemas.tree(name)
        if lifecycle.field:
            attributes = attributes.with_terms(lifecycle.shown_field, lifecycle.vocabulary)
        stored = self._schemas[contract.api.name, contract.api.version_of_shape(name)].tree(name)
        rules = replace(contract.api.rules[name], ranges=tuple(declared.ranges))
        own_ids = "id" in schemas.properties(resource_operations.new)
        also = [*checks.of(name), Characteristics(attributes), lifecycle]
        identity = Identity(name, self._foreign[name], own_ids)
        later: list[Callable[[Any], Iterable[Violation]]] = [
            attributes.violations,
            partial(rules.violations, attributes.with_valid_instants),
        ]
        validator = partial(Validator, document, lenient=lenient, later=later, json_schemas=json_schemas)
        url = self._addresses.collection(contract.version, name)
        make: Callable[..., Resource] = Resource
        if declared.parent:
            make = partial(NestedResource, within_resource=declared.parent, address=NestedUrl(url))
        return make(
            name=name,
            version=contract.version,
            url=url,
            view=self._mappings[contract.version, name],
            addresses=self._addresses,
            attributes=attributes,
            stored=stored,
            new=validator(resource_operations.new, also=[*also, identity]),
            whole=validator(resource_operations.whole, also=also),
            lifecycle=lifecycle,
            rules=rules,
            defaults=CreateDefaults.read(declared.created, stored) if declared.created else None,
            asks=declared.process == TASK,
            matchable=declared.matchable,
            always=ALWAYS if declared.selected is None else ADDRESS.union(declared.selected),
            own_ids=own_ids,
            patch_types=resource_operations.patch_types,
            has_stored_shape=contract.version == contract.api.version_of_shape(name),
            class_digest=checks.digest,
            contents=places_of(declared.content),
            registered=checks.extensions.class_members(),
            track_record=declared.track_record,
            amendable=None if self._open_ends else declared.amendable,
            tracking=self._tracking(name, rules.tracked, lifecycle) if rules.tracked else None,
        )

    def _tracking(self, name: str, tracked: str, lifecycle: Lifecycle) -> Tracking:
        extensions = self._checks.extensions
        types = {tracked, *(each.name for each in extensions if extensions.is_of(each, tracked))}
        return Tracking(self._policies, lifecycle, resource=name, tracked=tracked, types=frozenset(types))

    def _lifecycle(self, name: str, contract: ApiDocument, declared: Declaration) -> Lifecycle:
        """The lifecycle as a version declares it, of the attribute that holds the state in the stored document."""
        lifecycle = declared.lifecycle
        if not lifecycle.field:
            return lifecycle
        if self._direct_moves:
            lifecycle = lifecycle.with_direct_moves()
        stored_as = self._mappings[contract.version, name].path((lifecycle.field,))[0]
        return replace(lifecycle, field=stored_as, shown_as=lifecycle.field)
