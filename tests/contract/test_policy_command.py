# SPDX-License-Identifier: Apache-2.0
"""`liaison policy`: stored promises are those that follow from the log; other policies are tried without a write."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.settings import Settings
from tests.scenarios.command import run
from tests.serving import free_port, serving

URL = "/tmf-api/partyInteraction/v5/partyInteraction"
POLICIES = "policies: [{name: usual, firstResponse: PT4H, resolution: PT40H}]"
OTHERS = "policies: [{name: usual, firstResponse: PT4H, resolution: PT20H}]"


@pytest.fixture(scope="module")
def promising(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a server that makes promises."""
    file = tmp_path_factory.mktemp("policies") / "interaction-policies.yaml"
    file.write_text(POLICIES, encoding="utf-8")
    return dataclasses.replace(settings, port=free_port(), interaction_policies=str(file))


@pytest.fixture(scope="module")
def connection_to_it(promising: Settings) -> Iterator[httpx.Client]:
    with serving(promising) as url, httpx.Client(base_url=url) as client:
        yield client


@pytest.fixture
def interactions(connection_to_it: httpx.Client, clean_database: str, drain_all: Callable[[], None]) -> list[str]:
    """The ids of interactions with a history, of which the log knows: one was paused, one is over."""
    channel = {"@type": "RelatedChannel", "role": "via", "channel": {"@type": "ChannelRef", "id": "web"}}
    body = {"@type": "TrackedInteraction", "reason": "Bill", "direction": "inbound", "relatedChannel": [channel]}
    hrefs = [connection_to_it.post(URL, json=body).raise_for_status().json()["href"] for _ in range(3)]
    for change in ({"waitingFor": "party"}, {"waitingFor": "none", "status": "inProgress"}):
        connection_to_it.patch(hrefs[1], json=change).raise_for_status()
    connection_to_it.patch(hrefs[2], json={"status": "completed"}).raise_for_status()
    connection_to_it.post(URL, json={**body, "@type": "PartyInteraction"}).raise_for_status()
    drain_all()
    return [href.rpartition("/")[2] for href in hrefs]


def test_stored_promises_are_those_that_follow_from_the_log(
    promising: Settings, interactions: list[str], mongo: MongoClient[dict[str, Any]], clean_database: str
) -> None:
    code, told, _ = run(promising, "policy", "check")
    assert (code, told) == (0, "3 interactions with promises, 0 differ from what the log comes to\n")
    forged = {"$set": {"document.promise.0.state": "met"}}
    mongo[clean_database]["partyInteraction"].update_one({"_id": interactions[0]}, forged)
    code, told, _ = run(promising, "policy", "check")
    assert code == 1
    assert told.startswith(f"{interactions[0]}: promise since ")


def test_other_policies_are_tried_without_a_write(
    promising: Settings,
    interactions: list[str],
    tmp_path: Path,
    mongo: MongoClient[dict[str, Any]],
    clean_database: str,
) -> None:
    before = list(mongo[clean_database]["partyInteraction"].find({}))
    (tmp_path / "others.yaml").write_text(OTHERS, encoding="utf-8")
    code, told, _ = run(promising, "policy", "preview", tmp_path / "others.yaml")
    assert code == 0
    assert "3 interactions that are not over; 2 promises would differ" in told
    assert all((id in told) == (id != interactions[2]) for id in interactions)
    assert list(mongo[clean_database]["partyInteraction"].find({})) == before


def test_a_file_that_is_wrong_is_told(promising: Settings, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("policies: []", encoding="utf-8")
    code, _, told = run(promising, "policy", "preview", tmp_path / "wrong.yaml")
    assert code == 1
    assert "policies: " in told
