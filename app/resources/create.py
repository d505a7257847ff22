# SPDX-License-Identifier: Apache-2.0
"""Create: from a validated body to the stored document and the change that announces it."""

from datetime import datetime

from app.domain.origin import Origin
from app.errors import InvalidField
from app.resources.resource import Document, Draft, Resource
from app.storage.documents.rows import Change


def validated_body(resource: Resource, body: Document) -> Document:
    """The validated view of a body without nulls, with instants for date-times. Raises `BadRequest`."""
    body = resource.view.normalise(body)
    resource.new.check(body)
    try:
        shown: Document = resource.attributes.with_instants(body)
    except InvalidField:
        resource.new.refuse(body)
        raise
    return shown


def new_document(resource: Resource, shown: Document, at: datetime) -> Document:
    """The document of a validated view, created `at` this instant. Raises `InvalidField` where rules forbid it."""
    return draft(resource, shown, at).document


def draft(resource: Resource, shown: Document, at: datetime) -> Draft:
    """As `new_document`, with what its view is made of faster than of the document alone."""
    new = resource.draft(shown)
    document = new.document
    resource.lifecycle.begin(document, at)
    resource.rules.complete(document, at)
    if resource.defaults:
        resource.defaults.complete(document, at)
    if resource.tracking:
        resource.tracking.begin(document, at)
    resource.rules.check(document)
    resource.rules.touch(document, at)
    return new


def created_change(resource: Resource, document: Document, at: datetime, origin: Origin) -> Change:
    """The change that announces a new document."""
    announced = resource.change(1, None, document, at, origin)
    assert announced is not None, "a new document differs from none"
    return announced
