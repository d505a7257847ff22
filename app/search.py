"""Turns the conditions of a list into a filter on stored documents, through the view of the called version."""

from collections.abc import Sequence

from app.domain.attributes import Attribute
from app.domain.query import Condition, Path
from app.resource import Resource
from app.storage.filters import Filter, Target, clause, every, identified


def filter_of(resource: Resource, conditions: Sequence[Condition]) -> Filter:
    """The filter on which every condition holds. Raises `InvalidQuery` for an attribute that is not declared."""
    return every([_clause(resource, condition) for condition in conditions])


def _clause(resource: Resource, condition: Condition) -> Filter:
    passed = resource.attributes.along(condition.path)
    if condition.path == ("id",):
        return identified(condition.values)
    if condition.path == ("href",):
        return identified(id for href in condition.values if (id := resource.id_in(href)) is not None)
    stored = resource.view.path(condition.path)
    target = Target(condition.name, stored, passed[-1].kind, _innermost_array(resource, condition.path, passed))
    return clause(target, [_stored_value(resource, condition.path, value) for value in condition.values])


def _stored_value(resource: Resource, path: Path, value: str) -> str:
    """A value as it is stored: references to resources of ours are kept without host and version."""
    return resource.addresses.kept(value) if path[-1] == "href" else resource.view.value(path, value)


def _innermost_array(resource: Resource, path: Path, passed: list[Attribute]) -> Path:
    """The stored path of the last array that `path` goes through; empty when it goes through none."""
    arrays = [
        end
        for end, attribute in enumerate(passed, start=1)
        if attribute.array and not any(segment.isdigit() for segment in path[end - 1 : end + 1])
    ]
    return resource.view.path(path[: arrays[-1]]) if arrays else ()
