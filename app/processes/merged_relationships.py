# SPDX-License-Identifier: Apache-2.0
"""What becomes of relationships (`x-relationships`) where two documents become one, or two again."""

from collections.abc import Mapping, Sequence

from app.domain.relationships import End, Relationship
from app.processes.step import Step
from app.resources.resource import Document


def relationships_of(step: Step, resource: str) -> list[Relationship]:
    """The relationships of a resource."""
    found = step.services.collections[resource].relationships
    return list(found.declared) if found else []


def without_each_other(relationships: Sequence[Relationship], document: Document, ids: set[str]) -> Document:
    """One of two documents that become one, without its relationships with the other."""
    for each in relationships:
        for end, _ in each.directions:
            document = end.without(document, ids)
    return document


async def resolve_hierarchy(
    step: Step, resource: str, united: Document, others: list[Document], ids: set[str]
) -> Document:
    """The document of a survivor, which has one of two with these `ids` for its own: what is above it is not below it.

    What was above one of the `others`, the documents before they were united, takes the place, if that is not.
    """
    for each in relationships_of(step, resource):
        if not each.hierarchy:
            continue
        one = each.one
        wrong = {id for id in one.ids(united) if await _is_below(step, resource, one, id, ids)}
        if not wrong:
            continue
        united = one.without(united, wrong)
        for other in others if not one.many else ():
            if not one.has(united) and one.has(other):
                named = one.ids(other)
                if not any([await _is_below(step, resource, one, id, ids) for id in named]):
                    united = {**united, one.attribute: other[one.attribute]}
    return united


async def _is_below(step: Step, resource: str, one: End, id: str, ids: set[str]) -> bool:
    """Whether a document is one of those with these `ids`, or below one."""
    level, met = [id], {id}
    while level:
        if not ids.isdisjoint(level):
            return True
        found = [await step.find(resource, each) for each in level]
        level = [up for each in found if each for up in one.ids(each.document) if up not in met]
        met.update(level)
    return False


def without_refused(
    relationships: Sequence[Relationship], id: str, document: Document, duplicate: str, survivor: Document
) -> Document:
    """The document of another one that is related to a `duplicate`, before that follows: without relationships that the
    `survivor` cannot have, as it has another one there."""
    for each in relationships:
        for end, inverse in each.directions:
            if duplicate in end.ids(document) and not inverse.many and id not in inverse.ids(survivor):
                document = end.without(document, {duplicate})
    return document


def related_ids(relationships: Sequence[Relationship], *documents: Document) -> set[str]:
    """The ids that the documents name by their relationships."""
    ends = [end for each in relationships for end, _ in each.directions]
    return {id for document in documents for end in ends for id in end.ids(document)}


def restore_relationships(
    relationships: Sequence[Relationship],
    id: str,
    current: Document,
    document: Document,
    others: Mapping[str, Document],
) -> Document:
    """The `document` that one of two with this id should have again, which is `current`, with those relationships that
    the `others` have by now where they have one alone: what was changed since stays."""
    for each in relationships:
        for end, inverse in each.directions:
            was, now = end.ids(current), end.ids(document)
            naming = {other for other in {*was, *now} if other in others and id in inverse.ids(others[other])}
            if not inverse.many:
                document = end.without(document, {other for other in now if other in others} - naming)
            for other in was:
                if other in naming and other not in now and (end.many or not end.has(document)):
                    document = end.with_entry_of(document, current, other)
    return document
