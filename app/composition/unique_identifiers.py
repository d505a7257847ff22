# SPDX-License-Identifier: Apache-2.0
"""The unique identifiers of a server: those that its documents declare (`x-unique`), as far as they are in force."""

from collections.abc import Mapping, Sequence

from app.composition.api_resources import ApiVersion
from app.domain.rules import Lifecycle
from app.domain.unique_identifiers import IsOver, UniqueIdentifier, UniqueIdentifiers
from app.errors import StartError

DEFAULT, OFF = "default", "off"


def unique_identifiers(
    chosen: str, parts: Sequence[ApiVersion], lifecycles: Mapping[str, Lifecycle]
) -> dict[str, UniqueIdentifiers]:
    """Those in force, by resource, as `LIAISON_UNIQUE` has `chosen`. Raises `StartError` for names that nobody has."""
    declared = {
        name: part.declared[name].unique
        for part in parts
        for name, resource in part.resources.items()
        if resource.has_stored_shape and part.declared[name].unique
    }
    names = _chosen_names(chosen, declared)
    found = {
        resource: tuple(each for each in of if each.name in names or (names == {DEFAULT} and not each.optional))
        for resource, of in declared.items()
    }
    return {name: UniqueIdentifiers(of, _end(of, lifecycles[name])) for name, of in found.items() if of}


def _chosen_names(chosen: str, declared: Mapping[str, Sequence[UniqueIdentifier]]) -> set[str]:
    names = {name.strip() for name in chosen.split(",")}
    if chosen in (DEFAULT, OFF):
        return {chosen} - {OFF}
    known = sorted({each.name for of in declared.values() for each in of})
    if unknown := sorted(names.difference(known)):
        told = f"'{unknown[0]}' is no unique identifier; there are {', '.join(known)}, or `{DEFAULT}`, or `{OFF}`"
        raise StartError(f"LIAISON_UNIQUE: {told}")
    return names


def _end(of: Sequence[UniqueIdentifier], lifecycle: Lifecycle) -> IsOver | None:
    if not any(each.while_live for each in of):
        return None
    final = [state for state, following in lifecycle.moves.items() if not following]
    texts = sorted(text for state in final for text in lifecycle.vocabulary.spellings(state))
    return IsOver(lifecycle.field, tuple(texts))
