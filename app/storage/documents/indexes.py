# SPDX-License-Identifier: Apache-2.0
"""The indexes that the documents declare, and how those of the database differ from them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pymongo import ASCENDING, IndexModel

from app.domain.events import lower_camel
from app.storage.documents import unique_index
from app.storage.documents.filters import field
from app.storage.documents.rows import FACT_INDEXES, NOTICE_INDEX, STATE
from app.storage.mongod.durable import Database
from app.storage.outbox import outbox

_NO_STATES: Mapping[str, str] = MappingProxyType({})
NO_OWNERS: Mapping[str, str] = MappingProxyType({})
MAIL_INDEX = "mailAddress"
"""The name of the index by which the senders of inbound e-mail are found, where that is received."""
_OF_THE_SERVER = frozenset(
    {
        "_id_",
        MAIL_INDEX,
        *(each.document["name"] for each in (outbox.INDEX, unique_index.INDEX, NOTICE_INDEX, *FACT_INDEXES)),
    }
)
"""The names of the indexes that each collection of a resource has whatever its document declares."""

Declared = Mapping[str, Iterable[Sequence[str]]]
"""By resource, lists of paths of the stored document."""


@dataclass(frozen=True)
class IndexDifference:
    """Of one collection: the indexes that are `missing`, and the names of those that no document declares (any more).

    What the database is building already is not missing.
    """

    collection: str
    missing: Sequence[IndexModel]
    undeclared: Sequence[str]

    @property
    def names(self) -> list[str]:
        """The names of the missing indexes."""
        return [model.document["name"] for model in self.missing]


async def ensure(
    database: Database,
    declared: Declared,
    states: Mapping[str, str] = _NO_STATES,
    owners: Mapping[str, str] = NO_OWNERS,
) -> None:
    """Create what is missing of the `declared` indexes, and wait until they are built.

    Each ends with `_id`, so that a filtered list comes out of the index in its order. `states` are the attributes, by
    resource, whose values are searched in lower case, beside the document (`STATE`): for an index on such an attribute
    alone there is a second one on `STATE`, and in any other index `STATE` takes its place.

    Behind the `_id` each index has the one of the `owners`, paths by resource, that tells a party's documents from
    others: so a party's list is filtered and counted in the index (ADR 0052).
    """
    for each in await differences(database, declared, states, owners):
        if each.missing:
            await database[each.collection].create_indexes(each.missing)


async def differences(
    database: Database,
    declared: Declared,
    states: Mapping[str, str] = _NO_STATES,
    owners: Mapping[str, str] = NO_OWNERS,
) -> list[IndexDifference]:
    """How the indexes of each resource's collection differ from those that `ensure` creates. Raises `PyMongoError`."""
    return [
        await _difference(
            database,
            lower_camel(resource),
            [
                _model(fields, owners.get(resource))
                for paths in indexes
                for fields in _fields(paths, states.get(resource))
            ],
        )
        for resource, indexes in declared.items()
    ]


async def _difference(database: Database, collection: str, models: Sequence[IndexModel]) -> IndexDifference:
    there = {name: dict(index["key"]) for name, index in (await database[collection].index_information()).items()}
    declared = [dict(model.document["key"]) for model in models]
    missing = [model for model, key in zip(models, declared, strict=True) if key not in there.values()]
    undeclared = [name for name, key in there.items() if name not in _OF_THE_SERVER and key not in declared]
    return IndexDifference(collection, missing, undeclared)


def _fields(paths: Sequence[str], state: str | None) -> Iterator[list[str]]:
    fields = [_field(path) for path in paths]
    if state not in paths:
        yield fields
        return
    if len(paths) == 1:
        yield fields
    yield [STATE if path == state else name for path, name in zip(paths, fields, strict=True)]


def _field(path: str) -> str:
    return field(tuple(path.split(".")))


def _model(fields: Sequence[str], owner: str | None) -> IndexModel:
    keys = [name for name in fields if "=" not in name]
    terms = dict(name.split("=", 1) for name in fields if "=" in name)
    return IndexModel(
        [(name, ASCENDING) for name in dict.fromkeys((*keys, "_id", *([_field(owner)] if owner else [])))],
        **({"partialFilterExpression": terms} if terms else {}),
    )
