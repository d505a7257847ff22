# SPDX-License-Identifier: Apache-2.0
"""The APIs of a server: those of this project, and those of a deployment's own documents (`LIAISON_APIS`)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import compress

import orjson

from app.apis import APIS, Api, Version
from app.composition.api_modules import ApiModule, load_module
from app.composition.checked_documents import checked_documents
from app.domain.events import lower_camel
from app.domain.mapping.mapping import VersionMapping
from app.domain.rules import Rules
from app.errors import DocumentsError, InvalidField, StartError
from app.events.delivery.callback_addresses import allowed_networks, check
from app.settings import Settings
from app.spec.bundle import Files, bundle
from app.spec.declarations import declarations, undeclared_attributes
from app.spec.hooks import HOOK
from app.spec.nesting import PARENT
from app.spec.server_sources import SOURCE
from app.storage.reserved_collections import RESERVED

_NAME = re.compile(r"(?P<api>[a-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*)-(?P<version>v[1-9][0-9]*)")
_NUMBER = re.compile(r"TMF[0-9]{3}")


@dataclass(frozen=True)
class DeployedDocument:
    """A document of a deployment: its `file`, and the bundled content."""

    file: Path
    api: str
    version: str
    document: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of the document, such as `usage-v4`."""
        return self.file.stem

    @property
    def base_path(self) -> str:
        return str(self.document["servers"][0]["url"])


def served_apis(settings: Settings) -> Sequence[Api]:
    """The APIs of a server with these settings, those of this project first.

    Raises `DocumentsError` with a line for each reason why a document of the deployment cannot be served.
    """
    if not settings.apis:
        return APIS
    wrong: list[str] = []
    project, checked = Files(), checked_documents(settings.apis)
    documents = [each for file in _files(settings.apis, wrong) if (each := _read(file, project, checked or {}, wrong))]
    if checked is None:
        wrong += _clashes(documents, project)
    wrong += [*_missing_mappings(documents), *_differing_parents(documents)]
    wrong += [*_forbidden_hooks(documents, settings), *_unknown_sources(documents)]
    apis = [*APIS]
    for versions in _by_api(documents):
        try:
            apis.append(_api(versions))
        except StartError as error:
            wrong.append(str(error))
    if wrong:
        raise DocumentsError("\n".join(wrong))
    return apis


def _files(listed: str, wrong: list[str]) -> Iterator[Path]:
    for place in map(Path, filter(None, map(str.strip, listed.split(",")))):
        if place.is_dir():
            yield from sorted(place.glob("*.yaml"))
        elif place.is_file():
            yield place
        else:
            wrong.append(f"LIAISON_APIS: there is no '{place}'; name directories of documents, or documents, by commas")


def _read(file: Path, project: Files, checked: Mapping[str, Any], wrong: list[str]) -> DeployedDocument | None:
    """The document in a file, `checked` already or now; None, with lines added to `wrong`, if a check of it fails."""
    named = _NAME.fullmatch(file.stem)
    if named is None:
        wrong.append(f"{file}: its name should be that of an API and a version, such as usage-v4.yaml")
        return None
    if str(file) in checked:
        return DeployedDocument(file, named["api"], named["version"], checked[str(file)])
    try:
        document = bundle(file.stem, Files(file.parent, project))
        lines = _problems(document, file.stem)
    except (KeyError, TypeError, AttributeError) as error:
        lines = [f"is not as an OpenAPI document should be: {type(error).__name__}: {error}"]
    except StartError as error:
        lines = [str(error).removeprefix(f"{file.name}: ").removeprefix(f"{file.stem}: ")]
    wrong += [f"{file}: {line}" for line in lines]
    return None if lines else DeployedDocument(file, named["api"], named["version"], document)


def _problems(document: dict[str, Any], name: str) -> list[str]:
    # Where there are no documents, nobody should wait for what it takes to lint some.
    from app.spec.lint import problems

    return problems(document) or list(undeclared_attributes(document, declarations(document, name)))


def _by_api(documents: Iterable[DeployedDocument]) -> list[list[DeployedDocument]]:
    apis: dict[str, list[DeployedDocument]] = {}
    for each in documents:
        apis.setdefault(each.api, []).append(each)
    return [sorted(versions, key=lambda each: int(each.version[1:])) for versions in apis.values()]


