"""Creates the indexes that the documents declare."""

from collections.abc import Iterable, Mapping

from pymongo import ASCENDING, IndexModel

from app.storage.durable import Database, collection_of
from app.storage.filters import field


async def ensure(database: Database, declared: Mapping[str, Iterable[Iterable[str]]]) -> None:
    """Create what is missing of the `declared` indexes: by resource, lists of paths of the stored document.

    Each ends with `_id`, so that a filtered list comes out of the index in its order.
    """
    for resource, indexes in declared.items():
        if models := [_model(paths) for paths in indexes]:
            await database[collection_of(resource)].create_indexes(models)


def _model(paths: Iterable[str]) -> IndexModel:
    keys = [field(tuple(path.split("."))) for path in paths]
    return IndexModel([*((key, ASCENDING) for key in keys), ("_id", ASCENDING)])
