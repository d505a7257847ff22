# SPDX-License-Identifier: Apache-2.0
"""Connections to MongoDB: the options of every client, and the checks of the deployment (replica set, primary)."""

import re
from datetime import UTC
from typing import Any

from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import ConfigurationError, ConnectionFailure, InvalidURI, OperationFailure, PyMongoError

from app.errors import StartError, shorten
from app.settings import Settings

APPLICATION_NAME = "liaison"
SERVER_SELECTION_SECONDS = 5.0
"""How long a request waits for a database that cannot be reached."""
HEARTBEAT_SECONDS = 5.0
"""Seconds between two heartbeats of the driver. A server that hangs is given up after two, and operations on it fail.

There is no socket timeout: building an index may take long, and queries have timeouts of their own.
"""
PROBE_SECONDS = 2.0

HOW_TO_CHOOSE = (
    "Set MONGODB_URI to MongoDB 6 to 8 running as a replica set (one member is enough) or a sharded cluster, "
    "such as mongodb://db.example:27017/?replicaSet=rs0"
)
HOW_TO_MAKE_A_REPLICA_SET = "start mongod with --replSet rs0, then run rs.initiate() once in mongosh"

Document = dict[str, Any]


def connect(settings: Settings) -> AsyncMongoClient[Document]:
    """A client of the database that `settings` names; it connects when it is first used.

    Writes are acknowledged by a majority whatever the URI says; date-times come back aware, in UTC.
    Call `wait_for_primary` before: a client that was built without a primary believes that sessions are not supported.
    """
    if not settings.mongodb_uri:
        raise StartError(f"MONGODB_URI is empty. {HOW_TO_CHOOSE}, or use `liaison serve`, which starts one.")
    try:
        return AsyncMongoClient(settings.mongodb_uri, tzinfo=UTC, **_options(SERVER_SELECTION_SECONDS))
    except (InvalidURI, ConfigurationError) as error:
        raise _unusable(settings.mongodb_uri, error) from None


def wait_for_primary(uri: str, seconds: float) -> None:
    """Return once the replica set or sharded cluster at `uri` takes writes.

    Raises `StartError` when none does within `seconds`, when it is a standalone server or when it refuses us.
    """
    if not _can_transact(_hello_of_primary(uri, seconds)):
        raise _standalone(uri)


def redact(uri: str) -> str:
    """`uri` without secrets: password, key file password, properties of the authentication."""
    without_password = re.sub(r"//([^:@/]*):.*@", r"//\1:***@", uri, flags=re.DOTALL)
    return re.sub(r"(?i)\b(tlsCertificateKeyFilePassword|authMechanismProperties)=[^&]*", r"\1=***", without_password)


def _options(seconds: float) -> dict[str, Any]:
    return {
        "appname": APPLICATION_NAME,
        "w": "majority",
        "tz_aware": True,
        "uuidRepresentation": "standard",
        "serverSelectionTimeoutMS": int(seconds * 1000),
        "heartbeatFrequencyMS": int(HEARTBEAT_SECONDS * 1000),
        "connectTimeoutMS": int(HEARTBEAT_SECONDS * 1000),
    }


def _hello_of_primary(uri: str, seconds: float) -> Document:
    try:
        with MongoClient[Document](uri, **_options(seconds)) as client:
            return client.admin.command("hello")
    except ConnectionFailure as error:
        raise _missing(uri, seconds, error) from None
    except OperationFailure as error:
        reason = (error.details or {}).get("errmsg", error)
        raise StartError(f"MongoDB at {redact(uri)} refuses us: {reason}") from None
    except (InvalidURI, ConfigurationError) as error:
        raise _unusable(uri, error) from None


def _can_transact(hello: Document) -> bool:
    return "setName" in hello or hello.get("msg") == "isdbgrid"


def _missing(uri: str, seconds: float, error: PyMongoError) -> StartError:
    hello = _hello_of_one(uri)
    if hello is None:
        reason = shorten(error)
        return StartError(f"no MongoDB primary at {redact(uri)} within {seconds:g} s: {reason}. {HOW_TO_CHOOSE}.")
    if hello.get("isreplicaset"):
        return StartError(f"MongoDB at {redact(uri)} waits to become a replica set: run rs.initiate() in mongosh.")
    if _can_transact(hello):
        return StartError(
            f"no primary of the replica set that {redact(uri)} names within {seconds:g} s; "
            f"the server there belongs to the replica set {hello.get('setName')}."
        )
    return _standalone(uri)


def _hello_of_one(uri: str) -> Document | None:
    """The answer to `hello` of the only server of `uri`; None when it cannot be reached or `uri` names several."""
    try:
        with MongoClient[Document](uri, directConnection=True, replicaSet=None, **_options(PROBE_SECONDS)) as client:
            return client.admin.command("hello")
    except PyMongoError:
        return None


def _standalone(uri: str) -> StartError:
    return StartError(
        f"MongoDB at {redact(uri)} is a standalone server, which has no transactions; "
        f"a replica set is needed: {HOW_TO_MAKE_A_REPLICA_SET}."
    )


def _unusable(uri: str, error: PyMongoError) -> StartError:
    """The error for an unusable URI; without the driver's message if that may repeat a password."""
    reason = "user names and passwords must be percent-encoded" if "@" in uri else str(error)
    return StartError(f"MONGODB_URI={redact(uri)} cannot be used: {reason}. {HOW_TO_CHOOSE}.")
