# SPDX-License-Identifier: Apache-2.0
"""The history of a resource (`?at=`, RFC 7089): its state at an instant, or the error when there was none."""

from datetime import datetime

from app.domain import dates
from app.errors import Gone, NotFound, shorten
from app.resources.resource import Resource, Visible
from app.resources.track_record import TrackRecord
from app.storage.documents.changes import Changes
from app.storage.documents.history import Past, State, Trace
from app.storage.documents.rows import StoredDocument

AT = "at"
"""The query parameter that names the instant."""


class History:
    """The history of one resource in one API version."""

    def __init__(self, resource: Resource, past: Past, changes: Changes) -> None:
        self._resource = resource
        self._past = past
        self.track_record = TrackRecord(resource, changes)

    async def get(self, id: str, at: datetime, visible: Visible | None = None) -> StoredDocument:
        """The document as it was at that instant; what is not `visible`, if that is given, is as if it never was.

        Raises `NotFound` before its creation, `Gone` after its deletion, with a link to its last state, and `Gone`
        where the log no longer has the content.
        """
        trace = await self._past.trace(id, at)
        state = trace.state
        if visible and not _is_visible(visible, id, trace):
            raise self._not_yet(id, Trace(None))
        if state is None:
            raise self._not_yet(id, trace)
        if state.deleted:
            raise self._deleted_error(id, state, trace.former)
        if state.document is None:
            raise self._dropped_error(id, state)
        return StoredDocument(id, state.revision, state.document, state.at)

    def _dropped_error(self, id: str, state: State) -> Gone:
        told = f"{self._label(id)} was as its change at {dates.text(state.at)} left it, but the content of that change"
        if state.omission:
            return Gone(f"{told} is not in the event log: {state.omission}")
        return Gone(f"{told} is past the retention of the event log")

    def _not_yet(self, id: str, trace: Trace) -> NotFound:
        if trace.begin is None:
            shown = shorten(self._resource.shown_id(id))
            return NotFound(f"There is no {self._resource.name} with the id '{shown}', nor was there one")
        return NotFound(f"{self._label(id)} was not there yet: it was created at {dates.text(trace.begin)}")

    def _deleted_error(self, id: str, deletion: State, former: State | None) -> Gone:
        last = address(self._resource.href(id), former.at) if former else ""
        link = {"Link": f'<{last}>; rel="predecessor-version"'} if last else {}
        return Gone(f"{self._label(id)} was deleted at {dates.text(deletion.at)}; ask for an earlier instant", link)

    def _label(self, id: str) -> str:
        return f"{self._resource.name} {shorten(self._resource.shown_id(id))}"


def _is_visible(visible: Visible, id: str, trace: Trace) -> bool:
    """Whether the state at the instant, or the one before its deletion, may be seen. What has no content may not."""
    state = trace.former if trace.state and trace.state.deleted else trace.state
    return state is not None and state.document is not None and visible(id, state.document)


def address(href: str, at: datetime) -> str:
    """The URL of the state of a resource at an instant."""
    return f"{href}?{AT}={dates.text(at)}"
