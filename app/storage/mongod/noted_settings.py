# SPDX-License-Identifier: Apache-2.0
"""The settings that the server last started with, noted in its database for the commands that work beside it.

The collection `deployment` has one row for them: `{_id: "settings", settings: {variable: value}}`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from app.settings import Settings

COLLECTION = "deployment"
ROW = "settings"

PUBLIC_URL = "LIAISON_PUBLIC_URL"
PATHS = (
    "LIAISON_APIS",
    "LIAISON_LIFECYCLES",
    "LIAISON_SCHEMAS",
    "LIAISON_RETENTION",
    "LIAISON_POLICIES",
    "LIAISON_SURVEY_POLICIES",
    "LIAISON_IDENTITY_RULES",
    "LIAISON_INTERACTION_POLICIES",
    "LIAISON_NOTICE_TEMPLATES",
    "LIAISON_SMTP_CA",
)
"""Settings that are paths, several by commas: noted as absolute paths, as commands run in any directory."""
NOTED = (
    PUBLIC_URL,
    "LIAISON_PATH_PREFIX",
    "LIAISON_BASE_PATHS",
    *PATHS,
    "LIAISON_ARCHIVE",
    "LIAISON_REFERENCES",
    "LIAISON_UNIQUE",
    "LIAISON_MATCHING",
    "LIAISON_INSIGHT",
    "LIAISON_CLOSED_CHANGES",
    "LIAISON_DIRECT_MOVES",
    "LIAISON_MAX_BODY_BYTES",
    "LIAISON_ATTACHMENT_BYTES",
    "LIAISON_ATTACHMENT_TYPES",
    "LIAISON_ATTACHMENT_SCAN",
    "LIAISON_ATTACHMENT_SCAN_SECONDS",
    "LIAISON_IDEMPOTENCY_HOURS",
    "LIAISON_QUERY_TIMEOUT_MS",
    "LIAISON_PAYLOAD_DAYS",
    "LIAISON_SEALING",
    "LIAISON_OPEN_TOPICS",
    "LIAISON_DELIVERY_TIMEOUT_SECONDS",
    "LIAISON_DELIVERY_RETRY_HOURS",
    "LIAISON_CALLBACK_NETWORKS",
    "LIAISON_NOTICE_LANGUAGE",
    "LIAISON_NOTICE_HOOKS",
    "LIAISON_SMTP_HOST",
    "LIAISON_SMTP_PORT",
    "LIAISON_SMTP_TLS",
    "LIAISON_SMTP_USER",
    "LIAISON_SMTP_FROM",
    "LIAISON_SMTP_UNSUBSCRIBE",
    "LIAISON_SMTP_SECONDS",
)
"""The settings that are noted: those that decide over data, URLs, and whom the server may call or write to.

Others concern a single process, name the database, or are secret.
"""

Noted = Mapping[str, str]


def noted_values(settings: Settings) -> dict[str, str]:
    """The noted settings among `settings`, by variable; the root of URLs as it is in force."""
    values = settings.environment() | {PUBLIC_URL: settings.root_url}
    return {name: values[name] for name in NOTED} | {name: _absolute(values[name]) for name in PATHS}


def _absolute(paths: str) -> str:
    return ",".join(str(Path(each.strip()).expanduser().absolute()) for each in paths.split(",") if each.strip())


def note(settings: Settings) -> None:
    """Note the settings of a server that starts, if they differ from the noted ones. Raises `PyMongoError`."""
    values = noted_values(settings)
    if read(settings) != values:
        with MongoClient[dict[str, Any]](settings.mongodb_uri, w="majority") as client:
            row = {"_id": ROW, "settings": values}
            client[settings.database][COLLECTION].replace_one({"_id": ROW}, row, upsert=True)


def read(settings: Settings) -> Noted:
    """The settings noted in the database of `settings`; empty when no server has started. Raises `PyMongoError`."""
    with MongoClient[dict[str, Any]](settings.mongodb_uri) as client:
        row = client[settings.database][COLLECTION].find_one({"_id": ROW})
    return row["settings"] if row else {}
