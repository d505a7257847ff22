# SPDX-License-Identifier: Apache-2.0
"""Merging organizations that are related (eTOM 1.3.4): both ends agree afterwards, and when it is undone."""

from random import Random

import httpx
import pytest

from tests.contract.answers import created, patched
from tests.contract.performing import Settle, answer, read, tasks, values
from tests.contract.test_merge import Body, merge
from tests.contract.test_relationships import (
    NAMES,
    PARENT,
    agree,
    children_of,
    company,
    everything,
    parent,
    parent_of,
    write,
)
from tests.contract.test_unmerge import unmerge
from tests.paths import ORGANIZATION_V5


def forest(client: httpx.Client, **above: str) -> dict[str, Body]:
    """Organizations called after letters, each with its parent, or none."""
    for id, up in above.items():
        created(client, ORGANIZATION_V5, company(id, **(parent(up) if up else {})))
    return everything(client)


def tree(client: httpx.Client) -> dict[str, str | None]:
    """The parent of each that there is, if that is one of them; both ends agree."""
    shown = agree(client)
    return {id: up if (up := parent_of(each)) in shown else None for id, each in shown.items()}


@pytest.mark.parametrize(
    ("before", "duplicate", "survivor", "after"),
    [
        ({"a": "", "b": "a", "c": "b"}, "b", "a", {"a": None, "c": "a"}),
        ({"a": "", "b": "a", "c": "b"}, "a", "b", {"b": None, "c": "b"}),
        ({"p": "", "a": "p", "b": "a", "c": "b"}, "a", "b", {"p": None, "b": "p", "c": "b"}),
        ({"p": "", "a": "p", "b": "a", "c": "b", "d": "c"}, "c", "a", {"p": None, "a": "p", "b": "a", "d": "a"}),
        ({"p": "", "a": "p", "b": "a", "c": "b", "d": "c"}, "a", "c", {"p": None, "b": "c", "c": "p", "d": "c"}),
        ({"a": "", "b": "a", "c": "b"}, "c", "a", {"a": None, "b": "a"}),
        ({"p": "", "q": "", "a": "p", "b": "q", "c": "a"}, "a", "b", {"p": None, "q": None, "b": "q", "c": "b"}),
        ({"p": "", "a": "p", "b": "p"}, "a", "b", {"p": None, "b": "p"}),
        ({"p": "", "a": "p", "b": "", "c": "a"}, "a", "b", {"p": None, "b": "p", "c": "b"}),
    ],
)  # fmt: skip
def test_relationships_of_the_duplicate_follow_and_come_back(
    client: httpx.Client, settle: Settle, before: dict[str, str], duplicate: str, survivor: str, after: dict[str, str]
) -> None:
    made = forest(client, **before)
    flow = merge(client, made[duplicate], made[survivor])
    settle()
    assert read(client, flow)["state"] == "completed"
    assert tree(client) == after
    assert len(children_of(everything(client)[survivor])) == list(after.values()).count(survivor)
    back = unmerge(client, made[survivor], made[duplicate])
    settle()
    assert read(client, back)["state"] == "completed"
    assert tree(client) == {id: up or None for id, up in before.items()}


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_merged_changed_and_undone_both_ends_agree(client: httpx.Client, settle: Settle, seed: int) -> None:
    drawn = Random(seed)
    for number, id in enumerate(NAMES):
        created(client, ORGANIZATION_V5, company(id, **(parent(NAMES[drawn.randrange(number)]) if number else {})))
    before = tree(client)
    duplicate, survivor = (everything(client)[id] for id in drawn.sample(NAMES, 2))
    merge(client, duplicate, survivor)
    settle()
    assert tree(client).keys() == before.keys() - {duplicate["id"]}
    changes = 0 if seed < 2 else 8
    for _ in range(changes):
        write(client, drawn, drawn.choice([id for id in NAMES if id not in (survivor["id"], duplicate["id"])]))
    agree(client)
    back = unmerge(client, survivor, duplicate)
    settle()
    told = str(values(tasks(client, back)["divide"]).get("reason", ""))
    assert read(client, back)["state"] == "completed" or "above itself" in told or "changed since" in told, told
    after = tree(client)
    assert changes or after == before


def test_undoing_a_merge_puts_nothing_above_itself(client: httpx.Client, settle: Settle) -> None:
    made = forest(client, p="", q="", a="p", b="q", c="a")
    merge(client, made["a"], made["b"])
    settle()
    patched(client, made["p"], parent("c"))
    back = unmerge(client, made["b"], made["a"])
    settle()
    assert read(client, back)["state"] == "hold"
    told = values(tasks(client, back)["divide"])["reason"]
    assert "would put the Organization" in told
    assert "above itself" in told
    assert tree(client) == {"p": "c", "q": None, "b": "q", "c": "b"}
    patched(client, made["p"], {PARENT: None})
    assert answer(client, tasks(client, back)["divide"], retry=True).status_code == 200
    settle()
    assert read(client, back)["state"] == "completed"
    assert tree(client) == {"p": None, "q": None, "a": "p", "b": "q", "c": "a"}
