# SPDX-License-Identifier: Apache-2.0
"""What becomes of lines: in their order, and tried again while the database is away."""

from collections.abc import Sequence

import pytest
from pymongo.errors import ConfigurationError

from app.domain.origin import Origin
from app.errors import Conflict, InvalidBody, PayloadTooLarge, StartError, Unavailable
from app.resources.bulk import AlreadyThere, CreatedResource, New, Outcome
from app.transfer import batch
from app.transfer.batch import Alone, ImportOutcome, Portion
from app.transfer.ids import Ids
from app.transfer.sources import Line

pytestmark = pytest.mark.anyio

IDS = Ids(1, 2)
CONFLICT, TOO_LONG = Conflict("taken"), PayloadTooLarge("too long")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "PAUSES", (0.0, 0.0))


class Engine:
    """Creates what has a name, after it failed in these ways."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.asked: list[tuple[list[New], Origin]] = []

    async def create_each(self, news: Sequence[New], origin: Origin) -> list[Outcome]:
        self.asked.append((list(news), origin))
        if self._failures:
            raise self._failures.pop(0)
        known: dict[str, Outcome] = {"new": CreatedResource("1", {}), "there": AlreadyThere("2"), "taken": CONFLICT}
        return [known[new.body["name"]] for new in news]


def portion(*texts: bytes) -> Portion:
    return Portion([Line(number, text) for number, text in enumerate(texts, start=7)], IDS, "me")


def alone(engine: Engine) -> Alone:
    return Alone(engine)  # type: ignore[arg-type]


async def test_every_line_has_its_own_end() -> None:
    engine = Engine()
    given = portion(b'{"name":"taken"}', b"no", b'{"name":"new"}', b'{"name":"there"}')
    lines = [*given.lines, Line(99, b'{"name":"new"', TOO_LONG)]
    conflict, wrong, created, there, long = await alone(engine).ends(Portion(lines, IDS, "me"))
    assert (conflict, created, there, long) == (CONFLICT, ImportOutcome.CREATED, ImportOutcome.THERE, TOO_LONG)
    assert isinstance(wrong, InvalidBody)
    [(news, origin)] = engine.asked
    assert [new.id for new in news] == [IDS.of(7), IDS.of(9), IDS.of(10)]
    assert origin == Origin(IDS.name, "me")


async def test_what_a_database_that_is_away_did_not_take_is_tried_again() -> None:
    engine = Engine(Unavailable("away"), Unavailable("away"))
    assert await alone(engine).ends(portion(b'{"name":"new"}')) == [ImportOutcome.CREATED]
    assert len(engine.asked) == 3
    assert len({str(asked) for asked in engine.asked}) == 1


@pytest.mark.parametrize("failures", [[Unavailable("away")] * 3, [ConfigurationError("away")]])
async def test_a_database_that_stays_away_ends_the_import(failures: list[Exception]) -> None:
    with pytest.raises(StartError, match=r"The database failed: away\. The same command goes on once it is back"):
        await alone(Engine(*failures)).ends(portion(b'{"name":"new"}'))
