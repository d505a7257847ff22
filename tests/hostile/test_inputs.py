# SPDX-License-Identifier: Apache-2.0
"""Hostile inputs, family by family: each is refused or obeyed, nothing breaks, and others hardly notice.

`make hostile` sends all of them and looks at the clock, too; `make test` sends a selection.
"""

from collections.abc import Callable, Iterable, Iterator
from time import monotonic

import pytest

from tests.hostile import footprint
from tests.hostile.attack import Attack
from tests.hostile.bystander import Bystander
from tests.hostile.conftest import Target
from tests.hostile.extent import EVERY, LONG, MOST_WAIT
from tests.hostile.families import amplification, bodies, framing, headers, hubs, patches, queries, urls
from tests.hostile.verdict import faults

MOST_SECONDS = 2.0
"""What a single request may take of the CPU, of the server and of the database together."""
LEAST_INPUTS = 2000

FAMILIES: dict[str, Callable[[], Iterator[Attack]]] = {
    module.__name__.rpartition(".")[2]: module.attacks
    for module in (framing, headers, urls, bodies, queries, patches, hubs, amplification)
}

pytestmark = pytest.mark.timeout(0 if LONG else 120)


def test_there_are_inputs_enough() -> None:
    assert sum(len(list(attacks())) for attacks in FAMILIES.values()) >= LEAST_INPUTS


@pytest.mark.parametrize("family", FAMILIES)
def test_a_hostile_input_gets_a_tmf_error_or_what_it_asks_for(
    target: Target, counts: dict[str, str], family: str
) -> None:
    attacks = [attack for number, attack in enumerate(FAMILIES[family]()) if number % EVERY == 0]
    began = monotonic()
    with Bystander(target.url) as bystander:
        wrong = list(_wrong(target, attacks))
        bystander.wait_for(2)
    counts[f"hostile: {family}"] = (
        f"{len(attacks)} inputs in {monotonic() - began:.0f} s, others waited {bystander.slowest:.2f} s at most"
    )
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong[:40])
    assert not bystander.failures, bystander.failures[:10]
    if LONG:
        assert bystander.slowest <= MOST_WAIT


def _wrong(target: Target, attacks: Iterable[Attack]) -> Iterator[str]:
    for attack in attacks:
        before = footprint.cpu_seconds(target.everything) if LONG else 0.0
        met = target.meet(attack)
        yield from (f"{attack.name}: {fault}" for fault in faults(attack, met))
        if LONG and (taken := footprint.cpu_seconds(target.everything) - before) > MOST_SECONDS:
            yield f"{attack.name}: takes {taken:.1f} s of the CPU"