def _clashes(documents: Sequence[DeployedDocument], project: Files) -> Iterator[str]:
    """A line for each name, base path or resource that two documents, or a document and the server, would share."""
    named = [version.document for api in APIS for version in api.versions.values()]
    ours = [project.content(f"{name}.yaml", wanted_by=name) for name in named]
    paths = {str(document["servers"][0]["url"]): "an API of this server" for document in ours}
    names = {api.name: "an API of this server" for api in APIS}
    owners = {lower_camel(name).lower(): f"the API {api.name}" for api in APIS for name in api.rules}
    owners |= dict.fromkeys(RESERVED, "the server itself")
    for each in documents:
        if owner := paths.get(each.base_path):
            yield f"{each.file}: /servers/0/url: {each.base_path} is the base path of {owner}; each needs its own"
        if owner := names.get(each.api):
            yield f"{each.file}: the name {each.api} is that of {owner}; choose another"
        paths[each.base_path] = each.name
        for resource in each.document["x-tmf-resources"]:
            owner = owners.setdefault(resource.lower(), f"the API {each.api}")
            if owner != f"the API {each.api}":
                yield f"{each.file}: /x-tmf-resources/{resource}: {owner} has a resource or collection of this name"


def _missing_mappings(documents: Iterable[DeployedDocument]) -> Iterator[str]:
    for versions in _by_api(documents):
        module = versions[0].file.with_name(f"{versions[0].api}.py")
        if len(versions) > 1 and not module.is_file():
            others = ", ".join(each.name for each in versions)
            message = f"{others} are versions of one API; {module.name} must say how each sees what is stored"
            yield f"{versions[0].file}: {message}"


def _differing_parents(documents: Iterable[DeployedDocument]) -> Iterator[str]:
    """A resource is stored once for all versions, so it is within the same one in each."""
    for first, *later in _by_api(documents):
        for each in later:
            declared, earlier = each.document["x-tmf-resources"], first.document["x-tmf-resources"]
            for name in declared.keys() & earlier.keys():
                if declared[name].get(PARENT) != earlier[name].get(PARENT):
                    expected = earlier[name].get(PARENT) or "none"
                    yield f"{each.file}: /x-tmf-resources/{name}/{PARENT} should be {expected}, as in {first.name}"


def _forbidden_hooks(documents: Iterable[DeployedDocument], settings: Settings) -> Iterator[str]:
    """Hooks that may not be called, as no listener may be."""
    allowed = allowed_networks(settings.callback_networks)
    for each in documents:
        for name, declared in each.document["x-tmf-resources"].items():
            try:
                if HOOK in declared:
                    check(declared[HOOK], allowed, member=f"/x-tmf-resources/{name}/{HOOK}")
            except InvalidField as wrong:
                yield f"{each.file}: {wrong.message}"


def _unknown_sources(documents: Iterable[DeployedDocument]) -> Iterator[str]:
    """What the server would have to make, and makes for documents of its own alone."""
    for each in documents:
        for name, declared in each.document["x-tmf-resources"].items():
            if SOURCE in declared:
                place = f"/x-tmf-resources/{name}/{SOURCE}"
                yield f"{each.file}: {place}: the server makes none of {name}; take it out, and import what there is"


def _api(versions: list[DeployedDocument]) -> Api:
    newest = versions[-1]
    resources = list(dict.fromkeys(name for each in versions for name in each.document["x-tmf-resources"]))
    module = load_module(newest.file.with_name(f"{newest.api}.py"), resources)
    return Api(
        name=newest.api,
        number=_number(newest),
        versions={each.version: _version(each, module) for each in versions},
        rules={name: module.rules.get(name, Rules()) for name in resources},
    )


def _version(each: DeployedDocument, module: ApiModule) -> Version:
    views = module.views.get(each.version, {})
    return Version(
        each.name,
        {name: views.get(name, VersionMapping()) for name in each.document["x-tmf-resources"]},
        each.file.parent,
        compress(orjson.dumps(each.document), 1),
    )


def _number(each: DeployedDocument) -> str:
    """TM Forum's number of an API, if its document names it."""
    info = each.document["info"]
    found = _NUMBER.search(f"{info['title']} {info.get('description', '')}")
    return found[0] if found else ""
