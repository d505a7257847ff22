# SPDX-License-Identifier: Apache-2.0
"""The driver's names for those above the storage: a client, a session, a failure, a row as bytes."""

from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError

Client = AsyncMongoClient[dict[str, Any]]
Session = AsyncClientSession
DatabaseError = PyMongoError
EncodedRow = RawBSONDocument

__all__ = ["Client", "DatabaseError", "EncodedRow", "Session"]
