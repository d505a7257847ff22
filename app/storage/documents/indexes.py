# SPDX-License-Identifier: Apache-2.0
"""Creates the indexes that the documents declare."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from pymongo import ASCENDING, IndexModel

from app.domain.events import lower_camel
from app.storage.documents.filters import field
from app.storage.documents.rows import STATE
from app.storage.mongod.durable import Database

_NO_STATES: Mapping[str, str] = MappingProxyType({})


async def ensure(
    database: Database, declared: Mapping[str, Iterable[Sequence[str]]], states: Mapping[str, str] = _NO_STATES
) -> None:
    """Create what is missing of the `declared` indexes: by resource, lists of paths of the stored document.

    Each ends with `_id`, so that a filtered list comes out of the index in its order. `states` are the attributes that
    are looked for by what is kept beside the document: an index of them alone has one at its side that has it so, and
    in any other it stands there in their place.
    """
    for resource, indexes in declared.items():
        if models := [_model(fields) for paths in indexes for fields in _fields(paths, states.get(resource))]:
            await database[lower_camel(resource)].create_indexes(models)


def _fields(paths: Sequence[str], state: str | None) -> Iterator[list[str]]:
    fields = [field(tuple(path.split("."))) for path in paths]
    if state not in paths:
        yield fields
        return
    if len(paths) == 1:
        yield fields
    yield [STATE if path == state else name for path, name in zip(paths, fields, strict=True)]


def _model(fields: Iterable[str]) -> IndexModel:
    return IndexModel([*((name, ASCENDING) for name in fields), ("_id", ASCENDING)])
