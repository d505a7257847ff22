# SPDX-License-Identifier: Apache-2.0
"""Identifiers: the id of a resource, and its revision, which entity tags name (`ETag`, `If-Match`; RFC 9110 §8.8.3)."""

import hashlib
import json
from datetime import datetime
from typing import NamedTuple

from uuid_utils import uuid7

from app.domain.query.selection import Selection


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562) as text."""
    return str(uuid7())


class Revision(NamedTuple):
    """A revision of a resource, the instant it was written, and the API version that shows it.

    The instant tells a resource from an earlier one of the same id: each counts its revisions from 1.
    """

    revision: int
    changed: datetime
    version: str

    def tag(self, selection: Selection | None = None) -> str:
        """The strong entity tag (RFC 9110) of the whole representation, or of what `selection` shows of it."""
        return f'"{self._name}"' if selection is None else f'"{self._name}-{_digest(selection)}"'

    def is_named_by(self, tag: str) -> bool:
        """Whether a strong entity tag is of this revision: of the whole representation or of a selection (`fields`)."""
        return tag == self.tag() or tag.startswith(f'"{self._name}-')

    @property
    def last_modified(self) -> datetime | None:
        """When what it shows was changed last; None where that is not said."""
        return self.changed

    @property
    def _name(self) -> str:
        return f"{self.revision}-{round(self.changed.timestamp() * 1000):x}-{self.version}"


class ContentRevision(Revision):
    """A revision that is known by the digest of what a principal sees of it, in place of `version`.

    So nobody can tell by entity tags and dates that an attribute which they do not see was changed.
    """

    @classmethod
    def of(cls, revision: Revision, shown: bytes) -> "ContentRevision":
        """That revision, by the JSON that the principal sees."""
        return cls(revision.revision, revision.changed, hashlib.sha256(shown).hexdigest()[:24])

    @property
    def last_modified(self) -> None:
        """See `Revision`."""
        return None

    @property
    def _name(self) -> str:
        return self.version


def _digest(selection: Selection) -> str:
    """The digest of a selection; the same for selections that show the same, whatever the order of their names."""
    wanted = {name: within for name, within in selection.tree.items() if name not in selection.always}
    paths = sorted({path.text for path in selection.paths})
    return hashlib.sha256(json.dumps([wanted, paths] if paths else wanted, sort_keys=True).encode()).hexdigest()[:12]
