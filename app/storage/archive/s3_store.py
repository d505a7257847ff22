# SPDX-License-Identifier: Apache-2.0
"""An archive store in an S3-compatible object store, such as AWS S3, MinIO or Ceph."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from typing import Any

from aiohttp import ClientError as TransferError
from botocore.exceptions import BotoCoreError, ClientError

from app.errors import Unavailable
from app.storage.archive.s3_address import S3Address
from app.storage.archive.store import NAME, ObjectExists, ObjectMissing, require_name

CONNECT_SECONDS, READ_SECONDS = 5, 20
OPERATION_SECONDS = 60.0
"""Seconds for one operation with all its retries: a task that waits for it holds up others."""


class S3Store:
    """See `ArchiveStore`. An object's key is the prefix and its name.

    Endpoint, region, credentials and retries are those of the AWS SDKs: variables `AWS_…`, shared files, or what the
    machine has. A store that cannot be reached, refuses, or takes longer than `seconds` is `Unavailable`.
    """

    def __init__(self, address: S3Address, seconds: float = OPERATION_SECONDS) -> None:
        self._bucket, self._prefix = address.bucket, address.prefix
        self._seconds = seconds
        self._connecting = asyncio.Lock()
        self._running = AsyncExitStack()
        self._client: Any = None

    async def put(self, name: str, content: bytes) -> None:
        """See `ArchiveStore`. A retry after a lost answer meets its own object, which has the same content."""
        require_name(name)
        async with self._operation("written") as client:
            is_new = await self._create(client, self._prefix + name, content)
        if not is_new and await self.get(name) != content:
            raise ObjectExists(name)

    async def get(self, name: str) -> bytes:
        """See `ArchiveStore`."""
        require_name(name)
        async with self._operation("read") as client:
            try:
                answer = await client.get_object(Bucket=self._bucket, Key=self._prefix + name)
            except client.exceptions.NoSuchKey:
                raise ObjectMissing(name) from None
            async with answer["Body"] as body:
                content: bytes = await body.read()
        return content

    async def names(self, prefix: str = "") -> AsyncIterator[str]:
        """See `ArchiveStore`."""
        async with self._operation("listed") as client:
            pages = client.get_paginator("list_objects_v2")
            where = {"Bucket": self._bucket, "Prefix": self._prefix + prefix}
            keys = [each["Key"] async for page in pages.paginate(**where) for each in page.get("Contents", ())]
        for name in (key.removeprefix(self._prefix) for key in keys):
            if NAME.fullmatch(name):
                yield name

    async def delete(self, name: str) -> None:
        """See `ArchiveStore`. In a bucket with versions each of them is deleted, so that none comes back."""
        require_name(name)
        key = self._prefix + name
        async with self._operation("deleted from") as client:
            pages = client.get_paginator("list_object_versions")
            versions = [
                each["VersionId"]
                async for page in pages.paginate(Bucket=self._bucket, Prefix=key)
                for each in [*page.get("DeleteMarkers", ()), *page.get("Versions", ())]
                if each["Key"] == key
            ]
            for version in versions:
                await client.delete_object(Bucket=self._bucket, Key=key, VersionId=version)

    async def close(self) -> None:
        """See `ArchiveStore`."""
        self._client = None
        await self._running.aclose()

    @asynccontextmanager
    async def _operation(self, what: str) -> AsyncIterator[Any]:
        """The client, for one operation. Raises `Unavailable` when that fails; says no more than the kind of failure,
        as endpoints are nobody's business who reads of it."""
        try:
            async with asyncio.timeout(self._seconds):
                yield await self._connect()
        except ClientError as refusal:
            raise self._unavailable(what, refusal.response["Error"].get("Code", str(_status(refusal)))) from refusal
        except (BotoCoreError, TransferError) as failure:
            raise self._unavailable(what, type(failure).__name__) from failure
        except TimeoutError as late:
            raise self._unavailable(what, f"no answer within {self._seconds:g} s") from late

    def _unavailable(self, what: str, why: str) -> Unavailable:
        return Unavailable(f"The archive's bucket '{self._bucket}' cannot be {what}: {why}")

    async def _create(self, client: Any, key: str, content: bytes) -> bool:
        """Write an object unless its key is taken, and return whether it was free. The store itself decides, or where
        it has no conditional writes, a look before: no other attempt has the same name."""
        where = {"Bucket": self._bucket, "Key": key}
        try:
            await client.put_object(**where, Body=content, IfNoneMatch="*")
        except ClientError as refusal:
            if _status(refusal) == HTTPStatus.PRECONDITION_FAILED:
                return False
            if _status(refusal) != HTTPStatus.NOT_IMPLEMENTED:
                raise
            if (await client.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1)).get("Contents"):
                return False
            await client.put_object(**where, Body=content)
        return True

    async def _connect(self) -> Any:
        """The client, made when it is needed first."""
        async with self._connecting:
            if self._client is None:
                # It takes half a second to load, and a server process never needs it.
                from aiobotocore.config import AioConfig
                from aiobotocore.session import get_session

                config = AioConfig(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)
                connecting = get_session().create_client("s3", config=config)
                self._client = await self._running.enter_async_context(connecting)
        return self._client


def _status(refusal: ClientError) -> int:
    return int(refusal.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
