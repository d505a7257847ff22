# SPDX-License-Identifier: Apache-2.0
"""A deployment's own lifecycles: what the file may say, and what stops the start."""

import dataclasses
from pathlib import Path

import httpx
import pytest

from app.composition.api_resources import api_versions
from app.composition.factory import create_app
from app.errors import StartError
from app.settings import Settings
from tests.contract.answers import created, patched, refused
from tests.contract.bodies import customer, individual
from tests.contract.conftest import Deploy
from tests.paths import CUSTOMER, INDIVIDUAL

OWN = """
Customer:
  initial: Lead
  moves:
    Lead: [Won, Lost]
    Won: [Lost]
    Lost: []
  aliases: {Opportunity: Lead}
  processMoves: {Lost: {Won: win-back}}
Individual:
  initial: known
  moves: {known: [trusted], trusted: []}
"""


@pytest.fixture(scope="module")
def own(deploy: Deploy, tmp_path_factory: pytest.TempPathFactory) -> httpx.Client:
    """A deployment whose customers and individuals have lifecycles of its own."""
    file = tmp_path_factory.mktemp("settings") / "lifecycles.yaml"
    file.write_text(OWN)
    return deploy(lifecycles=str(file))


def test_a_deployment_has_its_own_states(own: httpx.Client) -> None:
    shown = created(own, CUSTOMER, customer())
    assert shown["status"] == "Lead"
    assert patched(own, shown, {"status": "lost"})["status"] == "lost"
    assert "Won by the win-back process" in refused(own.patch(shown["href"], json={"status": "Won"}), 409, "69")
    assert created(own, CUSTOMER, customer(status="opportunity"))["status"] == "opportunity"


def test_the_declared_states_are_then_unknown(own: httpx.Client) -> None:
    message = refused(own.post(CUSTOMER, json=customer(status="Created")), 400, "24")
    assert message.endswith("Lead, Won, Lost")


def test_the_other_resources_keep_theirs(own: httpx.Client) -> None:
    shown = created(own, "/tmf-api/party/v4/organization", {"tradingName": "Delta"})
    assert shown["status"] == "initialized"


def test_a_list_of_states_in_the_served_document_becomes_the_deployments(own: httpx.Client) -> None:
    assert created(own, INDIVIDUAL, individual(status="TRUSTED"))["status"] == "trusted"
    served = own.get("/tmf-api/party/v4/openapi.json").json()
    assert served["components"]["schemas"]["IndividualStateType"]["enum"] == ["known", "trusted"]
    assert served["x-tmf-resources"]["Individual"]["x-lifecycle"]["initial"] == "known"


MOVES = "Customer: {initial: A, moves: {A: [B], B: []}"
WRONG = [
    ("", "must map the name of a resource"),
    ("- Customer", "must map the name of a resource"),
    ("Customer: Active", "must map the name of a resource"),
    ("Customer: [", "cannot be read"),
    ("\x00", "cannot be read"),
    ("Customr: {initial: A, moves: {A: []}}", "'Customr' is not known; known are Customer, Individual, "),
    ("Customer: {moves: {A: []}}", "Customer.initial: Missing"),
    ("Customer: {initial: A}", "Customer.moves: Missing"),
    ("Customer: {initial: A, moves: [A]}", "Customer.moves: Not a valid mapping"),
    ("Customer: {initial: A, moves: {A: B, B: []}}", "Customer.moves.A"),
    ("Customer: {initial: A, moves: {A: [1]}}", "Customer.moves.A"),
    ("Customer: {initial: C, moves: {A: [B], B: []}}", "Customer.initial: names C, which is not among"),
    ("Customer: {initial: A, moves: {A: [C, B], B: []}}", "Customer.moves.A: names C, which is not among"),
    (MOVES + ", aliases: {c: C}}", "Customer.aliases: names C, which is not among"),
    (MOVES + ", aliases: [c]}", "Customer.aliases: Not a valid mapping"),
    (MOVES + ", processMoves: {C: {A: back}}}", "Customer.processMoves.C: names C"),
    (MOVES + ", processMoves: {B: {C: back}}}", "Customer.processMoves.B: names C"),
    (MOVES + ", transitions: {}}", "Customer.transitions: Unknown field"),
    (MOVES + "}\nIndividual: {initial: A, moves: {}}", "Individual.initial: names A"),
]


@pytest.mark.parametrize(("content", "told"), WRONG)
def test_a_wrong_file_stops_the_start_saying_where(settings: Settings, tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "lifecycles.yaml"
    file.write_text(content)
    with pytest.raises(StartError) as stopped:
        api_versions(dataclasses.replace(settings, lifecycles=str(file)))
    assert told in str(stopped.value)
    assert f"LIAISON_LIFECYCLES={file}" in str(stopped.value)


@pytest.mark.parametrize("name", ["nowhere.yaml", "."])
def test_a_file_that_cannot_be_read_stops_the_start(settings: Settings, tmp_path: Path, name: str) -> None:
    with pytest.raises(StartError, match="cannot be read"):
        create_app(dataclasses.replace(settings, lifecycles=str(tmp_path / name)))


def test_a_file_that_is_not_utf_8_stops_the_start(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "lifecycles.yaml").write_bytes(OWN.replace("Lead", "Läd").encode("latin-1"))
    with pytest.raises(StartError, match="cannot be read"):
        create_app(dataclasses.replace(settings, lifecycles=str(tmp_path / "lifecycles.yaml")))


@pytest.mark.parametrize("paths", ["party-v4", "party-v4=", "party-v4=x", "party-v4=/x/", "partyv4=/x"])
def test_wrong_base_paths_stop_the_start(settings: Settings, paths: str) -> None:
    with pytest.raises(StartError, match="LIAISON_BASE_PATHS"):
        create_app(dataclasses.replace(settings, base_paths=paths))
