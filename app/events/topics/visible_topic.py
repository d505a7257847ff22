# SPDX-License-Identifier: Apache-2.0
"""The part of an API's topic that a principal sees: events about what it may read, without what is hidden from it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from app.access.principal import Principal
from app.domain.events import ATTRIBUTES, DUPLICATE_SUSPECTED, lower_camel
from app.domain.mapping.residue import PRIVATE
from app.domain.restriction import READ, Restriction
from app.events.entitlement import Entitlements
from app.events.suspicions import receives_suspicions
from app.events.topics.entries import Entries
from app.events.topics.topic import Topic
from app.resources.resource import Resource
from app.resources.restricted_resource import RestrictedResource
from app.storage.documents.filters import Filter, any_of, every, none_of
from app.storage.event_log.chain import SEALED

NOTHING: Filter = {"_id": {"$in": []}}


def visible_topic(topic: Topic, principal: Principal, entitlements: Entitlements) -> Topic:
    """The topic as the principal sees it; `topic` itself where that is all."""
    names = [resource.name for resource in topic.entries.payloads.values()]
    restrictions = entitlements.restrictions(principal, names)
    untold = [name for name, each in restrictions.items() if not receives_suspicions(principal, each)]
    if restrictions == dict.fromkeys(names) and not topic.announces(untold):
        return topic
    parties = sorted(principal.parties or ()) if topic.sealed else None
    alternatives = [_filter(name, each, entitlements, parties) for name, each in restrictions.items()]
    scope = any_of(alternatives) if alternatives else NOTHING
    if topic.announces(untold):
        scope = every([scope, none_of([{"resource": {"$in": sorted(untold)}, "kind": DUPLICATE_SUSPECTED}])])
    owned = any(each and each.owned is not None for each in restrictions.values())
    permits = partial(_is_permitted, restrictions) if topic.sealed and owned else None
    # By what is hidden within arrays, the database would find events; what is seen of them is matched in memory.
    sealed = topic.sealed or any(each and each.hidden_elements for each in restrictions.values())
    entries = VisibleEntries(topic.entries, restrictions)
    return replace(topic, entries=entries, scope=scope, permits=permits, sealed=sealed)


def _is_permitted(restrictions: Mapping[str, Restriction | None], entry: Mapping[str, Any]) -> bool:
    """Whether a principal may see an opened entry; one without payload only where it sees all."""
    restriction, document = restrictions[entry["resource"]], entry.get("document")
    if restriction is None or restriction.owned is None:
        return True
    return document is not None and restriction.permits(READ, entry["resourceId"], document)


class VisibleEntries(Entries):
    """The events of a topic without what is hidden from a principal."""

    def __init__(self, whole: Entries, restrictions: Mapping[str, Restriction | None]) -> None:
        self._whole = whole
        super().__init__(
            url=whole.url,
            version=whole.version,
            resources=dict(_visible_resources(whole.payloads, restrictions)),
            declared=whole.declared,
        )

    def to_view(self, id: str, document: dict[str, Any]) -> dict[str, Any]:
        """See `Entries`. What is hidden is left out of the whole: a change of it looks like a removal otherwise."""
        view = self._whole.to_view(id, document)
        resource = self.payloads[member := lower_camel(document["resource"])]
        if isinstance(resource, RestrictedResource) and member in view.get("event", {}):
            of_changes = self.version != "v4" and document["kind"] == ATTRIBUTES
            payload = resource.visible_payload(view["event"][member], document, of_changes=of_changes)
            view["event"] = {member: payload}
        return view


def _visible_resources(
    resources: Mapping[str, Resource], restrictions: Mapping[str, Restriction | None]
) -> Iterator[tuple[str, Resource]]:
    for resource in resources.values():
        if resource.name in restrictions:
            restriction = restrictions[resource.name]
            yield resource.name, RestrictedResource.of(resource, restriction) if restriction else resource


def _filter(
    name: str, restriction: Restriction | None, entitlements: Entitlements, parties: list[str] | None
) -> Filter:
    """The filter on the entries about one resource that are within a restriction.

    In a sealed log, whose payloads the database cannot read, it leaves those that concern one of the `parties`.
    """
    filters: list[Filter] = [{"resource": name}]
    if restriction and (hidden := {*restriction.hidden, *(each.attribute for each in restriction.hidden_elements)}):
        filters.append(none_of([_about_hidden(sorted(hidden))]))
    if restriction and (owned := entitlements.owner_filter(name, restriction)) is not None:
        within = _of_entries(owned)
        if parties is not None:
            sealed = {SEALED: {"$exists": True}, "document.parties": {"$in": parties}}
            within = any_of([every([{SEALED: {"$exists": False}}, within]), sealed])
        filters.append(within)
    return every(filters)


def _about_hidden(hidden: list[str]) -> Filter:
    """The filter on entries that are about hidden attributes alone, or arrays of which a part is hidden: the database
    cannot tell which part changed."""
    others = {"$elemMatch": {"$nin": [*hidden, *sorted(PRIVATE)]}}
    return {"kind": ATTRIBUTES, "$and": [{"changed": {"$in": hidden}}, {"changed": {"$not": others}}]}


def _of_entries(criteria: Any) -> Any:
    """A filter on rows of documents, for entries of the log, which have the id of the document beside it."""
    if isinstance(criteria, dict):
        return {"resourceId" if name == "_id" else name: _of_entries(value) for name, value in criteria.items()}
    return [_of_entries(each) for each in criteria] if isinstance(criteria, list) else criteria
