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
from app.composition.served_apis import served_apis
from app.domain.events import lower_camel
from app.errors import DocumentsError, MissingField
from app.settings import Settings
from app.storage.mongod.client import connect
from app.transfer.selection import engine_of
from tests.contract.test_another_api import FOLDER, ROLES
from tests.serving import free_port, serving

TEXT = (FOLDER / "party-role-v4.yaml").read_text(encoding="utf-8")
ORGANIZATIONS = "/tmf-api/party/v4/organization"
RULES = """
from app.domain.rules import Dependence, Rules

RULES = {"PartyRole": Rules(fixed=("name",), needs=(Dependence(("engagedParty", "id"), ("Organization",)),))}
"""
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [*{before}, *{before}, *{before}, *{before}, *{before}, *{before}, *{before}, *{before}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


def refusals(*places: Path) -> list[str]:
    with pytest.raises(DocumentsError) as refused:
        served_apis(Settings(apis=",".join(map(str, places))))
    return str(refused.value).splitlines()


@pytest.fixture
def deployed(settings: Settings, clean_database: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a server with a document of its own, and a module of rules beside that."""
    (tmp_path / "party-role-v4.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "party-role.py").write_text(RULES, encoding="utf-8")
    own = replace(settings, port=free_port(), apis=str(tmp_path))
    with serving(own) as url, httpx.Client(base_url=url) as client:
        yield client


def test_a_document_is_served_with_the_rules_beside_it(deployed: httpx.Client) -> None:
    party = deployed.post(ORGANIZATIONS, json={"tradingName": "North"}).json()
    engaged = {"id": party["id"], "href": party["href"], "@referredType": "Organization"}
    role = deployed.post(ROLES, json={"name": "Dealer", "engagedParty": engaged})
    assert role.status_code == 201, role.text
    found = deployed.get(ROLES, params={"filter": "$[?(@.name == 'Dealer')]"}).json()
    assert found == [role.json()]
    assert deployed.patch(role.headers["location"], json={"name": "Other"}).status_code == 400
    assert deployed.delete(party["href"]).status_code == 409
    assert (
        deployed.get("/tmf-api/partyRoleManagement/v4/openapi.json").json()["info"]["title"] == "Party Role Management"
    )
    assert "Party Role Management" in deployed.get("/", headers={"accept": "text/html"}).text


async def imported(settings: Settings) -> list[dict[str, Any]]:
    """A role, in a database to which no client may write it; one without a name is refused."""
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        engine = engine_of(liaison.apis, "partyRole", "v4")
        engaged = {"engagedParty": {"id": "7", "@referredType": "X"}}
        with pytest.raises(MissingField, match="/name is mandatory"):
            await engine.create_many([engaged])
        return await engine.create_many([{"name": "Dealer", **engaged}])


def test_what_nobody_may_create_is_imported_and_read(settings: Settings, clean_database: str, tmp_path: Path) -> None:
    schemas = TEXT.index("    PartyRole_Create:"), TEXT.index("    PartyRole_base:")
    text = (TEXT[: schemas[0]] + TEXT[schemas[1] :]).replace(
        "    x-indexes:", "    x-operations: [list, retrieve]\n    x-indexes:"
    )
    text = text[: text.index("paths:")] + text[text.index("components:") :]
    (tmp_path / "party-role-v4.yaml").write_text(text, encoding="utf-8")
    own = replace(settings, port=free_port(), apis=str(tmp_path))
    (made,) = asyncio.run(imported(own))
    with serving(own) as url, httpx.Client(base_url=url) as client:
        assert client.get(ROLES).json() == [made]
        refused = client.post(ROLES, json={"name": "Dealer"})
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
        refused = client.patch(made["href"], json={"name": "Dealer"})
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
        hub = client.get("/tmf-api/partyRoleManagement/v4/openapi.json").json()["paths"]["/hub"]["post"]
        assert hub.get("callbacks", {}) == {}


def test_without_such_documents_only_ours_are_served() -> None:
    assert [api.name for api in served_apis(Settings())] == ["party", "customer", "party-interaction", "event"]


def test_a_single_document_may_be_named(tmp_path: Path) -> None:
    assert served_apis(Settings(apis=str(FOLDER / "party-role-v4.yaml")))[-1].rules.keys() == {"PartyRole"}


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("PartyRole.yaml", "", "", "its name should be that of an API and a version, such as usage-v4.yaml"),
        ("customer-v4.yaml", "", "", "the name customer is that of an API of this server; choose another"),
        (
            "usage-v4.yaml",
            "/tmf-api/partyRoleManagement/v4",
            "/tmf-api/party/v4",
            "/servers/0/url: /tmf-api/party/v4 is the base path of an API of this server; each needs its own",
        ),
        (
            "usage-v4.yaml",
            "PartyRole",
            "Customer",
            "/x-tmf-resources/Customer: the API customer has a resource or collection of this name",
        ),
        (
            "usage-v4.yaml",
            "PartyRole",
            "Lease",
            "/x-tmf-resources/Lease: the server itself has a resource or collection of this name",
        ),
        (
            "usage-v4.yaml",
            "PartyRole",
            "Hub",
            "x-tmf-resources.Hub: /hub is where listeners register; it needs another",
        ),
        ("usage-v4.yaml", "[engagedParty.id]", "[size]", "x-tmf-resources/PartyRole/x-indexes: 'size' is no attribute"),
        (
            "usage-v4.yaml",
            "version: 4.0.0",
            "version: 3.0.0",
            "/info/version should begin with one of 4, 5, not '3.0.0'",
        ),
        (
            "usage-v4.yaml",
            "initial: initialized",
            "initial: lost",
            "initial lost is not one of its states (initialized, active, ended)",
        ),
        ("usage-v4.yaml", "schemas/RelatedParty'", "schemas/Nobody'", "has no components/schemas/Nobody"),
        (
            "usage-v4.yaml",
            "'#/components/schemas/RelatedParty'",
            "'https://example.com/x.yaml#/components/schemas/X'",
            "should lead to a file beside it, or below; nothing is fetched",
        ),
        (
            "usage-v4.yaml",
            "'#/components/schemas/RelatedParty'",
            "'../../etc/x.yaml#/components/schemas/X'",
            "should lead to a file beside it, or below; nothing is fetched",
        ),
    ],
)
def test_what_cannot_be_served_is_told_with_the_file_and_what_would_be_right(
    tmp_path: Path, name: str, old: str, new: str, told: str
) -> None:
    assert old in TEXT
    file = tmp_path / name
    text = TEXT.replace(old, new).replace(f"/{lower_camel(old)}:", f"/{lower_camel(new)}:") if old else TEXT
    file.write_text(text, encoding="utf-8")
    (line,) = refusals(tmp_path)
    assert line.startswith(f"{file}: ")
    assert told in line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BOMB, "holds more than 2000000 values"),
        ("a: &a [*a]\n", "has more than 100 levels, or leads back into itself"),
        ("[" * 200 + "]" * 200, "has more than 100 levels, or leads back into itself"),
        ("a: [", "is not YAML as it should be"),
        ("- a list\n", "should hold a mapping, not list"),
    ],
)
def test_a_hostile_file_is_refused_in_little_time_and_room(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "usage-v4.yaml").write_text(text, encoding="utf-8")
    (line,) = refusals(tmp_path)
    assert told in line


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "usage-v4.yaml").write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8" in refusals(tmp_path)[0]


def test_all_reasons_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "Nameless.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "usage-v4.yaml").write_text("a: [", encoding="utf-8")
    assert len(refusals(tmp_path, tmp_path / "nowhere")) == 3


def test_two_documents_need_names_of_their_own(tmp_path: Path) -> None:
    for name in ("one-v4", "other-v4"):
        (tmp_path / f"{name}.yaml").write_text(TEXT, encoding="utf-8")
    assert [line.partition(": ")[2] for line in refusals(tmp_path)] == [
        "/servers/0/url: /tmf-api/partyRoleManagement/v4 is the base path of one-v4; each needs its own",
        "/x-tmf-resources/PartyRole: the API one has a resource or collection of this name",
    ]


def test_versions_of_one_api_need_a_module_that_maps_them(tmp_path: Path) -> None:
    for version in ("4", "6"):
        text = TEXT.replace("Management/v4", f"Management/v{version}")
        (tmp_path / f"role-v{version}.yaml").write_text(text, encoding="utf-8")
    assert "role-v4, role-v6 are versions of one API; role.py must say how each sees" in refusals(tmp_path)[0]


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("RULES = 5", "RULES should be a mapping, not int"),
        ("RULES = {'Part': None}", "RULES names 'Part', which is no resource of the API; there are PartyRole"),
        ("VIEWS = {'v4': {'Part': None}}", "VIEWS['v4'] names 'Part', which is no resource of the API"),
        ("1 / 0", "cannot be run: ZeroDivisionError: division by zero"),
    ],
)
def test_a_module_that_is_wrong_is_told_of(tmp_path: Path, module: str, told: str) -> None:
    (tmp_path / "party-role-v4.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "party-role.py").write_text(module, encoding="utf-8")
    (line,) = refusals(tmp_path)
    assert line.startswith(str(tmp_path / "party-role.py"))
    assert told in line
