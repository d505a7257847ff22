# SPDX-License-Identifier: Apache-2.0
"""The contract of archive stores, held to every one of them."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.storage.archive.collection_store import CollectionStore
from app.storage.archive.directory_store import DirectoryStore
from app.storage.archive.store import ArchiveStore, ObjectMissing
from app.storage.mongod.durable import Database

pytestmark = pytest.mark.anyio

Make = Callable[[Database, Path], ArchiveStore]
MADE: dict[str, Make] = {
    "collection": lambda database, _: CollectionStore(database),
    "directory": lambda _, folder: DirectoryStore(folder / "archive"),
}
LARGE = bytes(range(256)) * (17 << 12)
"""More than a row of MongoDB takes."""


@pytest.fixture(params=MADE)
async def store(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> AsyncIterator[ArchiveStore]:
    made = MADE[request.param](database, tmp_path)
    yield made
    await made.close()


async def names(store: ArchiveStore, prefix: str = "") -> list[str]:
    return [name async for name in store.names(prefix)]


@pytest.mark.parametrize("content", [b"", b"x", LARGE], ids=["nothing", "a byte", "more than a row"])
async def test_what_was_put_is_got(store: ArchiveStore, content: bytes) -> None:
    await store.put("a.1", content)
    assert await store.get("a.1") == content


async def test_the_last_put_counts(store: ArchiveStore) -> None:
    for content in (b"first", b"second", LARGE, b"last"):
        await store.put("a", content)
        assert await store.get("a") == content
    assert await names(store) == ["a"]


async def test_objects_are_listed_by_the_beginnings_of_their_names(store: ArchiveStore) -> None:
    assert await names(store) == []
    for name in ("b", "a.2", "a-1", "a.1", "aa.1"):
        await store.put(name, name.encode())
    assert await names(store) == ["a-1", "a.1", "a.2", "aa.1", "b"]
    assert await names(store, "a.") == ["a.1", "a.2"]


async def test_what_is_deleted_is_gone_and_nothing_else_is(store: ArchiveStore) -> None:
    await store.put("a", b"1")
    await store.put("b", b"2")
    for _ in range(2):
        await store.delete("a")
        with pytest.raises(ObjectMissing, match="'a'"):
            await store.get("a")
    assert await names(store) == ["b"]


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "a b", "ü", "-a", "a" * 201])
async def test_a_name_must_do_in_every_store(store: ArchiveStore, name: str) -> None:
    for refused in (store.put(name, b""), store.get(name), store.delete(name)):
        with pytest.raises(ValueError, match="no name of an object"):
            await refused


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "archive")
    store._write("a", b"1")
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "archive", tmp_path / "archive" / "a.bundle")] == [
        0o700,
        0o600,
    ]
    assert [path.name for path in (tmp_path / "archive").iterdir()] == ["a.bundle"]
