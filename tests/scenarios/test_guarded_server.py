# SPDX-License-Identifier: Apache-2.0
"""A server of several processes that asks for access tokens, and one that must not be without."""

import time

import httpx

from app.access.jwks import ROTATION_SECONDS
from app.access.roles import DEFAULT_ROLES
from tests.identity_provider import AUDIENCE, identity_provider
from tests.paths import INDIVIDUAL
from tests.scenarios.operator import Operator
from tests.waiting import eventually

ROLE = "/tmf-api/rolesAndPermissionsManagement/v5/permissionSpecificationSet/auditor"
MADE_UP, PROCESSES = 60, 2
BURST = 1000


def test_every_process_asks_for_tokens_and_the_issuer_is_not_hammered(operator: Operator) -> None:
    """And what one process lets a client do, the others count, too."""
    with identity_provider() as provider:
        operator.chosen |= {"LIAISON_ISSUERS": provider.url, "LIAISON_AUDIENCE": AUDIENCE}
        operator.chosen |= {"LIAISON_RATE": "0.001", "LIAISON_BURST": str(BURST)}
        operator.serve("--workers", str(PROCESSES))
        assert "asks nobody" not in operator.log
        good = {"Authorization": f"Bearer {provider.token('individual:read')}"}
        with httpx.Client(base_url=operator.url) as client:
            eventually(lambda: client.get(INDIVIDUAL, headers=good).status_code == 200, "the keys are there")
        fetches = eventually(lambda: provider.fetches if provider.fetches >= 2 else 0, "both have the keys")
        reads = {"Authorization": f"Bearer {provider.token('permissionSpecificationSet:read')}"}
        assert len({httpx.get(operator.url + ROLE, headers=reads).headers["etag"] for _ in range(2 * PROCESSES)}) == 1
        told, roles = "PermissionSpecificationSetCreateEvent", len(DEFAULT_ROLES.grants)
        assert roles == eventually(
            lambda: found if (found := operator.run("export", "events").stdout.count(told)) >= roles else 0,
            "the roles are in the log",
        )
        payload, began = provider.payload("individual:read"), time.monotonic()
        left = []
        for number in range(MADE_UP):
            token = provider.sign(payload, header={"kid": f"made-up-{number}"})
            # A connection for each, so that both processes get some.
            answer = httpx.get(f"{operator.url}{INDIVIDUAL}", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 401
            left.append(int(answer.headers["ratelimit"].split(";")[1].removeprefix("r=")))
        assert left == list(range(left[0], left[0] - MADE_UP, -1))
        spans = 1 + (time.monotonic() - began) // ROTATION_SECONDS
        assert provider.fetches - fetches <= PROCESSES * spans


def test_a_server_without_an_issuer_listens_elsewhere_only_when_told_so(operator: Operator) -> None:
    refused = operator.run("serve", "--port", str(operator.port), "--host", "0.0.0.0")
    assert (refused.returncode, "--insecure" in refused.stderr, "Traceback" in refused.stderr) == (1, True, False)
    operator.serve("--host", "0.0.0.0", "--insecure")
    eventually(lambda: "asks nobody for an access token" in operator.log, "it says so")
    assert "asks nobody for an access token" in httpx.get(operator.url).text
