# SPDX-License-Identifier: Apache-2.0
"""Creates of a task: what it comes to is computed by a hook of the deployment, checked, and kept with it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.domain import dates
from app.domain.nulls import without_nulls
from app.domain.origin import UNKNOWN, Origin
from app.errors import BadGateway, TmfError
from app.resources.create import draft, validated_body
from app.resources.engine import Engine, ResourceView
from app.resources.resource import Document, Resource
from app.storage.documents.receipts import Key

Compute = Callable[[Mapping[str, Any], Origin], Awaitable[Document]]
"""From the body of a create to the members that its result has, or that have other values in it."""

_SERVERS_OWN = ("id", "href")


class TaskEngine(Engine):
    """The verbs of a resource with a hook (`x-hook`) in one API version."""

    def __init__(self, resource: Resource, *parts: Any, compute: Compute) -> None:
        """`parts` are those of any `Engine`."""
        super().__init__(resource, *parts)
        self._compute = compute

    async def create(self, body: Document, origin: Origin = UNKNOWN, key: Key | None = None) -> ResourceView:
        """See `Engine`; a repeat under a `key` asks the hook no more. Raises what the hook does, and `BadGateway`."""
        if key and (first := await self._receipts.find(key)):
            return await self._replay(first)
        validated_body(self.resource, body)
        return await super().create(self._whole(body, await self._compute(body, origin)), origin, key)

    def _whole(self, body: Document, result: Document) -> Document:
        """The body with its result. Raises `BadGateway` where the document does not allow that in an answer."""
        computed = {name: value for name, value in result.items() if name not in _SERVERS_OWN}
        whole = {**body, **without_nulls(computed, self.resource.attributes)}
        try:
            made = draft(self.resource, validated_body(self.resource, whole), dates.now())
            self.resource.whole.check(dates.with_text_dates(self.resource.draft_to_view("0", made)))
        except TmfError as wrong:
            told = f"The hook that computes a {self.resource.name} answered what the document does not allow"
            raise BadGateway(f"{told}: {wrong.message}") from None
        return whole
