# SPDX-License-Identifier: Apache-2.0
"""Documents of a deployment (`LIAISON_APIS`) are served beside ours, or refused with a line for each reason."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.composition.factory import Liaison
from app.errors import MissingField
from app.settings import Settings
from app.storage.mongod.client import connect
from app.transfer.selection import engine_of
from tests.serving import free_port, serving
from tests.supplier_api import SUPPLIERS, TEXT

ORGANIZATIONS = "/tmf-api/party/v4/organization"
RULES = """
from app.domain.rules import Dependence, Rules

RULES = {"Supplier": Rules(fixed=("name",), needs=(Dependence(("engagedParty", "id"), ("Organization",)),))}
"""


@pytest.fixture
def deployed(settings: Settings, clean_database: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a server with a document of its own, and a module of rules beside that."""
    (tmp_path / "supplier-v4.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "supplier.py").write_text(RULES, encoding="utf-8")
    own = replace(settings, port=free_port(), apis=str(tmp_path))
    with serving(own) as url, httpx.Client(base_url=url) as client:
        yield client


def test_a_document_is_served_with_the_rules_beside_it(deployed: httpx.Client) -> None:
    party = deployed.post(ORGANIZATIONS, json={"tradingName": "North"}).json()
    engaged = {"id": party["id"], "href": party["href"], "@referredType": "Organization"}
    supplier = deployed.post(SUPPLIERS, json={"name": "Cables", "engagedParty": engaged})
    assert supplier.status_code == 201, supplier.text
    found = deployed.get(SUPPLIERS, params={"filter": "$[?(@.name == 'Cables')]"}).json()
    assert found == [supplier.json()]
    assert deployed.patch(supplier.headers["location"], json={"name": "Other"}).status_code == 400
    assert deployed.delete(party["href"]).status_code == 409
    assert deployed.get("/tmf-api/supplierManagement/v4/openapi.json").json()["info"]["title"] == "Supplier Management"
    assert "Supplier Management" in deployed.get("/", headers={"accept": "text/html"}).text


async def imported(settings: Settings) -> list[dict[str, Any]]:
    """A supplier, in a database to which no client may write it; one without a name is refused."""
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        engine = engine_of(liaison.apis, "supplier", "v4")
        engaged = {"engagedParty": {"id": "7", "@referredType": "X"}}
        with pytest.raises(MissingField, match="/name is mandatory"):
            await engine.create_many([engaged])
        return await engine.create_many([{"name": "Cables", **engaged}])


def test_what_nobody_may_create_is_imported_and_read(settings: Settings, clean_database: str, tmp_path: Path) -> None:
    schemas = TEXT.index("    Supplier_Create:"), TEXT.index("    Supplier_base:")
    text = (TEXT[: schemas[0]] + TEXT[schemas[1] :]).replace(
        "    x-indexes:", "    x-operations: [list, retrieve]\n    x-indexes:"
    )
    text = text[: text.index("paths:")] + text[text.index("components:") :]
    (tmp_path / "supplier-v4.yaml").write_text(text, encoding="utf-8")
    own = replace(settings, port=free_port(), apis=str(tmp_path))
    (made,) = asyncio.run(imported(own))
    with serving(own) as url, httpx.Client(base_url=url) as client:
        assert client.get(SUPPLIERS).json() == [made]
        refused = client.post(SUPPLIERS, json={"name": "Cables"})
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
        refused = client.patch(made["href"], json={"name": "Cables"})
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
        hub = client.get("/tmf-api/supplierManagement/v4/openapi.json").json()["paths"]["/hub"]["post"]
        assert hub.get("callbacks", {}) == {}
