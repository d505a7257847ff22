# SPDX-License-Identifier: Apache-2.0
"""The contract of archive stores, held to every one of them."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import pytest

from app.composition.archive import archive_store
from app.errors import StartError, Unavailable
from app.storage.archive.collection_store import CollectionStore
from app.storage.archive.directory_store import DirectoryStore
from app.storage.archive.store import ArchiveStore, ObjectExists, ObjectMissing
from app.storage.mongod.durable import Database
from tests.object_store import PLAIN, VERSIONED

pytestmark = pytest.mark.anyio

ADDRESSES: dict[str, Callable[[Path], str]] = {
    "collection": lambda _: "mongodb:",
    "directory": lambda folder: f"file:{folder / 'archive'}",
    "bucket": lambda _: f"s3://{PLAIN}/{uuid4()}",
    "versioned bucket": lambda _: f"s3://{VERSIONED}/{uuid4()}/archive/",
}
LARGE = bytes(range(256)) * (17 << 12)
"""More than a row of MongoDB takes."""


@pytest.fixture(params=ADDRESSES)
async def store(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> AsyncIterator[ArchiveStore]:
    if "bucket" in request.param:
        request.getfixturevalue("reached_store")
    made = archive_store(ADDRESSES[request.param](tmp_path), database)
    yield made
    await made.close()


async def names(store: ArchiveStore, prefix: str = "") -> list[str]:
    return [name async for name in store.names(prefix)]


@pytest.mark.parametrize("content", [b"", b"x", LARGE], ids=["nothing", "a byte", "more than a row"])
async def test_what_was_put_is_got(store: ArchiveStore, content: bytes) -> None:
    await store.put("a.1", content)
    assert await store.get("a.1") == content


async def test_what_was_put_is_never_replaced(store: ArchiveStore) -> None:
    for content in (b"first", b"first"):
        await store.put("a", content)
    for content in (b"", b"second", LARGE):
        with pytest.raises(ObjectExists, match="'a'"):
            await store.put("a", content)
    assert await store.get("a") == b"first"
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
    await store.put("a", b"another")
    assert await store.get("a") == b"another"


# A bucket has nothing of what was not completed.
@pytest.mark.parametrize("store", [name for name in ADDRESSES if "bucket" not in name], indirect=True)
async def test_what_was_not_completed_is_listed_and_deleted(
    store: ArchiveStore, database: Database, tmp_path: Path
) -> None:
    for name in ("a.1", "a.1.2", "a.2"):
        await store.put(name, LARGE)
    if isinstance(store, CollectionStore):
        await database["archive.files"].delete_many({"filename": {"$ne": "a.2"}})
    else:
        for name in ("a.1", "a.1.2"):
            (tmp_path / "archive" / f"{name}.bundle").rename(tmp_path / "archive" / f"{name}.4711.part")
    with pytest.raises(ObjectMissing):
        await store.get("a.1")
    assert await names(store) == ["a.1", "a.1.2", "a.2"]
    await store.delete("a.1")
    assert await names(store) == ["a.1.2", "a.2"]
    await store.delete("a.1.2")
    assert await names(store) == ["a.2"]
    assert await store.get("a.2") == LARGE


async def test_a_name_must_do_in_every_store(store: ArchiveStore) -> None:
    for name in ("", ".", "..", "../a", "a/b", "a b", "ü", "-a", "a" * 201):
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


async def test_a_directory_that_is_none_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(b"a file")
    store = DirectoryStore(tmp_path / "archive")
    for failing in (store.put("a", b""), store.get("a"), store.delete("a"), store.names().__anext__()):
        with pytest.raises(Unavailable, match="The archive's directory cannot be"):
            await failing


@pytest.mark.parametrize(
    "address",
    ["", "mongodb://elsewhere", "file:relative", "file://host/path", "s3:", "s3://B/x", "s3://ab", "s3://bucket/a b",
     "s3://bucket/a//b", "s3://bucket?region=x", "s3://me:canary@bucket/prefix", "S3:bucket", "https://bucket"],
)  # fmt: skip
async def test_what_is_no_address_of_a_store_is_told_without_what_is_secret(database: Database, address: str) -> None:
    with pytest.raises(StartError, match=r"LIAISON_ARCHIVE: .* should be 'mongodb:'.*'s3://bucket/prefix'") as refused:
        archive_store(address, database)
    assert "canary" not in str(refused.value)
