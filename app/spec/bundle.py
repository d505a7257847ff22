# SPDX-License-Identifier: Apache-2.0
"""The bundler: makes one whole OpenAPI document of the files into which it is split.

A file refers to another only as `file.yaml#/components/<section>/<Name>`. The component is copied into the components
of the document, under the name that it has in its own file. The standard operations of the resources that a
document declares are expanded (`app.spec.expansion`). A document may put a component of its own in
the place of one of another file; it says so with `x-replaces: file.yaml`.
"""

import json
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from app.errors import StartError
from app.spec.blanks import forbid_blanks
from app.spec.composition import part_additions
from app.spec.expansion import expand, is_versioned, merge, shared_file, template_file
from app.spec.optional_classes import with_optional_classes
from app.spec.reach import unused_components
from app.spec.removal import permit_nulls
from app.spec.security import declare_scheme
from app.spec.server_responses import with_server_responses
from app.spec.yaml_loader import load_yaml

Node = Any
"""Anything that YAML can hold: a mapping, a list, a text, a number, a boolean or None."""

_PACKAGED = Path(__file__).parents[1] / "openapi"
_CHECKED_OUT = Path(__file__).parents[2] / "openapi"

OPENAPI = _PACKAGED if _PACKAGED.is_dir() else _CHECKED_OUT
"""Folder of the documents: inside the package when installed, else at the top of the repository."""

_COMPONENT = re.compile(r"/components/([^/]+)/([^/]+)")
_REPLACES = "x-replaces"


MOST_BYTES = 20_000_000
"""Bytes of a file; TM Forum's largest document has two million."""
MOST_NODES = 2_000_000
"""Values in a file once its aliases are written out."""
DEEPEST = 100
"""Levels of a file; TM Forum's documents have fewer than thirty."""


class BundleError(StartError):
    """The files do not make one document; the message names the files and what would be right."""


def names(folder: Path = OPENAPI) -> list[str]:
    """The documents that `folder` holds, such as `party-v4`, in alphabetical order."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


class Files:
    """The YAML files of a folder, each parsed once for all documents that use it.

    A file that the folder lacks, such as `shared/v4.yaml`, is taken from the project's own folder.
    """

    def __init__(self, folder: Path = OPENAPI, project: "Files | None" = None) -> None:
        """Who reads several folders gives the files of the `project`, so that they are read once."""
        self._folder, self._project = folder, project
        self._read: dict[str, dict[str, Any]] = {}

    def content(self, file: str, wanted_by: str) -> dict[str, Any]:
        """The parsed content of a file, which callers may not change. Raises `BundleError`."""
        if file not in self._read:
            own = self._folder / file
            shared = OPENAPI / file
            is_shared = not own.exists() and shared.exists()
            if is_shared and self._project:
                return self._project.content(file, wanted_by)
            self._read[file] = _read(shared if is_shared else own, wanted_by)
        return self._read[file]


def bundle(name: str, source: Path | Files = OPENAPI) -> dict[str, Any]:
    """The document `name` with every reference made local, and with all that generators of clients need.

    `source` is the folder of its files, or `Files`, which several documents may share.
    Raises `BundleError` if a file or what it should hold is missing, or if two files mean different things by a name.
    """
    files = source if isinstance(source, Files) else Files(source)
    document = _Bundle(files, f"{name}.yaml").whole()
    forbid_blanks(document)
    unused = unused_components(document)
    permit_nulls(document)
    # Schemas of merge patches have variants now, so components that only those referred to are unused.
    for section, name in set(unused_components(document)).difference(unused):
        del document["components"][section][name]
    part_additions(document)
    return declare_scheme(document)


def borrows(name: str, folder: Path = OPENAPI) -> bool:
    """Whether the document `name` takes its declarations from another one, whose shape is stored."""
    return "$ref" in Files(folder).content(f"{name}.yaml", wanted_by=name).get("x-tmf-resources", {})


def write(directory: Path, folder: Path = OPENAPI) -> list[Path]:
    """Bundle every document, as clients are told it, into `directory` as `<name>.json`; returns the paths written."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    files = Files(folder)
    for name in names(folder):
        path = directory / f"{name}.json"
        told = with_optional_classes(bundle(name, files))
        path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return written


