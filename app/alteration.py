"""A changed resource: what a patch checks, and which document comes of it."""

from datetime import datetime
from typing import Any

from app.domain import dates
from app.domain.keepable import refuse_unkeepable
from app.domain.patching import patched, refuse_fixed
from app.resource import Document, Resource


def asked(resource: Resource, shown: Document, patch: Any, media_type: str) -> Document:
    """The view that a patch makes of the one `shown` before; members that it leaves alone are those of `shown`.

    Raises what is wrong with the patch, or with what it makes.
    """
    before = dates.written(shown)
    if isinstance(patch, dict):
        patch = resource.view.normalised(patch)
    after = resource.view.normalised(patched(before, patch, media_type))
    refuse_unkeepable(differing(before, after))
    resource.whole.check_change(before, after)
    left_alone = {name: shown[name] for name in after.keys() - differing(before, after).keys()}
    wanted: Document = resource.attributes.typed({**after, **left_alone})
    refuse_fixed(shown, wanted, resource.rules.fixed)
    return wanted


def differing(before: Document, after: Document) -> Document:
    """The members of `after` that are not the very same objects in `before`."""
    return {name: value for name, value in after.items() if name not in before or value is not before[name]}


def altered(resource: Resource, before: Document, shown: Document, wanted: Document, at: datetime) -> Document:
    """The document whose view is as `wanted`, where the one `before` was `shown`; it moves on `at` this instant.

    Raises `InvalidField` or `IllegalTransition` where rules or the lifecycle forbid it.
    """
    document = resource.patched(before, shown, wanted)
    resource.lifecycle.advance(before, document, at)
    resource.rules.untouch(before, document)
    resource.rules.check(document)
    return document
