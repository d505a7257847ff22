# SPDX-License-Identifier: Apache-2.0
"""The commands that need no database."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from app.settings import listing
from app.spec.bundle import names


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments, env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_spec_bundle_writes_each_document_as_one_file(tmp_path: Path) -> None:
    code, _ = run("spec", "bundle", "--out", str(tmp_path))
    assert code == 0
    assert sorted(path.stem for path in tmp_path.iterdir()) == names()
    assert all(json.loads(path.read_text())["openapi"] == "3.0.3" for path in tmp_path.iterdir())


def test_spec_lint_finds_nothing_to_mend() -> None:
    code, told = run("spec", "lint")
    assert (code, told) == (0, f"{len(names())} documents, 0 problems\n")


def test_settings_prints_every_setting() -> None:
    _, told = run("settings")
    assert all(variable in told and help in told for variable, _, help in listing())


def test_a_wrong_setting_ends_with_one_line_that_names_it() -> None:
    code, told = run("serve", LIAISON_MAX_LIMIT="many")
    assert code == 1
    assert told == "Error: LIAISON_MAX_LIMIT='many': Not a valid integer.\n"


@pytest.mark.parametrize("group", ["audit", "export", "hub", "process", "spec", "templates"])
def test_a_group_tells_its_commands(group: str) -> None:
    code, told = run(group, "--help")
    assert code == 0
    assert "Commands:" in told


def test_a_wrong_lifecycle_file_ends_the_start_before_anything_runs(tmp_path: Path) -> None:
    file = tmp_path / "lifecycles.yaml"
    file.write_text("Customer: {initial: Lead, moves: {Lead: [Won]}}")
    code, told = run("serve", LIAISON_LIFECYCLES=str(file))
    assert code == 1
    assert f"{file}: Customer.moves.Lead" in told
    assert "Won" in told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("party-v4=tmf-api", "should be like"),
        ("party-v9=/x", "'party-v9' is not known"),
        ("party-v4=/x,customer-v4=/x", "each needs its own"),
    ],
)
def test_wrong_base_paths_end_the_start(value: str, told: str) -> None:
    code, output = run("serve", LIAISON_BASE_PATHS=value)
    assert code == 1
    assert told in output


def test_a_relay_without_a_database_says_how_to_give_it_one(tmp_path: Path) -> None:
    code, told = run("relay", "--data", str(tmp_path), MONGODB_URI="")
    assert code == 1
    assert "liaison serve" in told
    assert "MONGODB_URI" in told
