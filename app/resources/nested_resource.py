# SPDX-License-Identifier: Apache-2.0
"""A nested resource (`x-parent`), whose id is unique only within its parent; its key has both ids."""

from dataclasses import dataclass, replace

from app.domain.nested_keys import NestedUrl, split_key
from app.domain.query.predicates import Path
from app.domain.violations import Violation
from app.resources.resource import Document, Draft, Resource
from app.storage.documents.filters import DOCUMENT

_ID = "id"


@dataclass(frozen=True, kw_only=True)
class NestedResource(Resource):
    """A resource within another one, its `parent` (`x-parent`), such as `/processFlow/{processFlowId}/taskFlow/{id}`.

    Rows and events know it by its key; its own id stands in its document, too, where filters and orders find it.
    `url` is that of a list, `address` that of the collections of all parents.
    """

    within_resource: str
    address: NestedUrl

    @property
    def parent(self) -> str:
        """See `Resource`."""
        return self.within_resource

    def misplacement(self, key: str) -> list[Violation]:
        """See `Resource`; the violation of a document that was stored before the resource was nested."""
        if split_key(key)[0]:
            return []
        return [
            Violation("/id", f"tells no {self.parent} that it is within; export it, and import it with that", "parent")
        ]

    def within(self, parent_id: str) -> "NestedResource":
        """The resource for the list within one parent."""
        return replace(self, url=self.address.collection(parent_id))

    def with_own_id(self, key: str, document: Document) -> Document:
        """The document to store under this key, with its own id in it."""
        return {**document, _ID: self.shown_id(key)}

    def shown_id(self, key: str) -> str:
        """See `Resource`."""
        return split_key(key)[1]

    def href(self, id: str) -> str:
        """The URL of the resource with this key."""
        return self.address.item(id)

    def id_in(self, href: str) -> str | None:
        """The key of the resource whose URL this is, else None."""
        return self.address.key(self.addresses.inward(href))

    def parent_id_in(self, href: object) -> str | None:
        """The parent's id in the URL that a body has as its own, on whichever server that was."""
        return self.address.parent_id(href) if isinstance(href, str) else None

    def place(self, path: Path) -> Path:
        """See `Resource`."""
        return (*DOCUMENT, _ID) if path == (_ID,) else super().place(path)

    def to_view(self, id: str, document: Document) -> Document:
        """See `Resource`; `id` is the key."""
        return {**super().to_view(id, document), _ID: self.shown_id(id)}

    def refresh_view(self, shown: Document, before: Document, after: Document) -> Document:
        """See `Resource`."""
        key = self.id_in(shown["href"])
        return {**super().refresh_view({**shown, _ID: key}, before, after), _ID: shown[_ID]}

    def draft_to_view(self, id: str, draft: Draft) -> Document:
        """See `Resource`; `id` is the key."""
        return {**super().draft_to_view(id, draft), _ID: self.shown_id(id)}
