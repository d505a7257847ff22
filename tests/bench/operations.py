# SPDX-License-Identifier: Apache-2.0
"""The four operations that are measured: what each asks of a server, and what a right answer to it is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from tests.bench import customer
from tests.bench.contenders import Contender
from tests.bench.load import Requests

CREATE, GET, PATCH, LIST = OPERATIONS = ("create", "get", "patch", "list")
MEASURED = (GET, LIST, PATCH, CREATE)
"""The order in which they are measured: those that let the database grow come last."""
LISTED = 20
"""How many customers a list asks for."""


def requests(contender: Contender, operation: str, ids: Sequence[str]) -> Requests:
    """What is asked of a server that has customers of these ids at the start."""
    each = [f"{contender.path}/{id}" for id in ids]
    groups = sorted({customer.group(place) for place in range(len(ids))})
    changed = {customer.CHANGED: "changed for the COUNTER time"}
    asked = {
        CREATE: Requests(contender.root, "POST", [contender.path], customer.encoded(customer.body("COUNTER"))),
        GET: Requests(contender.root, "GET", each),
        PATCH: Requests(contender.root, "PATCH", each, customer.encoded(changed), contender.patch_type),
        LIST: Requests(contender.root, "GET", [page(contender, name) for name in groups]),
    }
    return asked[operation]


def make_first(contender: Contender) -> None:
    """Create the customer that all others are copies of, and check that every answer about it is right."""
    with httpx.Client(base_url=contender.root, headers=contender.headers) as client:
        body = customer.body()
        created = client.post(contender.path, json=body)
        _check(created, 201, shows(created.json(), body), contender)
        path = f"{contender.path}/{_id(created.json())}"
        found = client.get(path)
        _check(found, 200, shows(found.json(), body), contender)
        changes = {customer.CHANGED: "changed for a check"}
        changed = client.patch(path, content=customer.encoded(changes), headers={"Content-Type": contender.patch_type})
        _check(changed, 200, shows(changed.json(), {**body, **changes}), contender)


def check_list(contender: Contender) -> None:
    """Check that a list is right: as many customers as were asked for, and the true number of all that match."""
    with httpx.Client(base_url=contender.root, headers=contender.headers) as client:
        answer = client.get(page(contender, customer.group(0)))
    told = answer.json()
    items = told["_items"] if isinstance(told, dict) else told
    names = [item["name"] for item in items]
    right = names == [customer.group(0)] * LISTED and answer.headers["X-Total-Count"] == str(customer.MATCHES)
    _check(answer, answer.status_code, answer.is_success and right, contender)


def shows(answer: Any, sent: Any) -> bool:
    """Whether an answer holds all that was sent; it may hold more, and spell date-times in its own way."""
    if isinstance(sent, Mapping):
        return isinstance(answer, Mapping) and all(name in answer and shows(answer[name], sent[name]) for name in sent)
    if isinstance(sent, list):
        return len(answer) == len(sent) and all(map(shows, answer, sent))
    return bool(answer == sent) or _instant(answer) == _instant(sent) is not None


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def page(contender: Contender, name: str) -> str:
    """The path and the query of a list of customers with that name."""
    return f"{contender.path}?{contender.listing(name, LISTED)}"


def _id(answer: Mapping[str, Any]) -> str:
    return str(answer.get("id") or answer["_id"])


def _check(answer: httpx.Response, status: int, right: bool, contender: Contender) -> None:
    if answer.status_code != status or not right:
        wanted = f"{contender.title} should answer {status} and what was asked for"
        raise ValueError(f"{wanted}, not {answer.status_code}: {answer.text[:500]}")
