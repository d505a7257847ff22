# SPDX-License-Identifier: Apache-2.0
"""Resources that events are about, of which a test says no more than their attributes."""

from app.domain.events import KINDS, event_type
from app.domain.query.attributes import Attribute
from app.resources.lists.plain import Plain


class Subject(Plain):
    """A resource called `name` that is kept as it is shown."""

    event_kinds = KINDS

    def __init__(self, name: str, attributes: Attribute) -> None:
        super().__init__(attributes)
        self._name = name

    def event_type(self, kind: str) -> str:
        """The type of an event of this kind."""
        return event_type(self._name, kind)
