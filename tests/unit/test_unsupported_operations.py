# SPDX-License-Identifier: Apache-2.0
"""Operations of a deployment's document that no standard verb covers: marked, made whole, and named at start."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from app.composition import supervisor
from app.spec.operations import METHODS, UNSUPPORTED, standard_methods
from app.spec.unsupported_operations import mark_unsupported, unsupported_operations

DOCUMENT = Path(__file__).parents[1] / "contract" / "apis" / "resource-inventory-v4.yaml"
WHOLE: dict[str, Any] = {"operationId": "x", "responses": {"204": {"description": "Done."}}}
STANDARD = standard_methods(["/ship"])


def marked(path: str, method: str, operation: Any) -> Any:
    return mark_unsupported({path: {method: operation}}, STANDARD)[path]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/ship", "/ship/{id}", "/ship/{id}/sink", "/sink"])
def test_every_operation_but_the_standard_ones_is_marked(path: str, method: str) -> None:
    is_standard = method in {"/ship": ("get", "post"), "/ship/{id}": ("get", "patch", "delete")}.get(path, ())
    document = {"paths": {path: marked(path, method, WHOLE)}}
    assert list(unsupported_operations(document)) == ([] if is_standard else [(method.upper(), path)])


def test_what_is_not_described_gets_what_openapi_demands_if_it_says_so() -> None:
    assert marked("/sink", "post", {"summary": "Sink"}) == {"post": {"summary": "Sink"}}
    whole = marked("/ship/{id}/sink", "post", {UNSUPPORTED: True})
    assert whole["post"]["operationId"] == "postShipSink"
    assert whole["post"]["security"] == [{"accessToken": ["ship:create"]}]
    assert whole["post"]["responses"]["501"] == {"$ref": "#/components/responses/NotImplemented"}
    assert [each["name"] for each in whole["parameters"]] == ["id"]


def test_what_is_described_keeps_what_it_says() -> None:
    own = {"operationId": "sink", "responses": {"200": {"description": "Sunk."}, "default": {"description": "Not."}}}
    whole = marked("/sink", "post", own)["post"]
    assert (whole["operationId"], list(whole["responses"])) == ("sink", ["501", "200", "default"])


def test_its_name_is_that_of_no_other_operation() -> None:
    paths = {"/ship": {"delete": {UNSUPPORTED: True}}, "/ship/{id}": {"delete": {"operationId": "deleteShip"}}}
    assert mark_unsupported(paths, STANDARD)["/ship"]["delete"]["operationId"] == "unsupportedDeleteShip"


def test_serve_names_each_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "serve", lambda _settings, check, **_others: check() or 0)
    result = CliRunner().invoke(main, ["serve", "--api", str(DOCUMENT)])
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if "answers 501" in line]
    base = "/tmf-api/resourceInventoryManagement/v4"
    told = ("PUT /resource/{id}", "POST /resource/{id}", "POST /resource/{id}/restart/{mode}", "GET /reconcile")
    named = [json.loads(line) for line in lines]
    expected = [f"{method} {base}{path}" for method, path in map(str.split, told)]
    assert sorted(each["operation"] for each in named) == sorted(expected)
    assert {each["document"] for each in named} == {"resource-inventory-v4"}
