# SPDX-License-Identifier: Apache-2.0
"""References to this server's resources: stored without host and version, shown as URLs of both (ADR 0005)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote, unquote

from app.domain.events import lower_camel
from app.domain.json_values import mention, mentions
from app.domain.nested_keys import NestedUrl, is_template, split_key

_NAMED: ContextVar[str] = ContextVar("external root", default="")


@contextmanager
def external_root(root: str) -> Iterator[None]:
    """Within the block, `root` is the root of URLs that are shown, and of those that clients send."""
    token = _NAMED.set(root)
    try:
        yield
    finally:
        _NAMED.reset(token)


def named_root(default: str) -> str:
    """The root of URLs that a proxy named for this request, else `default`, the root of the settings."""
    return _NAMED.get() or default


def inward(url: str, root: str) -> str:
    """A URL that a client sent, rewritten to `root`, the root of the settings."""
    named = _NAMED.get()
    return root + url[len(named) :] if named and url.startswith(f"{named}/") else url


SCHEME = "liaison:"
"""The scheme of stored references to resources of this server: `liaison:Individual/<id>`."""

_STORED = mention("href", SCHEME)


class Addresses:
    """The URLs of our collections, in every version."""

    def __init__(self, root_url: str, collections: Mapping[str, Mapping[str, str]]) -> None:
        """`collections` are the absolute URLs by version, the latest last, and resource.

        Those of resources within others have the parent's id in braces.
        """
        self._root = root_url
        self._urls = collections
        self._ours = (mention("href", root_url), mention("href", "/"))
        self._latest = {resource: url for urls in collections.values() for resource, url in urls.items()}
        self._resources = {url: resource for urls in collections.values() for resource, url in urls.items()}
        self._nested = [(NestedUrl(url), name) for url, name in self._resources.items() if is_template(url)]

    def occur_in(self, document: Mapping[str, Any]) -> bool:
        """Whether an `href` in `document` may be a URL of ours: a quick test with false positives, no negatives."""
        return mentions(document, *self._own_mentions())

    def absent_in(self, document: Mapping[str, Any]) -> bool:
        """Whether no `href` in `document` can be a URL of ours or a stored form: a quick test, false when in doubt."""
        return not mentions(document, _STORED, *self._own_mentions())

    def _own_mentions(self) -> tuple[bytes, ...]:
        named = named_root("")
        return (*self._ours, mention("href", named)) if named else self._ours

    def inward(self, href: str) -> str:
        """An `href` that a client sent, rewritten from the root that the client uses to the root of the settings."""
        return inward(href, self._root)

    def collection(self, version: str, resource: str) -> str:
        """The URL of a collection."""
        return self._urls[version][resource]

    def target(self, href: str) -> tuple[str, str] | None:
        """The resource and the id that a URL of this server names, in any version; None for any other URL.

        A path without a host counts as a URL of this server. Of a resource within another one it is the key.
        """
        whole = self._root + href if href.startswith("/") else inward(href, self._root)
        collection, _, last = whole.rpartition("/")
        resource = self._resources.get(collection)
        if resource is None and self._nested:
            return next(((name, key) for url, name in self._nested if (key := url.key(whole))), None)
        return (resource, unquote(last)) if resource and last else None

    def shown_id(self, target: tuple[str, str]) -> str:
        """The id that clients know of a `target`."""
        is_nested = any(name == target[0] for _, name in self._nested)
        return split_key(target[1])[1] if is_nested else target[1]

    def to_stored(self, href: str) -> str:
        """The stored form of an `href`."""
        target = self.target(href)
        return f"{SCHEME}{target[0]}/{quote(target[1], safe='')}" if target else href

    def to_version(self, href: str, version: str) -> str:
        """The `href` of a stored form, as `version` shows it.

        Where `version` does not have the resource, the URL is that of the latest version that does; where none does
        (any more), the one that it would have.
        """
        if not href.startswith(SCHEME):
            return href
        resource, _, last = href.removeprefix(SCHEME).partition("/")
        url = self._urls[version].get(resource) or self._latest.get(resource) or f"{self._root}/{lower_camel(resource)}"
        return NestedUrl(url).item(unquote(last)) if is_template(url) else f"{url}/{last}"

    def hrefs_to_stored(self, document: dict[str, Any]) -> dict[str, Any]:
        """`document` with every `href` within it in its stored form; changes nothing in place."""
        if not self.occur_in(document):
            return document
        kept: dict[str, Any] = _map_hrefs(document, self.to_stored)
        return kept

    def hrefs_to_version(self, document: dict[str, Any], version: str) -> dict[str, Any]:
        """`document` with every stored `href` within it as `version` shows it; changes nothing in place."""
        if not mentions(document, _STORED):
            return document
        shown: dict[str, Any] = _map_hrefs(document, lambda href: self.to_version(href, version))
        return shown


def _map_hrefs(value: Any, change: Callable[[str], str]) -> Any:
    """`value` with every `href` changed; what holds none is shared, not copied."""
    new: Any = value
    for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if step == "href" and isinstance(inner, str):
            changed: Any = change(inner)
        elif isinstance(inner, dict | list):
            changed = _map_hrefs(inner, change)
        else:
            continue
        if changed is not inner and changed != inner:
            new = value.copy() if new is value else new
            new[step] = changed
    return new
