"""The driver's names for those above the storage: a client, a session, a failure, a row as bytes."""

from collections.abc import Mapping
from typing import Any

from bson import encode
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError

Client = AsyncMongoClient[dict[str, Any]]
Session = AsyncClientSession
DatabaseError = PyMongoError
EncodedRow = RawBSONDocument

__all__ = ["Client", "DatabaseError", "EncodedRow", "Session", "bson_size"]


def bson_size(document: Mapping[str, Any]) -> int:
    """How many bytes a document takes as BSON."""
    return len(encode(document))
