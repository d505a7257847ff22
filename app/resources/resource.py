# SPDX-License-Identifier: Apache-2.0
"""All that the engine knows of one resource in one version of its API."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, unquote

from app.domain.create_defaults import CreateDefaults
from app.domain.events import KINDS, change, event_type
from app.domain.events import STATE as STATE_CHANGE
from app.domain.identity import unfit_id
from app.domain.json_values import differing, without
from app.domain.mapping.mapping import TYPED_BY, VersionMapping
from app.domain.mapping.reading import Reading
from app.domain.mapping.type_names import TYPE_NAMES
from app.domain.origin import Origin
from app.domain.query.attributes import Attribute
from app.domain.query.predicates import Path
from app.domain.query.selection import ADDRESS, ALWAYS, Selection, names
from app.domain.reference_addresses import Addresses
from app.domain.rules import Lifecycle, Rules
from app.domain.violations import Violation, refusal
from app.storage.documents.filters import DOCUMENT
from app.storage.documents.rows import STATE

Document = dict[str, Any]

_OWN_PATHS = (("id",), ("href",))
FIRST_VERSION = "v4"
"""The version in which the class of an object is not mandatory."""
_UNRESERVED = re.compile(r"[\w.~-]+", re.ASCII)


class Checks(Protocol):
    """Checks of bodies against a schema; see `app.spec.validation.Validator`."""

    digest: str

    def check(self, body: Mapping[str, Any]) -> None: ...

    def refuse(self, body: Mapping[str, Any]) -> None: ...

    def violations(self, body: Mapping[str, Any]) -> list[Violation]: ...

    def check_change(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None: ...


class Draft(NamedTuple):
    """A new `document`, and what it was made of: a `bare` view, and the stored document that shows exactly that.

    `addressed` is whether any `href` in them may be one of ours.
    """

    document: Document
    mapped: Document
    bare: Document
    addressed: bool


@dataclass(frozen=True)
class Resource:
    """A resource as one API version serves it; `url` is that of its collection.

    `attributes` are those of this version, `stored` those of the version whose shape is stored. `new` checks the body
    of a create, `whole` what an answer shows. With `own_ids` a client may choose the id of what it creates.
    `has_stored_shape` when documents are stored in the shape of this version; `class_digest` is that of the schemas of
    registered classes. `registered` says for each such class what its objects tell of it when the client does not.
    """

    name: str
    version: str
    url: str
    view: VersionMapping
    addresses: Addresses
    attributes: Attribute
    stored: Attribute
    new: Checks
    whole: Checks
    lifecycle: Lifecycle
    rules: Rules
    defaults: CreateDefaults | None
    own_ids: bool
    patch_types: tuple[str, ...]
    has_stored_shape: bool
    class_digest: str
    registered: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def event_type(self, kind: str) -> str:
        """The type of an event of this `kind` about it, such as `IndividualCreateEvent`."""
        return event_type(self.name, kind, self.lifecycle.event)

    @property
    def event_kinds(self) -> tuple[str, ...]:
        """The kinds of events about it: without a lifecycle no state changes."""
        return tuple(kind for kind in KINDS if kind != STATE_CHANGE or self.lifecycle.field)

    @property
    def always(self) -> frozenset[str]:
        """What an answer carries whatever is selected (TMF630 part 1, `fields`); since version 5 also the class."""
        return ADDRESS if self.version == FIRST_VERSION else ALWAYS

    @property
    def root(self) -> Path:
        """Where in a row its document is."""
        return DOCUMENT

    def to_view(self, id: str, document: Document) -> Document:
        """The document, or the part of it that a selection needs, as this version shows it, with `id` and `href`."""
        shown = self.addresses.hrefs_to_version(self.view.to_version(document), self.version)
        return {"id": id, "href": self.href(id), **shown}

    def refresh_view(self, shown: Document, before: Document, after: Document) -> Document:
        """The view of `after`, where that of `before` is `shown`: what the two share is not looked at again."""
        anew, names = self.view.refresh_version(before, after)
        if names is None:
            return self.to_view(shown["id"], after)
        return {**without(names, shown), **self.addresses.hrefs_to_version(anew, self.version)}

    def source_attributes(self, selection: Selection | None) -> frozenset[str] | None:
        """The projection: the stored first-level attributes that `to_view` needs for the selection; None for all."""
        return None if selection is None else self.view.sources(names(selection) - ADDRESS)

    @property
    def parent(self) -> str:
        """The name of the resource within which it is; empty where it is within none."""
        return ""

    def misplacement(self, key: str) -> list[Violation]:
        """What is wrong with the key of a stored document."""
        return []

    def shown_id(self, key: str) -> str:
        """The id that clients know of what the database has under this key."""
        return key

    def href(self, id: str) -> str:
        """The URL of the resource with this id."""
        return f"{self.url}/{id if _UNRESERVED.fullmatch(id) else quote(id, safe='')}"

    def id_in(self, href: str) -> str | None:
        """The id that a URL of this collection names, else None."""
        collection, _, last = self.addresses.inward(href).rpartition("/")
        return unquote(last) if collection == self.url and last else None

    def place(self, path: Path) -> Path:
        """Where in a row the attribute at a shown path is kept; its own address by the id in that."""
        return ("_id",) if path in _OWN_PATHS else (*DOCUMENT, *self.view.path(path))

    def readings(self, path: Path) -> list[Reading]:
        """Where in a row the value at a shown path is, when it is not always at its `place`."""
        return [replace(each, holder=(*DOCUMENT, *each.holder)) for each in self.view.readings(path)]

    def id_extractor(self, path: Path) -> Callable[[str], str | None] | None:
        """What finds the id in an address at the shown `path`; None unless that is its own, which is not kept."""
        return self.id_in if path == ("href",) else None

    def state(self, path: Path) -> Path | None:
        """Where in a row the state at a shown path is in lower case; None where the text alone has to do."""
        return (STATE,) if path == (self.lifecycle.field,) and not self.lifecycle.closed else None

    def stored_text(self, path: Path, text: str) -> str:
        """How the `text` of a filter on the shown `path` is kept; references to resources of ours without host."""
        return self.addresses.to_stored(text) if path[-1] == "href" else self.view.value(path, text)

    def version_text(self, path: Path, text: str) -> str:
        """How the `text` of a filter on the shown `path` is spelt in what clients see."""
        if path == ("href",):
            return text if (id := self.id_in(text)) is None else self.href(id)
        if path[-1] == "href":
            return self.addresses.to_version(self.addresses.to_stored(text), self.version)
        return TYPE_NAMES.get(text.lower(), text) if path[-1] in TYPED_BY else text

    def draft_to_view(self, id: str, draft: Draft) -> Document:
        """As `to_view`, of a new document: what it has of the view that it was made of is not looked at again."""
        anew, names = self.view.refresh_version(draft.mapped, draft.document)
        if names is None:
            return self.to_view(id, draft.document)
        shown = {**without(names, self.view.round_trip(draft.mapped, draft.bare)), **anew}
        shown = self.addresses.hrefs_to_version(shown, self.version) if draft.addressed else shown
        return {"id": id, "href": self.href(id), **shown}

    def draft(self, shown: Document) -> Draft:
        """The stored document of a new view, with what each has."""
        addressed = not self.addresses.absent_in(shown)
        bare = self._bare(shown) if addressed else without(ADDRESS, shown)
        mapped = self.view.to_stored(bare)
        return Draft(self._with_defaults(mapped), mapped, bare, addressed)

    def to_stored(self, shown: Document) -> Document:
        """The stored document of a new view, as `draft` makes it."""
        return self.draft(shown).document

    def _with_defaults(self, mapped: Document) -> Document:
        """A stored document with what each has, in a dictionary of its own; a blank `@type` counts as none."""
        kept = {"@type": self.name, **mapped}
        kept = kept if kept["@type"].strip() else {**kept, "@type": self.name}
        # Date-times that another version declares are instants, too, however they came in.
        typed: Document = self.stored.with_instants({**self.registered.get(kept["@type"], {}), **kept})
        return typed

    def update_stored(self, before: Document, shown: Document, new_view: Document) -> Document:
        """The stored document of a view that was `shown` and is changed into `new_view`; what the view cannot show
        stays as it was in `before`."""
        patched = self.view.update_stored(before, new_view, shown, bare=self._bare)
        fresh = differing(before, patched)
        # Most changes are of nothing that holds a date-time, and need no look at what is declared.
        return patched.copy() if self._stored_dates.isdisjoint(fresh) else self.stored.refresh_instants(patched, fresh)

    def refresh_view_instants(self, view: Document, fresh: Document) -> Document:
        """A copy of a view of which only the `fresh` members are still JSON, with date-times as instants.

        Raises `InvalidField` as `Attribute.with_instants` does.
        """
        return view.copy() if self._view_dates.isdisjoint(fresh) else self.attributes.refresh_instants(view, fresh)

    @cached_property
    def _view_dates(self) -> frozenset[str]:
        return self.attributes.date_time_names

    @cached_property
    def _stored_dates(self) -> frozenset[str]:
        return self.stored.date_time_names

    def change(
        self, revision: int, before: Document | None, after: Document | None, at: datetime, origin: Origin
    ) -> dict[str, Any] | None:
        """The change, and its events, that a write with this new `revision` makes; None when it makes none.

        `before` is None for a create, and `after` for a delete.
        """
        lifecycle = self.lifecycle
        return change(
            revision=revision,
            at=at,
            origin=origin,
            before=before,
            after=after,
            state_field=lifecycle.field,
            companions=lifecycle.companions,
        )

    def chosen_id(self, shown: Mapping[str, Any]) -> str | None:
        """The id that the body of a new resource has; only with `own_ids` that is the client's to choose.

        Raises `InvalidField` for one that would not do in a URL.
        """
        if violations := list(unfit_id(shown)):
            raise refusal(violations)
        chosen: str | None = shown.get("id")
        return chosen

    def _bare(self, shown: Document) -> Document:
        """A view without its own address, and with the addresses of other resources as they are stored."""
        return self.addresses.hrefs_to_stored(without(ADDRESS, shown))