class _Bundle:
    """The bundling of one document: which component it has taken from which file."""

    def __init__(self, files: Files, root: str) -> None:
        self._files, self._root = files, root
        self._template = self._shared = root
        self._own: dict[str, dict[str, Node]] = {}
        self._standard: dict[str, dict[str, Node]] = {}
        self._components: dict[str, dict[str, Node]] = {}
        self._owners: dict[tuple[str, str], str] = {}
        self._waiting: list[tuple[str, str, str, str]] = []

    def whole(self) -> dict[str, Any]:
        document = dict(self._files.content(self._root, wanted_by=self._root))
        document["x-tmf-resources"] = declared = self._declarations(document.get("x-tmf-resources", {}))
        if declared:
            document = self._expand(document, declared)
        if "paths" in document and is_versioned(document):
            own = document.get("components", {}).get("responses", {})
            document["paths"] = with_server_responses(document["paths"], shared_file(document), own)
        self._own = document.pop("components", {})
        own = [(section, name) for section, members in self._own.items() for name in members]
        self._owners = dict.fromkeys(own, self._root)
        for section, name in own:
            self._take(self._root, section, name, wanted_by=self._root)
        whole: dict[str, Any] = self._localize(document, self._root)
        while self._waiting:
            self._copy(*self._waiting.pop())
        return {**whole, "components": self._components}

    def _expand(self, document: dict[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
        """The document with the standard operations of the resources that it declares."""
        try:
            self._template, self._shared = template_file(document), shared_file(document)
            template = self._files.content(self._template, wanted_by=self._root)
            document, self._standard = expand(document, template, declared)
        except StartError as wrong:
            raise BundleError(f"{self._root}: {wrong}") from None
        return document

    def _localize(self, node: Node, file: str) -> Node:
        """A copy of a node of `file` in which every reference points into this document."""
        if isinstance(node, list):
            return [self._localize(item, file) for item in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            return {**node, "$ref": self._local(node["$ref"], file)}
        copy = {key: self._localize(value, file) for key, value in node.items() if key != _REPLACES}
        if isinstance(node.get("discriminator"), dict) and "mapping" in node["discriminator"]:
            mapping = node["discriminator"]["mapping"]
            copy["discriminator"]["mapping"] = {kind: self._local(ref, file) for kind, ref in mapping.items()}
        return copy

    def _local(self, reference: str, file: str) -> str:
        """The local form of `reference`, which is in `file`; makes its target part of this document."""
        path, _, pointer = reference.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file), path)) if path else file
        if ":" in path or posixpath.isabs(target) or target.startswith(".."):
            raise BundleError(f"{file}: {reference!r} should lead to a file beside it, or below; nothing is fetched")
        component = _COMPONENT.fullmatch(pointer)
        if component is None:
            raise BundleError(f"{file}: {reference!r} should end in #/components/<section>/<Name>")
        self._take(target, component[1], component[2], wanted_by=file)
        return f"#{pointer}"

    def _take(self, file: str, section: str, name: str, wanted_by: str) -> None:
        """Copy a component of `file`, or the document's own that replaces it, into this document, once."""
        file = self._home(file, section, name)
        owner = self._owners.setdefault((section, name), file)
        if file not in (owner, self._replaced_file(section, name)):
            raise BundleError(
                f"{wanted_by} asks for {section}/{name} of {file}, but {owner} means something else by that name;"
                " one of the two needs another name, or the document's own says `x-replaces`"
            )
        members = self._components.setdefault(section, {})
        if name not in members:
            # The copy is made later, as components refer to each other in circles and in long chains.
            members[name] = None
            self._waiting.append((owner, section, name, wanted_by))

    def _copy(self, owner: str, section: str, name: str, wanted_by: str) -> None:
        """Copy the content of a component whose name was taken (`_take`)."""
        # References in expanded parts are relative to the document itself.
        speaker = self._root if owner == self._template else owner
        component = self._component(owner, section, name, wanted_by)
        self._components[section][name] = self._localize(component, speaker)

    def _home(self, file: str, section: str, name: str) -> str:
        """The file of a component: a document's own is in it, else among the standard ones, else in what it shares."""
        if file != self._root or name in self._own.get(section, {}):
            return file
        return self._template if name in self._standard.get(section, {}) else self._shared

    def _replaced_file(self, section: str, name: str) -> str | None:
        """The file whose component the document's own of this name replaces, if it replaces any."""
        component = self._own.get(section, {}).get(name)
        file = component.get(_REPLACES) if isinstance(component, dict) else None
        if file is not None:
            self._component(file, section, name, wanted_by=self._root)
        return file

    def _component(self, file: str, section: str, name: str, wanted_by: str) -> Node:
        try:
            if file == self._template != self._root:
                return self._standard[section][name]
            return self._files.content(file, wanted_by)["components"][section][name]
        except KeyError:
            raise BundleError(f"{file} has no components/{section}/{name}, which {wanted_by} asks for") from None

    def _declarations(self, declared: dict[str, Any]) -> dict[str, Any]:
        """The resource declarations: the document's own, or those of the document that it borrows them from, with what
        it says otherwise in their place; null is said of a resource that its version does not have."""
        reference = declared.get("$ref")
        if reference is None:
            return declared
        path, _, pointer = reference.partition("#")
        lender = self._files.content(path, wanted_by=self._root)
        if pointer != "/x-tmf-resources" or "x-tmf-resources" not in lender:
            raise BundleError(f"{self._root}: {reference!r} should name the x-tmf-resources of another document")
        otherwise = {resource: own for resource, own in declared.items() if resource != "$ref"}
        if unknown := sorted(otherwise.keys() - lender["x-tmf-resources"].keys()):
            raise BundleError(f"{self._root}: x-tmf-resources.{unknown[0]}: {path} declares no such resource")
        borrowed: dict[str, Any] = merge(lender["x-tmf-resources"], otherwise)
        return {resource: each for resource, each in borrowed.items() if each is not None}


