# SPDX-License-Identifier: Apache-2.0
"""How much is measured: in full, for figures to publish, or quickly."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """`documents` customers are there at the start; each of the `rounds` asks each thing of each server for `seconds`.

    So many `connections` are busy; the servers are compared with a `crowd` of them as well, unless that is 0.

    `drained` are the changes of which the relay's pace is taken, `delivered` those that listeners are told, `starts`
    how often the server is started.
    """

    documents: int = 100_000
    rounds: int = 5
    seconds: int = 4
    warm_up_seconds: int = 1
    connections: int = 16
    crowd: int = 64
    workers: int = 2
    drained: int = 20_000
    delivered: int = 5_000
    starts: int = 5


FULL = Plan()
QUICK = Plan(documents=10_000, rounds=2, seconds=1, warm_up_seconds=0, crowd=0, drained=3_000, delivered=500, starts=1)
