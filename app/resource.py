"""All that the engine knows of one resource in one version of its API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, unquote

from app.domain.attributes import Attribute
from app.domain.lifecycle import Lifecycle
from app.domain.rules import Rules
from app.domain.views import View
from app.errors import InvalidField, shortened

Document = dict[str, Any]


class Checks(Protocol):
    """Checks of bodies against a schema; see `app.spec.validation.Validator`."""

    def check(self, body: Mapping[str, Any]) -> None: ...

    def check_change(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True)
class Resource:
    """A resource as one API version serves it; `url` is that of its collection."""

    name: str
    url: str
    view: View
    attributes: Attribute
    new: Checks
    whole: Checks
    lifecycle: Lifecycle
    rules: Rules
    foreign: frozenset[str] = frozenset()

    def shown(self, id: str, document: Document) -> Document:
        """The document as this version shows it, with its `id` and `href`."""
        return {"id": id, "href": self.href(id), **self.view.show(document)}

    def href(self, id: str) -> str:
        """The URL of the resource with this id."""
        return f"{self.url}/{quote(id, safe='')}"

    def id_in(self, href: str) -> str | None:
        """The id that a URL of this collection names, else None."""
        collection, _, id = href.rpartition("/")
        return unquote(id) if collection == self.url and id else None

    def kept(self, shown: Document) -> Document:
        """The stored document of a new view."""
        return {"@type": self.name, **self.view.keep(self._without_address(shown))}

    def patched(self, before: Document, shown: Document) -> Document:
        """The stored document of a changed view; what the view cannot show stays as it was in `before`."""
        return self.view.patched(before, self._without_address(shown))

    def refuse_foreign_type(self, body: Mapping[str, Any]) -> None:
        """Raise `InvalidField` when `@type` names a class that belongs into another collection."""
        if body.get("@type") in self.foreign:
            said = shortened(body["@type"], 60)
            raise InvalidField(
                f"/@type '{said}' does not belong into this collection; send '{self.name}' or a class of it"
            )

    @staticmethod
    def _without_address(shown: Document) -> Document:
        return {name: value for name, value in shown.items() if name not in ("id", "href")}
