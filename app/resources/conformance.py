# SPDX-License-Identifier: Apache-2.0
"""Whether a stored document conforms to the OpenAPI documents that are served now, in each version of its API."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from app.domain.dates import with_text_dates
from app.domain.json_pointers import Place, pointer
from app.domain.query.attributes import Attribute
from app.domain.violations import Violation
from app.resources.resource import Resource
from app.spec.schema_digest import schema_digest
from app.storage.documents.rows import StoredDocument

TEXT = "string"
"""The kind of an attribute that holds text."""

_MAY_HOLD_DATES = frozenset({dict, list, datetime})


def violations(resource: Resource, stored: StoredDocument) -> list[Violation]:
    """The violations of a stored document in one version, one for each place (JSON Pointer); empty if it conforms.

    Its view is validated by the schema of an answer, and its state by the lifecycle. In the version whose shape is
    stored, date-times must be stored as instants, and text as text, or no filter would find them.
    """
    view = with_text_dates(resource.to_view(stored.id, stored.document))
    found = [*resource.misplacement(stored.id), *resource.whole.violations(view), *_stateless(resource, view)]
    if resource.has_stored_shape:
        found += _dates_as_text(stored.document, resource.stored.with_valid_instants(stored.document))
        found += _dates_not_declared(resource.stored, stored.document)
    return list({each.place: each for each in reversed(found)}.values())[::-1]


def is_left_out(resource: Resource, violation: Violation) -> bool:
    """Whether a violation is a missing member that the version whose shape is stored does not require.

    Clients of that version may leave it out at any time, so the violation does not come from a changed document.
    """
    return violation.lacking and not resource.has_stored_shape


def conformance_digest(versions: Sequence[Resource]) -> str:
    """The digest of all that decides whether documents of a resource conform, in all `versions` of its API."""
    return schema_digest(*(part for each in versions for part in _deciding(each)))


def _deciding(resource: Resource) -> Iterator[Any]:
    lifecycle = resource.lifecycle
    yield [resource.version, resource.has_stored_shape, resource.whole.digest, resource.class_digest]
    if resource.parent:
        yield resource.parent
    yield [lifecycle.field, sorted(lifecycle.moves), sorted(lifecycle.aliases.items()), lifecycle.closed]


def _stateless(resource: Resource, view: dict[str, Any]) -> Iterator[Violation]:
    """The violation that a document has no state; unknown states and other types violate lifecycle and schema."""
    field = resource.lifecycle.shown_field
    if field and view.get(field) is None:
        states = ", ".join(resource.lifecycle.moves)
        yield Violation(f"/{field}", f"is mandatory: the state, one of {states}", rule="no state")


def _dates_as_text(kept: Any, typed: Any, place: Place = ()) -> Iterator[Violation]:
    """The violations by date-times that are stored as text; `typed` is the document with instants for them."""
    if kept is typed:
        return
    if isinstance(kept, str):
        message = f"is a date-time and kept as the text '{kept}': filters and sorts do not see its instant"
        yield Violation(pointer(place), message, rule="instant")
        return
    for step, inner in kept.items() if isinstance(kept, dict) else enumerate(kept):
        yield from _dates_as_text(inner, typed[step], (*place, step))


def _dates_not_declared(attribute: Attribute, kept: Any, place: Place = ()) -> Iterator[Violation]:
    """The violations by instants where text is declared."""
    if isinstance(kept, datetime) and attribute.kind == TEXT:
        yield Violation(pointer(place), "is text and kept as an instant: filters do not find its text", rule="text")
    elif isinstance(kept, list):
        for index, element in enumerate(kept):
            yield from _dates_not_declared(attribute, element, (*place, index))
    elif isinstance(kept, dict):
        for name, inner in kept.items():
            if type(inner) in _MAY_HOLD_DATES and name in attribute.members:
                yield from _dates_not_declared(attribute.members[name], inner, (*place, name))
