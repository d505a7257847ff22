# SPDX-License-Identifier: Apache-2.0
"""Remembers what resources look like in lists, as JSON: an edition of one is shown and spelt once."""

from collections import OrderedDict
from typing import Any

from orjson import Fragment

from app.domain.json_text import dump
from app.resources.lists.list_source import ListSource
from app.storage.documents.rows import Item

MEGABYTE = 1024 * 1024

OVERHEAD = 500
"""Bytes that it takes to remember one, beside its JSON."""


class Renderings:
    """The JSON of the resources that lists showed last.

    What is listed is always read anew; that it is the same edition tells that it looks the same, as it does for ETags.
    """

    def __init__(self, megabytes: float) -> None:
        """Those that nobody asked for the longest make room when more than `megabytes` are taken."""
        self._room = int(megabytes * MEGABYTE)
        self._known: OrderedDict[Any, bytes] = OrderedDict()

    def of(self, listed: ListSource, item: Item) -> Fragment:
        """How a list of `listed` shows the item: JSON that goes into the answer as it is."""
        key = (listed.url, item.id, item.edition)
        rendering = self._known.get(key) if item.edition else None
        if rendering is None:
            rendering = dump(listed.to_view(item.id, item.document))
            if item.edition:
                self._keep(key, rendering)
        else:
            self._known.move_to_end(key)
        return Fragment(rendering)

    def _keep(self, key: Any, rendering: bytes) -> None:
        self._known[key] = rendering
        self._room -= len(rendering) + OVERHEAD
        while self._room < 0:
            _, forgotten = self._known.popitem(last=False)
            self._room += len(forgotten) + OVERHEAD
