# SPDX-License-Identifier: Apache-2.0
"""Policies of the processes: what a file leaves out is as in the default ones, and each fault is a line."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from app.errors import StartError
from app.processes.policies import DEFAULT, read_policies

DEFAULTS: dict[str, dict[str, Any]] = yaml.safe_load(Path(DEFAULT).read_text(encoding="utf-8"))


@pytest.mark.parametrize(("process", "name"), [(process, name) for process in DEFAULTS for name in DEFAULTS[process]])
def test_what_a_file_leaves_out_is_as_in_the_default_ones(process: str, name: str, tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    without = {key: value for key, value in DEFAULTS[process].items() if key != name}
    for policies in ({process: without}, {process: {name: DEFAULTS[process][name]}}, {}):
        file.write_text(yaml.safe_dump(policies), encoding="utf-8")
        assert read_policies(str(file)) == read_policies("")


def test_a_file_has_its_own_policies_beside_the_default_ones(tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text("terminate: {informed: [payer]}", encoding="utf-8")
    read, default = read_policies(str(file)), read_policies("")
    assert read.terminate.informed == {"payer"}
    assert read.terminate.reasons == default.terminate.reasons


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("terminate: {informed: 5, dismantle: {kitchen: P1D}}", "terminate.informed"),
        ("terminate: {reasons: {fraud: {blocked: perhaps}}}", "terminate.reasons.fraud"),
        ("reestablish: {until: P1D}", "reestablish.until"),
        ("dance: {}", "dance"),
        ("terminate:", "terminate"),
        ("- terminate", ""),
        ("terminate: [", "cannot be read"),
    ],
)
def test_a_fault_is_a_line_that_names_its_place(text: str, place: str, tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StartError) as refused:
        read_policies(str(file))
    lines = str(refused.value).splitlines()
    assert any(line.startswith(f"LIAISON_POLICIES={file}: {place}") for line in lines)