def refuse_unbounded(node: Node, file: str) -> None:
    """Raise `BundleError` for a file with too many values or levels, once its aliases are written out."""
    sizes: dict[int, int] = {}

    def size(value: Node, level: int) -> int:
        if not isinstance(value, dict | list):
            return 1
        if level > DEEPEST:
            raise BundleError(f"{file} has more than {DEEPEST} levels, or leads back into itself")
        if id(value) not in sizes:
            inner = value.values() if isinstance(value, dict) else value
            sizes[id(value)] = 1 + sum(size(each, level + 1) for each in inner)
        return sizes[id(value)]

    if size(node, 0) > MOST_NODES:
        raise BundleError(f"{file} holds more than {MOST_NODES} values")


def _read(path: Path, wanted_by: str) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BundleError(f"{path} has more than {MOST_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
        read = load_yaml(text)
    except FileNotFoundError:
        raise BundleError(f"{path} does not exist, but {wanted_by} asks for it") from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise BundleError(f"{path} is not YAML as it should be: {reason}") from None
    except UnicodeDecodeError:
        raise BundleError(f"{path} is not UTF-8") from None
    except RecursionError:
        raise BundleError(f"{path} is nested too deeply") from None
    refuse_unbounded(read, str(path))
    if not isinstance(read, dict):
        raise BundleError(f"{path} should hold a mapping, not {type(read).__name__}")
    return read
