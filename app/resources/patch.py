"""A changed resource: what a patch checks, and which document comes of it."""

from datetime import datetime
from typing import Any

from app.domain import dates
from app.domain.patching import patched, refuse_fixed
from app.domain.sharing import differing
from app.domain.storable import FEW_OBJECTS, objects, refuse_crowded, refuse_unkeepable
from app.errors import InvalidField
from app.resources.resource import Document, Resource


def validated_result(resource: Resource, shown: Document, patch: Any, media_type: str) -> Document:
    """The view that a patch makes of the one `shown` before; members that it leaves alone are those of `shown`.

    Raises what is wrong with the patch, or with what it makes.
    """
    if isinstance(patch, dict):
        patch = resource.view.normalised(patch)
    after = resource.view.normalised(patched(shown, patch, media_type), shown)
    fresh = differing(shown, after)
    refuse_unkeepable(fresh)
    if objects(fresh) > FEW_OBJECTS:
        refuse_crowded(after)
    try:
        resource.whole.check_change(shown, after)
        wanted = resource.attributes.retyped(after, fresh)
    except InvalidField as wrong:
        raise _with_fixed(resource, shown, after, wrong) from None
    refuse_fixed(shown, wanted, resource.rules.fixed)
    return wanted


def _with_fixed(resource: Resource, shown: Document, after: Document, wrong: InvalidField) -> InvalidField:
    """What is wrong with a patch, and what of it no patch may change."""
    try:
        refuse_fixed(dates.written(shown), dates.written(after), resource.rules.fixed)
    except InvalidField as fixed:
        return InvalidField(f"{fixed.message}; {wrong.message}")
    return wrong


def applied(resource: Resource, before: Document, shown: Document, wanted: Document, at: datetime) -> Document:
    """The document whose view is as `wanted`, where the one `before` was `shown`; it moves on `at` this instant.

    Raises `InvalidField` or `IllegalTransition` where rules or the lifecycle forbid it.
    """
    document = resource.patched(before, shown, wanted)
    resource.lifecycle.advance(before, document, at)
    resource.rules.untouch(before, document)
    resource.rules.check(document)
    return document
