# SPDX-License-Identifier: Apache-2.0
"""What is measured: the requests that callers make, each with the customers or the page that it asks for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from pymongo.collection import Collection

from tests.bench.scale.customers import COLLECTION, Customers
from tests.bench.scale.talking import Connection, get

LIMIT = 20
"""Customers of a page."""

CHOICE = 2_000
"""Different customers and names that are asked for, spread over all."""

LONGEST_PAGE = 1_000
"""Customers of the pages on the way to deep ones; a cursor does not depend on the length of the page before."""

SECOND = "2nd page"

DEPTHS = {SECOND: LIMIT, "page behind 10,000 customers": 9_980, "page behind 10,000 pages": 10_000 * LIMIT}
"""Pages that `next` links lead to, by the number of customers before them."""

ORDERS = {"in order of ids": "", "sorted by name": "sort=name"}

UNCOUNTED, ESTIMATED = "count=none", "count=estimated"

_NEXT = re.compile(r'<[^>?]*\?(?P<query>[^>]*offset=(?P<offset>\d+)[^>]*)>; rel="next"')


@dataclass(frozen=True)
class Operation:
    """Something that callers ask for, as different `requests` that take turns.

    `grows` is whether it may take longer the more customers there are. Where few customers leave nothing to ask for, it
    is compared with the operation that it is `like`.
    """

    name: str
    requests: Sequence[bytes]
    grows: bool = False
    like: str = ""


def operations(kept: "Collection[dict[str, object]]", customers: Customers, port: int) -> list[Operation]:
    """All that is measured of the customers that are kept there; the server at `port` tells pages far behind."""
    return [*_found(kept, customers), *_next_pages(customers.number, port), *_counted(customers)]


def _found(kept: "Collection[dict[str, object]]", customers: Customers) -> list[Operation]:
    sampled = kept.aggregate([{"$sample": {"size": CHOICE}}, {"$project": {"_id": 1}}])
    names = _names(customers)
    return [
        Operation("get by id", [get(f"{COLLECTION}/{row['_id']}") for row in sampled]),
        Operation("list by name: 20 of 1,000", [_list(f"name={name}&limit={LIMIT}") for name in names]),
        Operation(
            "list by name and status: 20 of 100",
            [_list(f"name={name}&status=Suspended&limit={LIMIT}") for name in names],
        ),
    ]


def _next_pages(size: int, port: int) -> list[Operation]:
    with Connection(port) as connection:
        return [
            Operation(
                f"next: {page}, {order}", [_page_behind(connection, sort, before)], like=f"next: {SECOND}, {order}"
            )
            for order, sort in ORDERS.items()
            for page, before in DEPTHS.items()
            if before < size
        ]


def _page_behind(connection: Connection, sort: str, before: int) -> bytes:
    """The request that a `next` link makes once so many customers were seen."""
    seen, query = 0, sort
    while seen < before:
        asked = _with_limit(query, min(before - seen, LONGEST_PAGE))
        found = _NEXT.search(connection.exchange(_list(asked, UNCOUNTED)).header("Link"))
        assert found, f"no page follows {asked}"
        seen, query = int(found["offset"]), found["query"]
    return _list(_with_limit(query, LIMIT), UNCOUNTED)


def _with_limit(query: str, limit: int) -> str:
    others = [piece for piece in query.split("&") if piece and not piece.startswith("limit=")]
    return "&".join([*others, f"limit={limit}"])


def _counted(customers: Customers) -> list[Operation]:
    active = "status=Active&limit=0"
    return [
        Operation("exact count: 1,000", [_list(f"name={name}&limit=0") for name in _names(customers)]),
        Operation("exact count: 80 % of all", [_list(active)], grows=True),
        Operation("exact count: all", [_list("limit=0")], grows=True),
        Operation("estimated count: 80 % of all", [_list(active, ESTIMATED)]),
        Operation("estimated count: all", [_list("limit=0", ESTIMATED)]),
    ]


def _names(customers: Customers) -> list[str]:
    names = customers.names
    return [quote(name) for name in names[:: max(1, len(names) // CHOICE)]]


def _list(query: str, prefer: str = "") -> bytes:
    return get(f"{COLLECTION}?{query}", prefer)
