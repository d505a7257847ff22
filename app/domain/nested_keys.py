# SPDX-License-Identifier: Apache-2.0
"""How a resource within another one is known: to the database by a key with the parent's id, to clients by its URL."""

import re
from urllib.parse import quote, unquote

_PARAMETER = re.compile(r"\{[^{}]*\}")
_SEPARATOR = "/"
"""Between the two ids of a key; no id has one (`app.domain.identity`)."""


def nested_key(parent_id: str, id: str) -> str:
    """The key of the resource with this id within the parent."""
    return f"{parent_id}{_SEPARATOR}{id}"


def split_key(key: str) -> tuple[str, str]:
    """The id of the parent, and that of the resource."""
    parent_id, _, id = key.rpartition(_SEPARATOR)
    return parent_id, id


def is_template(url: str) -> bool:
    """Whether a URL has a parameter in it."""
    return _PARAMETER.search(url) is not None


class NestedUrl:
    """The URL of the collections of such a resource, such as `…/processFlow/{processFlowId}/taskFlow`."""

    def __init__(self, template: str) -> None:
        self._before, self._after = _PARAMETER.split(template, maxsplit=1)

    def collection(self, parent_id: str) -> str:
        """The URL of the collection within one parent."""
        return f"{self._before}{quote(parent_id, safe='')}{self._after}"

    def item(self, key: str) -> str:
        """The URL of the resource with this key."""
        parent_id, id = split_key(key)
        return f"{self.collection(parent_id)}/{quote(id, safe='')}"

    def key(self, url: str) -> str | None:
        """The key of the resource whose URL this is, else None."""
        collection, _, last = url.rpartition("/")
        if not (last and collection.startswith(self._before) and collection.endswith(self._after)):
            return None
        parent = collection[len(self._before) : -len(self._after)]
        return nested_key(unquote(parent), unquote(last)) if parent and "/" not in parent else None

    def parent_id(self, url: str) -> str | None:
        """The parent's id in the URL of a resource or a collection, on whichever server; else None."""
        *_, segment = self._before.rstrip("/").split("/")
        found = re.search(rf"/{re.escape(segment)}/([^/?#]+){re.escape(self._after)}(/[^/?#]*)?\Z", url)
        return unquote(found[1]) if found else None
