# SPDX-License-Identifier: Apache-2.0
"""A version that is on its way out says so on every answer."""

from collections.abc import Callable

import httpx
import pytest

from app.errors import StartError
from tests.paths import CUSTOMER, INDIVIDUAL, INDIVIDUAL_V5, PARTY

Deploy = Callable[..., httpx.Client]


def test_no_version_says_so_by_default(client: httpx.Client) -> None:
    assert not {"deprecation", "sunset"} & client.get(INDIVIDUAL).headers.keys()


def test_deprecated_versions_say_since_when_and_until_when_on_errors_too(deploy: Deploy) -> None:
    client = deploy(deprecation="v4=2026-01-01T00:00:00Z", sunset=" party-v4=2027-06-30T02:00:00+02:00 ,")
    for path in (INDIVIDUAL, f"{INDIVIDUAL}/unknown", PARTY, f"{PARTY}/openapi.json"):
        headers = client.get(path).headers
        assert headers["Deprecation"] == "@1767225600"
        assert headers["Sunset"] == "Wed, 30 Jun 2027 00:00:00 GMT"
    customers = client.get(CUSTOMER).headers
    assert "Deprecation" in customers
    assert "Sunset" not in customers
    assert not {"deprecation", "sunset"} & client.get(INDIVIDUAL_V5).headers.keys()


@pytest.mark.parametrize("wrong", ["v4", "v4=soon", "v9=2026-01-01T00:00:00Z", "v4=2026-01-01"])
def test_a_wrong_setting_stops_the_start(deploy: Deploy, wrong: str) -> None:
    with pytest.raises(StartError, match="LIAISON_SUNSET"):
        deploy(sunset=wrong)
