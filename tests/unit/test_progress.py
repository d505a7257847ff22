# SPDX-License-Identifier: Apache-2.0
"""How far a command has come, where there is no terminal: a line every ten seconds, on standard error alone."""

from itertools import count

import pytest

from app.cli.progress import LINE_SECONDS, progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock finds it four seconds on."""
    seconds = count(0, 4)
    monkeypatch.setattr("app.cli.progress.time.monotonic", lambda: float(next(seconds)))


@pytest.mark.usefixtures("clock")
def test_lines_come_at_least_ten_seconds_apart(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Importing", 200, of="bytes") as advance:
        for _ in range(8):
            advance(10)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == ["Importing: 30 of 200 (15 %) bytes", "Importing: 60 of 200 (30 %) bytes"]
    assert LINE_SECONDS == 10.0


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("length", [None, 0])
def test_what_nobody_knows_the_length_of_is_counted(capsys: pytest.CaptureFixture[str], length: int | None) -> None:
    with progress("Exporting", length, of="customer") as advance:
        for _ in range(3):
            advance(10)
    assert capsys.readouterr().err == "Exporting: 30 customer\n"


def test_what_is_done_at_once_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Seeding", 3) as advance:
        advance(3)
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("clock")
def test_more_than_was_estimated_is_no_more_than_everything(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Exporting", 20) as advance:
        for _ in range(3):
            advance(10)
    assert capsys.readouterr().err == "Exporting: 30 of 20 (100 %)\n"
