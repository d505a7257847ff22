# SPDX-License-Identifier: Apache-2.0
"""The command `liaison spec adopt`: what it writes, what it tells, and how it ends."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.spec import spec
from app.composition.served_apis import served_apis
from app.settings import Settings
from app.spec.bundle import bundle
from tests.adopting import CONTRACT, TICKET, Document, adopted


def run(file: Path, *options: str) -> Result:
    return CliRunner().invoke(spec, ["adopt", str(file), *options])


def published(folder: Path, document: Document, name: str = "TMF999.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(document))
    return path


def test_it_writes_a_document_and_tells_what_was_left_out(tmp_path: Path) -> None:
    done = run(published(tmp_path, TICKET), "--out", str(tmp_path / "ours"))
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert [line.partition(":")[0] for line in lines[:3]] == [
        "TMF999.json#/paths/~1ticket~1{id}/put",
        "TMF999.json#/paths/~1closeTicket",
        "TMF999.json#/paths/~1ticket~1{ticketId}~1log~1{id}",
    ]
    assert lines[-1] == f"{tmp_path / 'ours'}/ticket-v4.yaml: Ticket; 9 schemas, 3 things to look at"
    assert (tmp_path / "ours" / "ticket-v4.yaml").read_text() == adopted(tmp_path, TICKET, "TMF999.json").text
    assert "/ticket/{id}" in bundle("ticket-v4", tmp_path / "ours")["paths"]


def test_it_writes_to_the_present_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(published(tmp_path, CONTRACT)).exit_code == 0
    assert (tmp_path / "contractManagement-v5.yaml").is_file()


def test_a_server_takes_what_it_wrote(tmp_path: Path) -> None:
    for document, name in ((TICKET, "TMF999.json"), (CONTRACT, "TMF998.json")):
        assert run(published(tmp_path, document, name), "--out", str(tmp_path / "apis")).exit_code == 0
    *_, contract, ticket = served_apis(Settings(apis=str(tmp_path / "apis")))
    assert (contract.name, list(contract.versions)) == ("contractManagement", ["v5"])
    assert (ticket.name, list(ticket.versions), list(ticket.rules)) == ("ticket", ["v4"], ["Ticket"])


def test_it_writes_the_same_again_and_nothing_over_something_else(tmp_path: Path) -> None:
    file, out = published(tmp_path, TICKET), tmp_path / "ticket-v4.yaml"
    assert run(file, "--out", str(tmp_path)).exit_code == run(file, "--out", str(tmp_path)).exit_code == 0
    out.write_text(out.read_text() + "# Worked on.\n")
    done = run(file, "--out", str(tmp_path))
    assert done.exit_code == 2
    assert done.output.splitlines()[-1].startswith(f"{out} is there and differs; move it")
    assert out.read_text().endswith("# Worked on.\n")


@pytest.mark.parametrize(
    "content", ["{}", "[", '{"swagger": "2.0", "info": {"version": "4"}, "paths": {"/a/b": {"get": {}}}}']
)
def test_what_cannot_be_adopted_ends_with_2_and_writes_nothing(tmp_path: Path, content: str) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(content)
    done = run(file, "--out", str(tmp_path / "ours"))
    assert done.exit_code == 2
    assert done.output.splitlines()[-1] == "wrong.json cannot be adopted; nothing was written"
    assert all(line.startswith("wrong.json") for line in done.output.splitlines())
    assert not (tmp_path / "ours").exists()


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(published(tmp_path, TICKET), "--out", str(tmp_path / "file" / "inner"))
    assert done.exit_code == 2
    assert "cannot be written" in done.output
