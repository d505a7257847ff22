# SPDX-License-Identifier: Apache-2.0
"""The page on versions shows what the server really answers, in both versions."""

import json
import os
from pathlib import Path
from typing import Any

import httpx

PAGE = Path(__file__).parents[2] / "docs" / "versions.md"
BEGIN, END = "<!-- examples -->\n", "<!-- /examples -->"

EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "An individual that v4 created": (
        "/tmf-api/party/{version}/individual",
        {
            "givenName": "Ngozi",
            "familyName": "Okafor",
            "fullName": "Dr Ngozi Okafor",
            "externalReference": [{"name": "CRM-0007", "externalReferenceType": "crmId"}],
            "contactMedium": [{"mediumType": "email", "characteristic": {"emailAddress": "ngozi@example.com"}}],
            "partyCharacteristic": [{"name": "householdSize", "value": 3}],
            "relatedParty": [{"id": "128", "role": "employer", "@referredType": "Organization"}],
        },
    ),
    "A customer that v4 created": (
        "/tmf-api/customerManagement/{version}/customer",
        {
            "name": "Delta Shipping",
            "engagedParty": {"id": "7301", "role": "buyer", "@referredType": "Organization"},
        },
    ),
    "An interaction that v4 created": (
        "/tmf-api/partyInteraction/{version}/partyInteraction",
        {
            "reason": "Asks for a fibre line",
            "direction": "inbound",
            "creationDate": "2026-05-04T09:30:00Z",
            "statusChangeDate": "2026-05-04T09:30:00Z",
            "channel": [{"id": "shop-17", "role": "reception", "@type": "store"}],
            "interactionItem": [{"item": {"id": "30001", "role": "result", "@referredType": "ProductOrder"}}],
        },
    ),
    "A privacy profile that v4 created": (
        "/tmf-api/privacyManagement/{version}/partyPrivacyProfile",
        {
            "creationDate": "2026-05-04T09:30:00Z",
            "partyPrivacyProfileSpecification": {"id": "31"},
            "agreedByParty": {"id": "4188", "role": "parent", "@referredType": "Individual"},
            "partyPrivacyProfileCharacteristic": [
                {"name": "emailAddress", "value": "opted in", "privacyUsagePurpose": "MARKETING"}
            ],
        },
    ),
}


def test_the_examples_are_what_the_server_answers(client: httpx.Client) -> None:
    examples = "".join(_shown(client, title, path, body) for title, (path, body) in EXAMPLES.items())
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    expected = f"{before}{BEGIN}{examples}\n{END}{after}"
    if os.environ.get("LIAISON_WRITE_DOCS") == "1":
        PAGE.write_text(expected, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == expected, "make them with: LIAISON_WRITE_DOCS=1 make test"


def _shown(client: httpx.Client, title: str, path: str, body: dict[str, Any]) -> str:
    id = client.post(path.format(version="v4"), json=body).raise_for_status().json()["id"]
    told = [f"\n### {title}\n"]
    for version in ("v4", "v5"):
        view = client.get(f"{path.format(version=version)}/{id}").json()
        view = {name: value for name, value in view.items() if name not in ("id", "href", "lastUpdate")}
        told.append(f"\n{version}:\n\n```json\n{json.dumps(view, indent=2)}\n```\n")
    return "".join(told)
