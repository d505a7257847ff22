# SPDX-License-Identifier: Apache-2.0
"""The attributes of the notifications of a hub, for queries of registrations, which are checked like those of lists."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Protocol

from app.domain.events import DUPLICATE_SUSPECTED, lower_camel
from app.domain.query.attributes import ANYTHING, DATE_TIME, Attribute
from app.domain.query.predicates import Path
from app.events.suspicions import SUSPICION
from app.resources.lists.list_source import ListSource
from app.resources.lists.plain import Plain

_OBJECTS = ("source", "reportingSystem")
"""The members that are objects, apart from the payload."""

_TIMES = ("eventTime", "timeOccurred", "timeOcurred")
_TEXT, _TIME = Attribute("string", False, dict), Attribute(DATE_TIME, False, dict)
_OBJECT = Attribute("object", False, dict)


class Subject(ListSource, Protocol):
    """The interface of a resource that events are about, such as `Resource`."""

    @property
    def event_kinds(self) -> tuple[str, ...]:
        """The kinds of events about the resource."""

    def event_type(self, kind: str) -> str:
        """The type of an event of this `kind` about the resource."""

    def version_text(self, path: Path, text: str) -> str:
        """The spelling, in views, of the `text` of a filter on the shown `path`."""


class Notices(Plain):
    """The notifications about `subjects`, by the name of the resource; `envelope` are their members.

    With `others` there are also events, reported by clients, of undeclared content. `beside` are the attributes that a
    payload may have beside its resource.
    """

    def __init__(self, envelope: Collection[str], subjects: Mapping[str, Subject], *, others: bool = False) -> None:
        self.payloads = {lower_camel(name): subject for name, subject in subjects.items()}
        announces = any(DUPLICATE_SUSPECTED in subject.event_kinds for subject in subjects.values())
        self.beside = SUSPICION if announces else {}
        self.subjects, self.envelope, self.others = subjects, envelope, others
        super().__init__(Attribute("object", False, lambda: {name: self._member(name) for name in envelope}))

    def place(self, path: Path) -> Path:
        """The stored path of the attribute at a shown path, within its resource."""
        subject = self._subject(path)
        return (*path[:2], *subject.place(path[2:])) if subject else path

    def id_extractor(self, path: Path) -> Callable[[str], str | None] | None:
        """The function from the URL of a resource, at the shown `path`, to its id; None for other paths."""
        subject = self._subject(path)
        return subject.id_extractor(path[2:]) if subject else None

    def version_text(self, path: Path, text: str) -> str:
        """The spelling, in the view of the resource at the path, of the `text` of a filter."""
        subject = self._subject(path)
        return subject.version_text(path[2:], text) if subject else text

    def _subject(self, path: Path) -> Subject | None:
        return self.payloads.get(path[1]) if path[0] == "event" and len(path) > 2 else None

    def _member(self, name: str) -> Attribute:
        if name == "event":
            return Attribute("object", False, lambda: _Payload(self.payloads, self.others, self.beside))
        return _TIME if name in _TIMES else _OBJECT if name in _OBJECTS else _TEXT


class _Payload(Mapping[str, Attribute]):
    """The mapping of the members of a payload to attributes; with `others`, of any name."""

    def __init__(self, subjects: Mapping[str, Subject], others: bool, beside: Mapping[str, Attribute]) -> None:
        self._subjects = subjects
        self._others = others
        self._beside = beside

    def __getitem__(self, name: str) -> Attribute:
        if name in self._subjects:
            return self._subjects[name].attributes
        if name in self._beside:
            return self._beside[name]
        if self._others:
            return ANYTHING
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter([*self._subjects, *self._beside])

    def __len__(self) -> int:
        # With `others` it is never empty, as an attribute without members counts as open content.
        return len(self._subjects) + len(self._beside) + self._others
