# SPDX-License-Identifier: Apache-2.0
"""The bench of sizes: who the customers are, and which requests count."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple

import pytest

from tests.bench.scale.customers import NAMESAKES, Customers
from tests.bench.scale.loading import Rates
from tests.bench.scale.measuring import Cost, Turn, costs
from tests.bench.scale.operations import Operation
from tests.bench.scale.report import Report, Setting, Size

GET, PAGE, DEEP = (
    Operation(name, [name.encode()], like=like) for name, like in (("get", ""), ("2nd", ""), ("9th", "2nd"))
)


class Told:
    """A bench whose requests take what it is told, a tenth longer in each turn."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.asked: list[bytes] = []

    def turn(self, requests: Sequence[bytes]) -> Turn:
        self.asked += requests
        self.seconds *= 1.1
        return Turn([self.seconds], server=0.001, mongod=0.002)


def test_a_thousand_customers_share_each_name_and_a_tenth_of_them_is_suspended() -> None:
    customers = Customers(3 * NAMESAKES)
    bodies = [customers.body(number) for number in range(customers.number)]
    assert Counter(body["name"] for body in bodies) == dict.fromkeys(customers.names, NAMESAKES)
    suspended = Counter(body["name"] for body in bodies if body["status"] == "Suspended")
    assert suspended == dict.fromkeys(customers.names, NAMESAKES // 10)


def test_what_an_operation_costs_is_that_of_all_its_requests_together() -> None:
    cost = Cost.of([Turn([0.001, 0.003], 0.002, 0.004), Turn([0.002], 0.001, 0.002)])
    assert astuple(cost) == pytest.approx(astuple(Cost(requests=3, p50=2.0, p99=3.0, server=1000.0, mongod=2000.0)))


def test_sizes_take_turns_in_every_round_and_the_first_round_does_not_count() -> None:
    small, large = Told(0.001), Told(0.002)
    few, many = costs([small, large], [[GET], [GET, DEEP]], rounds=2)  # type: ignore[list-item]
    assert small.asked == [b"get"] * 3
    assert large.asked == [b"get", b"9th"] * 3
    assert few["get"].requests == many["get"].requests == many["9th"].requests == 2
    assert few["get"].p99 == pytest.approx(1.1**3)


def test_growth_is_over_what_an_operation_is_like_where_few_customers_do_not_have_it() -> None:
    def size(customers: int, **p50: float) -> Size:
        found = {name.strip("_"): Cost(1, ms, ms, ms, ms) for name, ms in p50.items()}
        return Size(customers, Rates(1, 1, 1), found, 1, 1)

    setting = Setting("2026-01-01T00:00:00+00:00", 2, 8.0, 1.0, 2, 2, 1, "6.0.5")
    operations = {operation.name: operation for operation in (GET, PAGE, DEEP)}
    told = Report(setting, [size(1, get=2, _2nd=2), size(9, get=3, _2nd=2, _9th=3.2)], operations).text()
    assert "| get | 2.00 / 2.00 | 3.00 / 3.00 | 1.50 | 1.50 |" in told
    assert "| 9th | — | 3.20 / 3.20 | **1.60** | **1.60** |" in told
