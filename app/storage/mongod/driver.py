# SPDX-License-Identifier: Apache-2.0
"""Names of the driver for the layers above storage, which do not import it: client, session, failure, encoded row."""

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
