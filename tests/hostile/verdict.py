# SPDX-License-Identifier: Apache-2.0
"""Judges an answer to a hostile input: never a fault of the server, always a TMF Error, and nothing of the inside."""

import re
from collections.abc import Iterator

from tests.hostile.attack import Attack
from tests.hostile.connection import Exchange
from tests.raw import Answer

MEMBERS = {"@type", "code", "reason", "message", "status"}
LONGEST_ERROR = 20_000

INTERNALS = re.compile(
    rb"Traceback|File \"|site-packages|pymongo|orjson|jsonschema|httptools|uvicorn|starlette|connexion|werkzeug"
    rb"|surrogates not allowed|object at 0x|BSON|bson|mongod|_v4\b|\$elemMatch|\$regex|NoneType|Exception|errno"
)
"""Words that only the inside of the server has, unless the input itself says them."""

CODES = {400: {"20", "21", "22", "23", "24", "26", "28"}}
"""The codes of errors by status, where a status has several."""


def faults(attack: Attack, exchange: Exchange) -> Iterator[str]:
    """What is wrong with what came back; nothing when all is well."""
    if exchange.rest:
        yield f"what follows is no HTTP: {exchange.rest[:80]!r}"
    if not exchange.answers and not attack.silent:
        yield "reset without an answer" if exchange.reset else "no answer"
    for answer in exchange.answers:
        yield from _faults_of(answer, head=attack.method == "HEAD")
        yield from _leaks(answer, attack)


def _faults_of(answer: Answer, *, head: bool) -> Iterator[str]:
    if answer.status >= 500 and answer.status not in (501, 503, 505):
        yield f"status {answer.status}: {answer.body[:200]!r}"
    if answer.status == 503 and "retry-after" not in answer.headers:
        yield "503 without Retry-After"
    if "x-correlation-id" not in answer.headers:
        yield f"{answer.status} without a correlation id"
    if answer.status < 400:
        return
    if not head:
        yield from _shape(answer)


def _leaks(answer: Answer, attack: Attack) -> Iterator[str]:
    leaked = {match.group() for match in INTERNALS.finditer(answer.body)} if answer.status >= 400 else set()
    for word in leaked:
        if word not in attack.content:
            yield f"the inside shows: {word!r} in {answer.body[:300]!r}"


def _shape(answer: Answer) -> Iterator[str]:
    if not answer.headers.get("content-type", "").startswith("application/json"):
        yield f"{answer.status} is no JSON: {answer.body[:80]!r}"
        return
    if len(answer.body) > LONGEST_ERROR:
        yield f"an error of {len(answer.body)} bytes"
    error = answer.json()
    if not (isinstance(error, dict) and error.keys() >= MEMBERS):
        yield f"{answer.status} is no TMF Error: {answer.body[:200]!r}"
    elif error["status"] != str(answer.status) or error["code"] not in CODES.get(answer.status, {error["code"]}):
        yield f"{answer.status} says {error}"
