# SPDX-License-Identifier: Apache-2.0
"""Filters by merged ids: a list finds what names the survivor by now, in every language of the query and version."""

import httpx
import pytest

from app.settings import Settings
from tests.contract.answers import created, found
from tests.contract.bodies import customer, individual
from tests.contract.conftest import Deploy
from tests.contract.merging import add_alias
from tests.identity_provider import IdentityProvider, bearer
from tests.paths import CUSTOMER, CUSTOMER_V5, INDIVIDUAL, INDIVIDUAL_V5
from tests.waiting import eventually

SOON = 3
OF_LOSER = [
    "engagedParty.id=loser",
    'engagedParty.id="loser"',
    "engagedParty.id=loser,nobody",
    "filter=$[?(@.engagedParty.id=='loser')]",
    "engagedParty.id.ne=other",
]
OF_OTHERS = ["engagedParty.id.ne=loser", "filter=$[?(@.engagedParty.id!='loser')]", "engagedParty.id=other"]


@pytest.fixture(scope="module")
def merged(deploy: Deploy, settings: Settings) -> httpx.Client:
    """A server where the individual `loser` was merged into `survivor`, who is a customer, as is somebody else."""
    server = deploy()
    for id in ("survivor", "other"):
        created(server, INDIVIDUAL_V5, {"@type": "Individual", **individual(id=id)})
        created(server, CUSTOMER, customer(name=id, engagedParty={"id": id, "@referredType": "Individual"}))
    add_alias(settings, f"liaison_test_{server.base_url.port}", "Individual", "loser", "survivor")
    eventually(lambda: found(server, INDIVIDUAL, "id=loser"), "the server knows of the merge", SOON)
    return server


@pytest.mark.parametrize("path", [CUSTOMER, CUSTOMER_V5])
@pytest.mark.parametrize(("query", "name"), [*((q, "survivor") for q in OF_LOSER), *((q, "other") for q in OF_OTHERS)])
def test_a_list_finds_what_names_the_survivor(merged: httpx.Client, path: str, query: str, name: str) -> None:
    answer = merged.get(f"{path}?{query}")
    assert ([each["name"] for each in answer.json()], answer.headers["x-total-count"]) == ([name], "1")


@pytest.mark.parametrize("path", [INDIVIDUAL, INDIVIDUAL_V5])
def test_the_merged_id_itself_finds_the_survivor(merged: httpx.Client, path: str) -> None:
    assert found(merged, path, "id=loser") == ["survivor"]
    assert found(merged, path, "id.ne=loser") == ["other"]


def test_a_bound_token_learns_of_no_merge_but_its_own(
    guarded: str, settings: Settings, provider: IdentityProvider, clean_database: str
) -> None:
    staff, own = bearer(provider.token("*:*")), bearer(provider.token("*:*", party_id="mine"))
    with httpx.Client(base_url=guarded, headers=staff) as client:
        for id in ("mine", "theirs"):
            created(client, INDIVIDUAL_V5, {"@type": "Individual", **individual(id=id)})
        related = [{"id": "theirs", "role": "payer", "@referredType": "Individual"}]
        engaged = {"id": "mine", "@referredType": "Individual"}
        buyer = created(client, CUSTOMER, customer(engagedParty=engaged, relatedParty=related))
        for loser, survivor in (("was-mine", "mine"), ("was-theirs", "theirs")):
            add_alias(settings, clean_database, "Individual", loser, survivor)
        eventually(lambda: found(client, CUSTOMER, "relatedParty.id=was-theirs"), "the server knows of both", SOON)
        asked = {
            query: [each["id"] for each in client.get(f"{CUSTOMER}?{query}", headers=own).json()]
            for query in ("engagedParty.id=was-mine", "relatedParty.id=was-theirs", "relatedParty.id=theirs")
        }
    assert asked == {
        "engagedParty.id=was-mine": [buyer["id"]],
        "relatedParty.id=was-theirs": [],
        "relatedParty.id=theirs": [buyer["id"]],
    }
