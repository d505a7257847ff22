# SPDX-License-Identifier: Apache-2.0
"""A cache of rendered resources in lists: a revision is mapped and encoded as JSON once (ADR 0016)."""

from collections import OrderedDict
from typing import Any

from orjson import Fragment

from app.domain.json_text import dump
from app.resources.lists.list_source import ListSource
from app.storage.documents.rows import Item

MEGABYTE = 1024 * 1024

OVERHEAD = 500
"""Bytes of a cache entry beside its JSON."""


class Renderings:
    """The cached JSON of the resources in recent lists.

    Rows are always read; the same revision has the same JSON, as for entity tags.
    """

    def __init__(self, megabytes: float) -> None:
        """`megabytes` is the size of the cache, beyond which the least recently used are evicted."""
        self._room = int(megabytes * MEGABYTE)
        self._known: OrderedDict[Any, bytes] = OrderedDict()

    def of(self, listed: ListSource, item: Item) -> Fragment:
        """The encoded view of the item in a list of `listed`, as a fragment of JSON."""
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
