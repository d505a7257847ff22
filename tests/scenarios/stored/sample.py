# SPDX-License-Identifier: Apache-2.0
"""The sample: where it is, what the servers of both releases are set to, and how a request and its answer are noted."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from bson import json_util

DATABASE = Path(__file__).with_name("database.json")
"""Every collection, as canonical extended JSON: `{name: {options, indexes, documents}}`."""

ANSWERS = Path(__file__).with_name("answers.json")
"""What was told of it: `{verified, reads, repeats, patches}`, in the order in which it was asked."""

CALLBACK = "http://127.0.0.1:9/events"
"""What stands in the sample for the address of the listener; whoever uses it has one of its own put in its place."""

SECRETS_KEY = "3q2-796tvu_erb7v3q2-796tvu_erb7v3q2-796tvu8="
"""The key of the sample's secrets. It guards nothing else."""

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""What the listener of the sample has its events signed with."""

PUBLIC_URL = "https://liaison.example.com"

_HEADERS = ("content-type", "etag", "idempotency-replayed", "last-modified", "link", "location", "x-total-count")

Exchange = dict[str, Any]


def exchange(client: httpx.Client, method: str, path: str, **more: Any) -> Exchange:
    """A request and its answer: `{request, status, headers, body}`. `more` is what httpx takes: `json`, `headers`."""
    answer = client.request(method, path, **more)
    return {
        "request": {"method": method, "path": path, **more},
        "status": answer.status_code,
        "headers": {name: answer.headers[name] for name in _HEADERS if name in answer.headers},
        "body": answer.json() if answer.content else None,
    }


def database(callback: str) -> dict[str, Any]:
    """The collections of the sample, with `callback` as the address of its listener."""
    options = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL, tz_aware=True)
    return dict(json_util.loads(_read(DATABASE, callback), json_options=options))


def answers(callback: str) -> dict[str, Any]:
    """What was told of it, likewise."""
    return dict(json.loads(_read(ANSWERS, callback)))


def write(callback: str, collections: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    """Put another sample in the place of this one; `callback` is the address that its listener had."""
    options = json_util.CANONICAL_JSON_OPTIONS
    stored = {
        name: json_util.dumps(rows, json_options=options, ensure_ascii=False) for name, rows in collections.items()
    }
    _write(DATABASE, callback, stored)
    _write(ANSWERS, callback, {name: _rows(part) for name, part in told.items()})


def _read(file: Path, callback: str) -> str:
    return file.read_text(encoding="utf-8").replace(CALLBACK, callback)


def _write(file: Path, callback: str, parts: Mapping[str, str]) -> None:
    text = ",\n".join(f'"{name}": {part}' for name, part in parts.items())
    file.write_text(f"{{\n{text}\n}}\n".replace(callback, CALLBACK), encoding="utf-8")


def _rows(part: Any) -> str:
    if not isinstance(part, list):
        return json.dumps(part)
    rows = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in part)
    return f"[\n{rows}\n]"
