# SPDX-License-Identifier: Apache-2.0
"""The audit of denials: each is counted, few have lines, and no line says more than it may."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.access.principal import Principal
from app.errors import (
    ExpiredCredentials,
    Forbidden,
    InvalidCredentials,
    MissingCredentials,
    NotFound,
    TmfError,
    TooManyRequests,
)
from app.http.denials import MOST_LINES, Denials
from app.http.messages import PRINCIPAL

ROUTED = {"connexion_routing": {"api_base_path": "/party/v5", "operation_id": "listIndividual"}}


def scope(**more: Any) -> dict[str, Any]:
    return {"method": "GET", "path": "/party/v5/individual", "query_string": b"name=hush", "extensions": ROUTED, **more}


def principal(client: str = "crm") -> Principal:
    return Principal("https://issuer", "alice-hush", client, frozenset(), 0.0)


def lines(work: Callable[[Denials], object], *, wait_seconds: float = 0.0, **options: float) -> list[dict[str, Any]]:
    """What is logged while `work` notes denials, and until the counts are due."""

    async def main() -> None:
        denials = Denials(**options)
        work(denials)
        await asyncio.sleep(wait_seconds)
        denials.flush()

    with capture_logs() as said:
        asyncio.run(main())
    return [dict(line) for line in said]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MissingCredentials("hush"), (401, "40")),
        (InvalidCredentials("hush"), (401, "41")),
        (ExpiredCredentials("hush"), (401, "42")),
        (Forbidden("hush", "individual:read"), (403, "50")),
        (TooManyRequests("hush", 1), (429, "53")),
    ],
)
def test_a_denial_has_a_line_with_its_code_client_and_operation_alone(error: TmfError, code: tuple[int, str]) -> None:
    line, counts = lines(lambda denials: denials.note(error, scope(**{PRINCIPAL: principal()})))
    operation = "/party/v5 listIndividual"
    told = {"status": code[0], "code": code[1], "client": "crm", "operation": operation}
    assert line == {"event": "denied", "log_level": "warning", **told}
    assert counts["counts"] == {f"{code[0]} code {code[1]}": 1}
    assert "hush" not in str([line, counts])


def test_what_was_not_routed_is_told_by_its_path_without_the_query() -> None:
    line, _ = lines(lambda denials: denials.note(TooManyRequests("slow", 1), scope(extensions={}), principal()))
    assert line["operation"] == "GET /party/v5/individual"


def test_other_errors_are_no_denials() -> None:
    assert lines(lambda denials: denials.note(NotFound("nothing"), scope())) == []


@pytest.mark.parametrize("clients", [1, 10_000])
def test_ten_thousand_denials_write_few_lines_and_are_all_counted(clients: int) -> None:
    def work(denials: Denials) -> None:
        for number in range(10_000):
            denials.note(TooManyRequests("slow", 1), scope(), principal(f"client {number % clients}"))

    *first, counts = lines(work, lines_seconds=3600)
    assert len(first) == min(clients, MOST_LINES)
    assert counts["counts"] == {"429 code 53": 10_000}


def test_the_next_second_has_lines_again() -> None:
    def work(denials: Denials) -> None:
        for _ in range(3):
            denials.note(MissingCredentials("none"), scope())

    assert [line["event"] for line in lines(work, lines_seconds=0)] == ["denied"] * 3 + ["denials"]


def test_counts_are_told_in_time_and_once() -> None:
    def work(denials: Denials) -> None:
        denials.note(MissingCredentials("none"), scope())

    told = lines(work, count_seconds=0.01, wait_seconds=0.1)
    assert [line["event"] for line in told] == ["denied", "denials"]


def test_a_name_as_long_as_a_client_likes_is_cut() -> None:
    line, _ = lines(lambda denials: denials.note(MissingCredentials("none"), scope(), principal("x" * 10_000)))
    assert len(line["client"]) == 100
