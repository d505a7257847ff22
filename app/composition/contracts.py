# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI documents of a deployment: those of all APIs, with its own paths and lifecycles in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import decompress

import orjson

from app.apis import Api, Version
from app.composition.served_apis import served_apis
from app.domain.mapping.mapping import VersionMapping
from app.errors import StartError
from app.settings import Settings
from app.spec.bundle import Files, bundle
from app.spec.declarations import Overrides, apply_overrides, read_lifecycles
from app.spec.nesting import collection_path
from app.spec.offered_operations import answering, remove_disabled_operations
from app.spec.structure import refuse_malformed


@dataclass(frozen=True)
class ApiDocument:
    """The document of a version of an API, with this deployment's paths and lifecycles in it."""

    api: Api
    version: str
    views: Mapping[str, VersionMapping]
    base_path: str
    document: dict[str, Any]

    @property
    def collections(self) -> dict[str, str]:
        """The path of each resource's collection; that of one within another has the parent's id in braces."""
        declared = self.document["x-tmf-resources"]
        return {name: self.base_path + collection_path(name, declared) for name in self.views}


def api_documents(settings: Settings, apis: Sequence[Api] | None = None) -> list[ApiDocument]:
    """The documents of every version of the `apis`, with this deployment's paths and lifecycles in them.

    Without `apis`, of those that a server with these settings has. Raises `StartError` for a wrong document or
    setting.
    """
    apis = served_apis(settings) if apis is None else apis
    lifecycles = read_lifecycles(settings.lifecycles)
    paths = _own_paths(settings)
    versions = [(api, name, version) for api in apis for name, version in api.versions.items()]
    _refuse_unknown("LIAISON_BASE_PATHS", paths, [version.document for _, _, version in versions])
    _refuse_unknown(
        f"LIAISON_LIFECYCLES={settings.lifecycles}", lifecycles, [name for api in apis for name in api.rules]
    )
    project = Files()
    files = {version.folder: Files(version.folder, project) for _, _, version in versions}
    documents = [
        _contract(api, name, version, _document(version, files[version.folder], lifecycles, settings), settings, paths)
        for api, name, version in versions
    ]
    texts: dict[str, str] = {}
    for each in documents:
        _share_texts(each.document, texts)
    if len({contract.base_path for contract in documents}) < len(documents):
        raise StartError("LIAISON_BASE_PATHS gives two APIs the same base path; each needs its own")
    return documents


def _document(version: Version, files: Files, lifecycles: Overrides, settings: Settings) -> dict[str, Any]:
    bundled = orjson.loads(decompress(version.bundled)) if version.bundled else bundle(version.document, files)
    document = remove_disabled_operations(apply_overrides(bundled, lifecycles), settings.on)
    document = answering(document, settings.partial_status)
    refuse_malformed(document, version.document)
    return document


def _share_texts(value: Any, texts: dict[str, str]) -> Any:
    """A JSON value in which equal `texts` are one object; changes it in place. Documents repeat most of their texts."""
    if isinstance(value, str):
        return texts.setdefault(value, value)
    for place in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        value[place] = _share_texts(value[place], texts)
    return value


def _contract(
    api: Api, name: str, version: Version, document: dict[str, Any], settings: Settings, paths: Mapping[str, str]
) -> ApiDocument:
    base_path = settings.path_prefix.rstrip("/") + paths.get(version.document, document["servers"][0]["url"])
    document["servers"] = [{"url": base_path}]
    return ApiDocument(api, name, version.views, base_path, document)


def _own_paths(settings: Settings) -> dict[str, str]:
    pairs = [pair.strip().partition("=") for pair in settings.base_paths.split(",") if pair.strip()]
    for document, _, path in pairs:
        if not path.startswith("/") or path.endswith("/"):
            raise StartError(f"LIAISON_BASE_PATHS: '{document}={path}' should be like 'party-v4=/tmf-api/party/v4'")
    return {document: path for document, _, path in pairs}


def _refuse_unknown(place: str, named: Mapping[str, object], known_names: list[str]) -> None:
    for name in named:
        if name not in known_names:
            raise StartError(f"{place}: '{name}' is not known; known are {', '.join(known_names)}")
