# SPDX-License-Identifier: Apache-2.0
"""References to merged ids: a write leads them to the survivor, so that nothing names the loser anew."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.contract.answers import created, patched, refused
from tests.contract.bodies import customer, individual
from tests.contract.conftest import Deploy
from tests.contract.merging import add_alias
from tests.identity_provider import IdentityProvider, bearer
from tests.paths import CUSTOMER, CUSTOMER_V5, INDIVIDUAL, INDIVIDUAL_V5
from tests.waiting import eventually

EACH_VERSION = pytest.mark.parametrize(
    ("parties", "customers"), [(INDIVIDUAL, CUSTOMER), (INDIVIDUAL_V5, CUSTOMER_V5)], ids=["v4", "v5"]
)
SOON = 3


@pytest.fixture(scope="module")
def strict(deploy: Deploy, settings: Settings) -> httpx.Client:
    """A server that looks for what references name by their type, too, where `loser` was merged into `survivor`."""
    server = deploy(references="strict")
    created(server, INDIVIDUAL_V5, {"@type": "Individual", **individual(id="survivor")})
    add_alias(settings, f"liaison_test_{server.base_url.port}", "Individual", "loser", "survivor")

    def knows() -> bool:
        made = server.post(CUSTOMER, json=customer(engagedParty={"id": "loser", "@referredType": "Individual"}))
        return made.status_code == 201

    eventually(knows, "the server knows of the merge", SOON)
    return server


def reference(server: httpx.Client, parties: str, id: str, *, with_href: bool) -> dict[str, Any]:
    href = {"href": f"{str(server.base_url).rstrip('/')}{parties}/{id}"} if with_href else {}
    return {"id": id, **href, "@type": "PartyRef", "@referredType": "Individual", "name": "Ngozi Okafor"}


@EACH_VERSION
@pytest.mark.parametrize("with_href", [True, False])
def test_what_a_write_says_of_a_merged_party_is_said_of_the_survivor(
    strict: httpx.Client, parties: str, customers: str, with_href: bool
) -> None:
    loser, survivor = (reference(strict, parties, id, with_href=with_href) for id in ("loser", "survivor"))
    body = {"@type": "Customer", **customer(engagedParty=loser, **{"x-kin": [{"x-of": loser}]})}
    made = created(strict, customers, {**body, "status": "Closed"})
    assert {name: made["engagedParty"].get(name) for name in survivor} == survivor
    assert made["x-kin"] == [{"x-of": survivor}]
    changed = patched(strict, made, {"x-kin": [{"x-of": survivor}, {"x-of": loser}]})
    assert changed["x-kin"] == [{"x-of": survivor}] * 2
    assert strict.get(made["href"]).json() == changed


@EACH_VERSION
def test_what_is_no_reference_to_a_merged_party_stays(strict: httpx.Client, parties: str, customers: str) -> None:
    foreign = {"id": "loser", "href": f"https://other.example{parties}/loser", "@type": "PartyRef"}
    account = {"id": "loser", "@referredType": "BillingAccount"}
    engaged = reference(strict, parties, "survivor", with_href=False)
    body = {"@type": "Customer", **customer(engagedParty=engaged, **{"x-foreign": foreign, "x-account": account})}
    made = created(strict, customers, {**body, "status": "Closed"})
    assert (made["x-foreign"], made["x-account"]) == (foreign, account)


class TestPartyBoundTokens:
    @pytest.fixture
    def caller(self, guarded: str, clean_database: str) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=guarded) as client:
            yield client

    def test_nobody_learns_what_another_party_was_merged_into(
        self, caller: httpx.Client, provider: IdentityProvider, settings: Settings, clean_database: str
    ) -> None:
        staff = bearer(provider.token("*:*"))
        made = caller.post(INDIVIDUAL, json=individual(), headers=staff).json()
        add_alias(settings, clean_database, "Individual", "loser", made["id"])
        body = customer(engagedParty=reference(caller, INDIVIDUAL, "loser", with_href=True))

        def is_led() -> bool:
            answer = caller.post(CUSTOMER, json=body, headers=staff)
            return answer.status_code == 201 and answer.json()["engagedParty"]["id"] == made["id"]

        eventually(is_led, "the server knows of the merge", SOON)
        headers = bearer(provider.token("*:*", party_id="7001"))
        messages = set()
        for id in ("loser", "never"):
            other = reference(caller, INDIVIDUAL, id, with_href=True)
            mine = customer(engagedParty={"id": "7001", "@referredType": "Individual"}, **{"x-kin": other})
            answer = caller.post(CUSTOMER, json=mine, headers=headers)
            messages.add(refused(answer, 400, "24").replace(id, "ID"))
        assert len(messages) == 1
        assert made["id"] not in messages.pop()
