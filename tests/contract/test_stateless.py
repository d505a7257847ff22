# SPDX-License-Identifier: Apache-2.0
"""A resource without a lifecycle, and what the server sets of it when the client leaves it out."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from app.apis import APIS, Api, Version
from app.composition.api_resources import api_versions
from app.domain.mapping.mapping import VersionMapping
from app.domain.rules import Rules
from app.errors import StartError
from app.settings import Settings
from app.spec.bundle import bundle
from app.spec.declarations import declarations, undeclared_attributes
from app.spec.lint import problems
from tests.serving import free_port, serving

FOLDER = Path(__file__).parent / "apis"
PROMOTION = Api(
    name="promotion",
    number="TMF671",
    versions={"v4": Version("promotion-v4", {"Promotion": VersionMapping()}, FOLDER)},
    rules={"Promotion": Rules()},
)
BASE = "/tmf-api/promotionManagement/v4"
PROMOTIONS = f"{BASE}/promotion"


@pytest.fixture
def client(settings: Settings, clean_database: str) -> Iterator[httpx.Client]:
    """A client of a server that has the API, too."""
    with (
        serving(replace(settings, port=free_port()), (*APIS, PROMOTION)) as url,
        httpx.Client(base_url=url) as client,
    ):
        yield client


def test_its_document_is_without_problems() -> None:
    document = bundle("promotion-v4", FOLDER)
    declared = declarations(document, "promotion-v4")["Promotion"]
    assert problems(document) == []
    assert list(undeclared_attributes(document, {"Promotion": declared})) == []
    assert "PromotionStateChangeEvent" not in document["paths"]["/hub"]["post"]["callbacks"]
    assert "PromotionStateChangeEvent" not in document["components"]["schemas"]


def test_a_create_sets_what_the_client_leaves_out(client: httpx.Client) -> None:
    made = client.post(PROMOTIONS, json={"name": "June"}).json()
    assert made["creationDate"] == made["lastUpdate"]
    assert (made["isBundle"], made["pattern"], made["status"]) == (False, [], "any")
    assert client.get(made["href"]).json() == made
    sent = {"name": "July", "isBundle": True, "creationDate": "2024-05-01T00:00:00Z", "status": "hot", "pattern": []}
    kept = client.post(PROMOTIONS, json=sent).json()
    assert {name: kept[name] for name in sent} == {**sent, "creationDate": kept["creationDate"]}
    assert kept["creationDate"].startswith("2024-05-01T00:00:00")


def test_a_change_sets_the_time_of_the_last_change_alone(client: httpx.Client) -> None:
    made = client.post(PROMOTIONS, json={"name": "June"}).json()
    same = client.patch(made["href"], json={"name": "June", "lastUpdate": "2020-01-01T00:00:00Z"}).json()
    assert same == made
    changed = client.patch(made["href"], json={"name": "July", "lastUpdate": "2020-01-01T00:00:00Z"}).json()
    assert changed["lastUpdate"] > made["lastUpdate"]
    assert changed == {**made, "name": "July", "lastUpdate": changed["lastUpdate"]}
    assert client.get(made["href"]).json() == changed


def test_an_attribute_called_status_is_one_like_any_other(client: httpx.Client) -> None:
    made = client.post(PROMOTIONS, json={"name": "June", "status": "Hot"}).json()
    changed = client.patch(made["href"], json={"status": "cold"})
    assert (changed.status_code, changed.json()["status"]) == (200, "cold")
    assert [each["id"] for each in client.get(PROMOTIONS, params={"status": "cold"}).json()] == [made["id"]]
    assert client.get(PROMOTIONS, params={"status": "COLD"}).json() == []
    assert client.get(PROMOTIONS, params={"sort": "-status"}).status_code == 200
    assert "status" not in client.patch(made["href"], json={"status": None}).json()
    assert client.delete(made["href"]).status_code == 204


def test_nobody_can_wait_for_a_change_of_its_state(client: httpx.Client) -> None:
    hub = {"callback": "https://listener.example.com/", "query": "eventType=PromotionStateChangeEvent"}
    refused = client.post(f"{BASE}/hub", json=hub)
    assert (refused.status_code, "PromotionStateChangeEvent" in refused.json()["message"]) == (400, True)
    hub["query"] = "eventType=PromotionAttributeValueChangeEvent"
    assert client.post(f"{BASE}/hub", json=hub).status_code == 201


def test_a_default_that_the_schema_does_not_bear_out_is_refused_at_start(tmp_path: Path) -> None:
    text = (FOLDER / "promotion-v4.yaml").read_text().replace("isBundle: false", "isBundle: 5")
    (tmp_path / "promotion-v4.yaml").write_text(text)
    wrong = replace(PROMOTION, versions={"v4": replace(PROMOTION.versions["v4"], folder=tmp_path)})
    with pytest.raises(StartError, match=r"promotion-v4: x-tmf-resources/Promotion/x-created/isBundle: 5 is not what"):
        api_versions(Settings(), (*APIS, wrong))
