# SPDX-License-Identifier: Apache-2.0
"""Registration of extensions (`LIAISON_SCHEMAS`): checks that they fit the documents and each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from app.domain.query.attributes import ANY, Attribute
from app.errors import StartError
from app.spec.extension_attributes import Reader
from app.spec.extensions import Extension, Extensions
from app.spec.schemas import Schema, Schemas, discriminator_mapping

_VARIANT = "_"
"""A sign in the names of schemas that are views of a class (`Individual_FVO`), and no class of their own."""
_UNIONS = ("anyOf", "oneOf")


def load_extensions(directory: str, documents: Sequence[Schema]) -> Extensions:
    """The extensions whose schemas are in `directory` (`LIAISON_SCHEMAS`; empty for none), for bundled `documents`.

    Raises `StartError` naming the file that is wrong and what would be right.
    """
    if not directory:
        return Extensions()
    # Imported late: it takes long to load, and most deployments register no classes.
    from app.spec import schema_files

    loaded = schema_files.read(directory)
    _refuse_doubles(loaded)
    extensions = Extensions(loaded, _parents(documents))
    classes = [name for document in documents for name in document["components"]["schemas"] if _VARIANT not in name]
    for extension in loaded:
        _refuse_known(extension, classes)
        _refuse_baseless(extension, extensions, classes)
    return _with_attributes(extensions, Reader(loaded), documents)


def _refuse_doubles(extensions: Sequence[Extension]) -> None:
    owners: dict[str, Extension] = {}
    for extension in extensions:
        for what, value in (("title", extension.name), ("$id", extension.uri)):
            owner = owners.setdefault(f"{what} '{value}'", extension)
            if owner is not extension:
                raise StartError(f"{extension.source}: {what} '{value}' is that of another file, too: {owner.source}")


def _refuse_known(extension: Extension, classes: Sequence[str]) -> None:
    """Refuse the name of a class of the documents, in any letter case: clients may write those in any."""
    known = {name.lower(): name for name in classes}.get(extension.name.lower())
    if known:
        raise StartError(f"{extension.source}: title '{extension.name}' is a class already: {known}; choose another")


def _refuse_baseless(extension: Extension, extensions: Extensions, classes: Sequence[str]) -> None:
    root = extensions.root(extension)
    if extensions.lineage(root):
        raise StartError(f"{extension.source}: '{extension.name}' extends itself by way of '{root}'")
    if root not in classes:
        raise StartError(
            f"{extension.source}: '{root}', which '{extension.name}' extends, is no class; it should be a registered"
            " one or one of the documents, such as Individual, Customer, ContactMedium or Characteristic"
        )


def _parents(documents: Sequence[Schema]) -> dict[str, str]:
    """The base class of each class that the discriminator of a base class maps, by its name."""
    return {
        subclass: name
        for document in documents
        for name, schema in document["components"]["schemas"].items()
        if _VARIANT not in name and schema.keys().isdisjoint(_UNIONS)
        for subclass in discriminator_mapping(schema)
        if subclass != name
    }


def _with_attributes(extensions: Extensions, reader: Reader, documents: Sequence[Schema]) -> Extensions:
    """The extensions with the attributes that they declare, checked against those of the classes they extend."""
    whole: dict[str, Extension] = {}
    for extension in sorted(extensions, key=lambda each: len(extensions.lineage(each.name))):
        reader.refuse_unresolved(extension)
        above = extensions.only(whole[each.name] for each in extensions.lineage(extension.name)[1:])
        bases = _bases(extensions, extension, above, documents)
        declared = replace(
            extension, components=_without_redeclared(reader.components(extension), extension.name, bases)
        )
        _refuse_conflicts(declared, bases)
        whole[extension.name] = declared
    return extensions.only(whole[each.name] for each in extensions)


def _bases(
    extensions: Extensions, extension: Extension, above: Extensions, documents: Sequence[Schema]
) -> list[Attribute]:
    """The attributes of the class that an extension extends, in each document that knows the class."""
    bases = [(document, extensions.class_in(document, extension)) for document in documents]
    return [
        Schemas(above.extend_attributes(document)).tree(name)
        for document, name in bases
        if name in document["components"]["schemas"]
    ]


def _without_redeclared(components: Mapping[str, Schema], name: str, bases: Sequence[Attribute]) -> dict[str, Schema]:
    """The components without attributes that a base class declares and that have no type of their own here."""
    whole = components[name]
    own = {
        member: inner
        for member, inner in whole["properties"].items()
        if inner or not any(member in base.members for base in bases)
    }
    return {**components, name: {**whole, "properties": own}}


def _refuse_conflicts(extension: Extension, bases: Sequence[Attribute]) -> None:
    own = Schemas({"components": {"schemas": extension.components}}).tree(extension.name)
    for base in bases:
        for path, mine, theirs in _conflicts(own, base, "", set()):
            raise StartError(
                f"{extension.source}: {path} is declared as {_type_name(mine)},"
                f" but by {extension.base} as {_type_name(theirs)}; give it that type or another name"
            )


def _conflicts(
    own: Attribute, base: Attribute, path: str, seen: set[tuple[int, int]]
) -> Iterator[tuple[str, Attribute, Attribute]]:
    """The attributes within `own` that `base` declares with another kind, with their paths."""
    if (pair := (id(own), id(base))) in seen:
        return
    seen.add(pair)
    for name in own.members.keys() & base.members.keys():
        mine, theirs = own.members[name], base.members[name]
        if theirs.kind != ANY and (mine.kind, mine.array) != (theirs.kind, theirs.array):
            yield f"{path}{name}", mine, theirs
        yield from _conflicts(mine, theirs, f"{path}{name}.", seen)


def _type_name(attribute: Attribute) -> str:
    return f"array of {attribute.kind}" if attribute.array else attribute.kind
