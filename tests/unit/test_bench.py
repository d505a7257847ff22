# SPDX-License-Identifier: Apache-2.0
"""What the measurements make of what they measured; the measuring itself is `make bench`."""

import pytest
from joserfc import jwt

from tests.bench.figures import Spread, ratio
from tests.bench.goals import Goal
from tests.bench.load import Load
from tests.bench.operations import shows
from tests.bench.page import filled
from tests.bench.rounds import Sample
from tests.bench.signing import signed
from tests.bench.tokens import Bar
from tests.identity_provider import identity_provider


def sample(of: str, number: int, requests: int, **failures: int) -> Sample:
    failed = {"refused": 0, "broken": 0, "late": 0, **failures}
    load = Load(requests=requests, seconds=1.0, p50_ms=1.0, p99_ms=2.0, **failed)
    return Sample(of, "get", number, load, {"server": 100.0})


def test_a_ratio_is_taken_within_each_round() -> None:
    ours, theirs = [sample("liaison", 1, 300), sample("liaison", 2, 80)], [sample("eve", 2, 40), sample("eve", 1, 100)]
    assert ratio([*ours, *theirs], "liaison", "eve", "get") == Spread(median=2.5, least=2.0, greatest=3.0)


def test_a_ratio_needs_both_servers_in_every_round() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratio([sample("liaison", 1, 300), sample("liaison", 2, 80), sample("eve", 1, 100)], "liaison", "eve", "get")


@pytest.mark.parametrize("failure", ["refused", "broken", "late"])
def test_a_request_that_was_not_answered_well_is_a_failure(failure: str) -> None:
    assert sample("liaison", 1, 300, **{failure: 2}).failures == 2


@pytest.mark.parametrize(("found", "met"), [(1.3, True), (1.4, True), (1.5, False)])
def test_a_goal_may_be_a_most(found: float, met: bool) -> None:
    assert Goal("CPU", 1.4, Spread.of([found]), at_most=True).met is met


def test_an_answer_may_hold_more_and_spell_times_otherwise() -> None:
    sent = {"name": "Delta", "validFor": {"startDateTime": "2024-05-01T00:00:00Z"}, "account": [{"id": "1"}]}
    told = {"id": "7", "name": "Delta", "validFor": {"startDateTime": "2024-05-01T00:00:00.000+00:00"}}
    assert shows({**told, "account": [{"id": "1", "@type": "AccountRef"}]}, sent)
    assert not shows({**told, "account": []}, sent)
    assert not shows(told, sent)


def test_a_page_is_filled_between_its_markers_alone() -> None:
    page = "a\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nb\n<!-- scale:begin -->\n<!-- scale:end -->\n"
    assert filled(page, "bench", r"\1 new") == page.replace("old", r"\1 new")


def test_a_page_without_the_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="events:begin"):
        filled("nothing", "events", "text")


def test_tokens_are_dearer_by_the_requests_that_are_answered_less() -> None:
    bar = Bar("get", "get", of="guarded", beside="open", most=1.25)
    assert bar.expense([sample("open", 1, 300), sample("guarded", 1, 240)]).median == 1.25


def test_no_token_of_a_measurement_is_that_of_another() -> None:
    with identity_provider() as provider:
        tokens = signed(provider, 3, 60, roles=["reader"])
        claims = [jwt.decode(each, provider.keys["first"], algorithms=["RS256"]).claims for each in tokens]
    assert len({each["jti"] for each in claims}) == 3
    assert all(each["iss"] == provider.url and each["roles"] == ["reader"] for each in claims)
