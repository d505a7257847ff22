# SPDX-License-Identifier: Apache-2.0
"""A resource in one version of its API: its attributes, mapping, validators, lifecycle and rules, for the engine."""

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, unquote

from app.domain.amendments import Amendable
from app.domain.attachments import SEGMENT, Place, changed_attachments, shown_key, shown_url, stored_url
from app.domain.create_defaults import CreateDefaults
from app.domain.events import DUPLICATE_SUSPECTED, INFORMATION_REQUIRED, KINDS, change, event_type
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
from app.errors import ClosedResource, shorten
from app.storage.documents.filters import DOCUMENT
from app.storage.documents.rows import STATE, StoredDocument

Document = dict[str, Any]

Visible = Callable[[str, Document], bool]
"""Whether a principal may see a stored document, by its id and content."""

_OWN_PATHS = (("id",), ("href",))
_UNRESERVED = re.compile(r"[\w.~-]+", re.ASCII)


class Checks(Protocol):
    """The interface of validators of bodies; see `app.spec.validation.Validator`."""

    digest: str

    def check(self, body: Mapping[str, Any]) -> None: ...

    def refuse(self, body: Mapping[str, Any]) -> None: ...

    def violations(self, body: Mapping[str, Any]) -> list[Violation]: ...

    def check_change(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None: ...


class Tracks(Protocol):
    """What follows each write of a document and folds it into what the server itself keeps in it."""

    async def ready(self, document: Mapping[str, Any]) -> None:
        """See to it that a stored document can be advanced."""

    def begin(self, document: dict[str, Any], at: datetime) -> None:
        """Complete a new document."""

    def advance(self, before: dict[str, Any], after: dict[str, Any], at: datetime) -> None:
        """Complete a changed document."""

    def next_notice(self, document: Mapping[str, Any]) -> datetime | None:
        """When somebody is to be told of a stored document; None for never."""


class Draft(NamedTuple):
    """A new `document`, and what it is made of: the `bare` view, and the document `mapped` from that, without defaults.

    `addressed` is whether any `href` in them may be a URL of this server.
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
    registered classes. `registered` has the members of each such class that its objects get when a client omits them.
    The server keeps the bytes of the attachments at the places `contents`, which are the same in all versions.
    Answers carry the attributes `always`, whatever `fields` selects (TMF630 part 1). Those with `asks` may need
    somebody to decide, and tell of it by an event; those that are `matchable` tell of suspected duplicates. What is
    over takes what is `amendable` alone; None for anything. Those with a `track_record`, which is the path of the
    channels in it, tell their changes.
    Where promises are made (eTOM 1.6.9), `tracking` follows each write.
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
    always: frozenset[str] = ALWAYS
    asks: bool = False
    amendable: Amendable | None = None
    track_record: Path | None = None
    matchable: bool = False
    tracking: Tracks | None = None
    contents: tuple[Place, ...] = ()

    def event_type(self, kind: str) -> str:
        """The type of an event of this `kind` about the resource, such as `IndividualCreateEvent`."""
        return event_type(self.name, kind, self.lifecycle.event)

    @property
    def event_kinds(self) -> tuple[str, ...]:
        """The kinds of events about the resource; no state changes without a lifecycle."""
        kinds = tuple(kind for kind in KINDS if kind != STATE_CHANGE or self.lifecycle.field)
        kinds = (*kinds, INFORMATION_REQUIRED) if self.asks else kinds
        return (*kinds, DUPLICATE_SUSPECTED) if self.matchable else kinds

    @property
    def plain_names(self) -> Set[str]:
        """The attributes of which nothing is hidden."""
        return self.attributes.members.keys()

    @property
    def root(self) -> Path:
        """The path of the document in a row."""
        return DOCUMENT

    def to_view(self, id: str, document: Document) -> Document:
        """The view of a document, or of the part that a selection needs, in this version, with `id` and `href`."""
        shown = self.addresses.hrefs_to_version(self.view.to_version(document), self.version)
        return {"id": id, "href": self.href(id), **self._with_content_urls(id, shown)}

    def refresh_view(self, shown: Document, before: Document, after: Document) -> Document:
        """The view of `after`, where that of `before` is `shown`; maps only what the two do not share."""
        anew, names = self.view.refresh_version(before, after)
        if names is None:
            return self.to_view(shown["id"], after)
        anew = self._with_content_urls(shown["id"], self.addresses.hrefs_to_version(anew, self.version))
        return {**without(names, shown), **anew}

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
        """The id in a URL of this collection; None for any other URL."""
        collection, _, last = self.addresses.inward(href).rpartition("/")
        return unquote(last) if collection == self.url and last else None

    def place(self, path: Path) -> Path:
        """Where in a row the attribute at a shown path is kept; its own address by the id in that."""
        return ("_id",) if path in _OWN_PATHS else (*DOCUMENT, *self.view.path(path))

    def readings(self, path: Path) -> list[Reading]:
        """The places in a row where the value at a shown path may be; empty when it is always at its `place`."""
        return [replace(each, holder=(*DOCUMENT, *each.holder)) for each in self.view.readings(path)]

    def id_extractor(self, path: Path) -> Callable[[str], str | None] | None:
        """The function from a URL to the id, if the shown `path` is the resource's own `href`, which is not stored."""
        return self.id_in if path == ("href",) else None

    def state(self, path: Path) -> Path | None:
        """The path in a row of the state in lower case, if the shown `path` is that of a state with free spelling."""
        return (STATE,) if path == (self.lifecycle.shown_field,) and not self.lifecycle.closed else None

    def stored_text(self, path: Path, text: str) -> str:
        """The stored spelling of the `text` of a filter on the shown `path`; URLs of this server without host."""
        if path[-1] == "href":
            return self.addresses.to_stored(text)
        if path[-1] == "url" and path[:-1] in self.contents and (key := self._own_key(text)):
            return stored_url(key)
        return self.view.value(path, text)

    def _own_key(self, url: str) -> str | None:
        """The key in the URL of bytes of any resource of this collection; None for any other URL."""
        href = self.addresses.inward(url).rpartition(f"/{SEGMENT}/")[0]
        return shown_key(self.addresses.inward(url), (href,)) if self.id_in(href) else None

    def version_text(self, path: Path, text: str) -> str:
        """The spelling, in views, of the `text` of a filter on the shown `path`."""
        if path == ("href",):
            return text if (id := self.id_in(text)) is None else self.href(id)
        if path[-1] == "href":
            return self.addresses.to_version(self.addresses.to_stored(text), self.version)
        return TYPE_NAMES.get(text.lower(), text) if path[-1] in TYPED_BY else text

    def draft_to_view(self, id: str, draft: Draft) -> Document:
        """As `to_view`, of a new document; maps only what differs from the view that it was made of."""
        anew, names = self.view.refresh_version(draft.mapped, draft.document)
        if names is None:
            return self.to_view(id, draft.document)
        shown = {**without(names, self.view.round_trip(draft.mapped, draft.bare)), **anew}
        shown = self.addresses.hrefs_to_version(shown, self.version) if draft.addressed else shown
        return {"id": id, "href": self.href(id), **self._with_content_urls(id, shown)}

    def draft(self, shown: Document) -> Draft:
        """The stored document of a new view, with the members that every document has."""
        addressed = not self.addresses.absent_in(shown)
        bare = self._bare(shown) if addressed else without(ADDRESS, shown)
        mapped = self.view.to_stored(bare)
        return Draft(self._with_defaults(mapped), mapped, bare, addressed)

    def to_stored(self, shown: Document) -> Document:
        """The stored document of a new view, as `draft` makes it."""
        return self.draft(shown).document

    def _with_defaults(self, mapped: Document) -> Document:
        """A copy of a stored document with the members that every document has; a blank `@type` counts as absent."""
        kept = {"@type": self.name, **mapped}
        kept = kept if kept["@type"].strip() else {**kept, "@type": self.name}
        # Date-times that only another version declares become instants, too.
        typed: Document = self.stored.with_instants({**self.registered.get(kept["@type"], {}), **kept})
        return typed

    def update_stored(self, before: Document, shown: Document, new_view: Document) -> Document:
        """The stored document of `new_view`, where the view of `before` was `shown`; what views do not show stays as
        in `before`."""
        patched = self.view.update_stored(before, new_view, shown, bare=partial(self._bare, id=shown.get("id", "")))
        fresh = differing(before, patched)
        # Most changes are of members without date-times, and need no walk through the declared attributes.
        return patched.copy() if self._stored_dates.isdisjoint(fresh) else self.stored.refresh_instants(patched, fresh)

    def refresh_view_instants(self, view: Document, fresh: Document) -> Document:
        """A copy of a view, with date-times as instants; only its `fresh` members may have them as text.

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
        """The change, with its events, of a write with this new `revision`; None when nothing changed.

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

    def deletion(self, seen: StoredDocument, at: datetime, origin: Origin) -> dict[str, Any]:
        """The change that announces the deletion of what was `seen`."""
        change = self.change(seen.revision + 1, seen.document, None, at, origin)
        assert change is not None, "no document differs from one"
        return change

    def refuse_amendment(self, before: Document, shown: Document, after: Document) -> None:
        """Raise `ClosedResource` where the view `after` changes what a document, whose view was `shown`, takes no more.

        A change of the state itself is for the lifecycle to allow.
        """
        if self.amendable is None or not self.lifecycle.is_over(before):
            return
        own = [self.lifecycle.field, self.rules.touched, *(self.defaults.change_times if self.defaults else ())]
        forbidden = self.amendable.forbidden(shown, after, self._stored_name, own)
        if not forbidden:
            return
        state = self.lifecycle.state(before[self.lifecycle.field])
        takes = ", ".join(self.amendable.shown_names(self.attributes.members, self._stored_name))
        what = ", ".join(f"/{name}" for name in forbidden)
        told = f"The {self.name} is {state}, and {shorten(what, 200)} stays as it is"
        told += f"; it still takes more of: {takes}" if takes else ""
        if self.amendable.correction:
            told += f"; correct it by a new {self.name} that names it in {self.amendable.correction}"
        raise ClosedResource(told)

    def _stored_name(self, name: str) -> str:
        return self.view.path((name,))[0]

    def chosen_id(self, shown: Mapping[str, Any]) -> str | None:
        """The id in the body of a new resource; clients may choose it only with `own_ids`.

        Raises `InvalidField` for an id that cannot be a segment of a URL path.
        """
        if violations := list(unfit_id(shown)):
            raise refusal(violations)
        chosen: str | None = shown.get("id")
        return chosen

    def _bare(self, shown: Document, id: str = "") -> Document:
        """A view without its own id and href, and with the hrefs of other resources in their stored form; so are the
        URLs of the bytes of the resource with this `id`."""
        bare = self.addresses.hrefs_to_stored(without(ADDRESS, shown))
        if not (id and self.contents):
            return bare
        href = (self.href(id),)

        def to_stored_url(attachment: Document) -> Document:
            url = attachment.get("url")
            key = shown_key(self.addresses.inward(url), href) if isinstance(url, str) else None
            return {**attachment, "url": stored_url(key)} if key else attachment

        return changed_attachments(bare, self.contents, to_stored_url)

    def _with_content_urls(self, id: str, shown: Document) -> Document:
        """A view with the URLs of the bytes of its attachments in their shown form."""
        if not self.contents:
            return shown
        href = self.href(id)

        def with_url(attachment: Document) -> Document:
            url = attachment.get("url")
            new = shown_url(url, href) if isinstance(url, str) else url
            return attachment if new is url else {**attachment, "url": new}

        return changed_attachments(shown, self.contents, with_url)
