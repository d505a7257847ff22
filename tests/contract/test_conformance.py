# SPDX-License-Identifier: Apache-2.0
"""The requests that TM Forum's v4 conformance kits make, and what they ask of the answers."""

from typing import Any

import httpx
import pytest

from tests.contract.answers import refused
from tests.paths import CUSTOMER, INDIVIDUAL, INTERACTION, ORGANIZATION

HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}
"""Sent with every request of the kits, those without a body too."""

KITS: dict[str, tuple[dict[str, Any], set[str]]] = {
    INDIVIDUAL: ({"givenName": "Jane", "familyName": "Doe"}, {"id", "href", "givenName", "familyName"}),
    ORGANIZATION: ({"tradingName": "Happy Travellers"}, {"id", "href", "tradingName"}),
    CUSTOMER: (
        {"name": "Moon FC", "engagedParty": {"id": "500", "@referredType": "Organization"}},
        {"id", "href", "name", "engagedParty", "@type"},
    ),
    INTERACTION: (
        {"reason": "Wanted to buy", "direction": "inbounds", "channel": [{"id": "555"}]},
        {"id", "href", "reason", "direction", "channel"},
    ),
}
PATHS = pytest.mark.parametrize("path", list(KITS))


def kit(client: httpx.Client, method: str, path: str, body: Any = None) -> httpx.Response:
    """A request as the kits send it."""
    return client.request(method, path, headers=HEADERS, json=body)


def create(client: httpx.Client, path: str) -> dict[str, Any]:
    """The kit's own body, created."""
    answer = kit(client, "POST", path, KITS[path][0])
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@PATHS
def test_a_create_answers_what_is_mandatory(client: httpx.Client, path: str) -> None:
    body, mandatory = KITS[path]
    shown = create(client, path)
    assert mandatory <= shown.keys()
    assert body.items() <= shown.items()
    assert isinstance(shown["id"], str)


@PATHS
def test_an_unpaged_list_answers_200_and_everything_mandatory(client: httpx.Client, path: str) -> None:
    created = [create(client, path) for _ in range(101)]
    answer = kit(client, "GET", path)
    assert answer.status_code == 200
    assert [item["id"] for item in answer.json()] == [shown["id"] for shown in created[:100]]
    assert all(KITS[path][1] <= item.keys() for item in answer.json())
    filtered = kit(client, "GET", f"{path}?status={created[0]['status']}")
    assert (filtered.status_code, len(filtered.json())) == (200, 100)


@PATHS
def test_every_mandatory_text_filters_the_list(client: httpx.Client, path: str) -> None:
    other, shown = create(client, path), create(client, path)
    for name in KITS[path][1]:
        if isinstance(shown[name], str):
            answer = kit(client, "GET", f"{path}?{name}={shown[name]}")
            assert answer.status_code == 200
            wanted = [shown] if name in ("id", "href") else [other, shown]
            assert answer.json() == wanted


@PATHS
def test_an_absolute_address_finds_the_one(client: httpx.Client, path: str) -> None:
    create(client, path)
    shown = create(client, path)
    assert shown["href"].startswith("http://")
    answer = kit(client, "GET", f"{path}?href={shown['href']}")
    assert (answer.status_code, answer.json()) == (200, [shown])


@PATHS
def test_every_mandatory_attribute_can_be_selected(client: httpx.Client, path: str) -> None:
    shown = create(client, path)
    for name in KITS[path][1]:
        one = kit(client, "GET", f"{path}/{shown['id']}?fields={name}")
        assert (one.status_code, one.json()[name]) == (200, shown[name])
        several = kit(client, "GET", f"{path}?fields={name}")
        assert (several.status_code, several.json()[0][name]) == (200, shown[name])


@PATHS
def test_one_is_read_and_an_unknown_one_is_404(client: httpx.Client, path: str) -> None:
    shown = create(client, path)
    answer = kit(client, "GET", f"{path}/{shown['id']}")
    assert (answer.status_code, answer.json()) == (200, shown)
    refused(kit(client, "GET", f"{path}/3f5a5d5e-9d3c-4b0a-8f5e-2a3b9c1d7e6f"), 404, "60")


@PATHS
def test_a_create_without_something_mandatory_is_400(client: httpx.Client, path: str) -> None:
    for name in KITS[path][0]:
        incomplete = {other: value for other, value in KITS[path][0].items() if other != name}
        refused(kit(client, "POST", path, incomplete), 400, "23")


@PATHS
def test_a_delete_answers_204(client: httpx.Client, path: str) -> None:
    shown = create(client, path)
    answer = kit(client, "DELETE", f"{path}/{shown['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    refused(kit(client, "GET", f"{path}/{shown['id']}"), 404, "60")


def test_a_customer_takes_a_name_alone_as_a_patch(client: httpx.Client) -> None:
    shown = create(client, CUSTOMER)
    answer = kit(client, "PATCH", f"{CUSTOMER}/{shown['id']}", {"name": "Sun FC"})
    assert (answer.status_code, answer.json()) == (200, {**shown, "name": "Sun FC"})
