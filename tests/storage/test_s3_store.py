# SPDX-License-Identifier: Apache-2.0
"""An archive store in S3 that is down, slow, loses answers, keeps versions, or is not what it should be."""

import sys
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from app.composition.archive import archive_store
from app.errors import StartError, Unavailable
from app.storage.archive.s3_address import S3Address
from app.storage.archive.s3_store import S3Store
from app.storage.archive.store import ObjectExists, ObjectMissing
from app.storage.mongod.durable import Database
from tests.object_store import PLAIN, VERSIONED, ObjectStore
from tests.storage.store_faults import Fault, FaultyStore, faulty

pytestmark = pytest.mark.anyio


@pytest.fixture
async def proxy(reached_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FaultyStore]:
    """A proxy before the object store that the environment names in its place; a request is tried twice."""
    async with faulty(reached_store.endpoint) as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", made.endpoint)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
        yield made


@pytest.fixture
async def store(proxy: FaultyStore) -> AsyncIterator[S3Store]:
    made = S3Store(S3Address(PLAIN, f"{uuid4()}/"))
    yield made
    await made.close()


async def test_a_lost_answer_is_no_failure(store: S3Store, proxy: FaultyStore) -> None:
    proxy.fault = Fault.LOSE_ONE_ANSWER
    await store.put("a", b"1")
    proxy.fault = Fault.LOSE_ONE_ANSWER
    assert await store.get("a") == b"1"
    proxy.fault = Fault.LOSE_ONE_ANSWER
    await store.delete("a")
    assert [name async for name in store.names()] == []


@pytest.mark.parametrize(("fault", "why"), [(Fault.DOWN, "ConnectionClosedError"), (Fault.SLOW, r"no answer within")])
async def test_while_it_is_down_or_slow_it_is_unavailable_and_nothing_is_lost(
    store: S3Store, proxy: FaultyStore, fault: Fault, why: str
) -> None:
    await store.put("a", b"1")
    proxy.fault, store._seconds = fault, 0.3 if fault is Fault.SLOW else 30
    for failing in (store.put("b", b""), store.get("a"), store.delete("a"), store.names().__anext__()):
        with pytest.raises(Unavailable, match=rf"The archive's bucket '{PLAIN}' cannot be \w+( from)?: {why}"):
            await failing
    proxy.fault = Fault.NONE
    assert await store.get("a") == b"1"
    with pytest.raises(ObjectMissing):
        await store.get("b")


async def test_without_conditional_writes_it_looks_before(store: S3Store, proxy: FaultyStore) -> None:
    proxy.fault = Fault.UNCONDITIONAL
    for _ in range(2):
        await store.put("a", b"1")
    with pytest.raises(ObjectExists):
        await store.put("a", b"2")
    assert await store.get("a") == b"1"


async def test_what_is_deleted_leaves_no_version(reached_store: ObjectStore) -> None:
    outside, prefix = reached_store.client, f"{uuid4()}/"
    for version in (b"1", b"2"):
        outside.put_object(Bucket=VERSIONED, Key=f"{prefix}a", Body=version)
        outside.delete_object(Bucket=VERSIONED, Key=f"{prefix}a")
    outside.put_object(Bucket=VERSIONED, Key=f"{prefix}a.1", Body=b"another object")
    store = S3Store(S3Address(VERSIONED, prefix))
    await store.put("a", b"3")
    await store.delete("a")
    await store.close()
    left = outside.list_object_versions(Bucket=VERSIONED, Prefix=prefix)
    assert [each["Key"] for each in left["Versions"]] == [f"{prefix}a.1"]
    assert "DeleteMarkers" not in left


async def test_a_bucket_that_is_not_there_is_unavailable_and_no_missing_object(reached_store: ObjectStore) -> None:
    store = S3Store(S3Address("elsewhere"))
    for failing in (store.put("a", b""), store.get("a"), store.names().__anext__()):
        with pytest.raises(Unavailable, match=r"'elsewhere' cannot be .*: NoSuchBucket"):
            await failing
    await store.close()


async def test_a_wrong_key_is_unavailable_and_told_by_its_code(
    reached_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    store = S3Store(S3Address(PLAIN))
    with pytest.raises(Unavailable, match="SignatureDoesNotMatch"):
        await store.put("a", b"")
    await store.close()


async def test_without_its_library_the_start_says_what_to_install(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "aiobotocore", None)
    with pytest.raises(StartError, match=r"pip install 'liaison\[s3\]'") as refused:
        archive_store("s3://bundles", database)
    assert "\n" not in str(refused.value)
