# SPDX-License-Identifier: Apache-2.0
"""Replica set of one member, for the embedded mongod: transactions need a replica set."""

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from app.storage.mongod.client import Document

REPLICA_SET = "liaison"
SELECTION_MILLISECONDS = 1000
NOT_YET_INITIALIZED = 94


def be_only_member(host: str, port: int) -> None:
    """Configure the mongod at `host` and `port` as the only member. Raises `PyMongoError` while it is not ready."""
    with MongoClient[Document](
        host, port, directConnection=True, serverSelectionTimeoutMS=SELECTION_MILLISECONDS
    ) as client:
        configure(client, address=f"{host}:{port}")


def configure(client: MongoClient[Document], address: str) -> None:
    """Make the mongod of `client` the one member, at `address`, of its replica set, new or of an earlier run.

    Forced (`replSetReconfig`), as the address of the earlier run is gone, and with it the majority that could agree.
    Raises `PyMongoError` while mongod is not ready for it.
    """
    members = [{"_id": 0, "host": address}]
    stored = _stored_configuration(client)
    if stored is None:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
    elif [member["host"] for member in stored["members"]] != [address]:
        moved = {**stored, "members": members, "version": stored["version"] + 1}
        client.admin.command("replSetReconfig", moved, force=True)


def _stored_configuration(client: MongoClient[Document]) -> Document | None:
    try:
        configuration: Document = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code == NOT_YET_INITIALIZED:
            return None
        raise
    return configuration
