# SPDX-License-Identifier: Apache-2.0
"""The ids that an import gives: UUIDv7, in the order of lines, the same whenever it is tried again."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from app.domain.identifiers import new_id
from app.transfer.ids import LINE_BITS, TAG_BITS, Ids

AT = datetime(2026, 5, 1, 10, 0, 0, 123_000, tzinfo=UTC)
lines = st.integers(0, 2**LINE_BITS - 1)
imports = st.builds(Ids, st.integers(0, 2**48 - 1), st.integers(0, 2**TAG_BITS - 1))


@given(imports, lines)
def test_an_id_is_a_uuid_of_version_7_that_tells_when_the_import_began(ids: Ids, line: int) -> None:
    id = UUID(ids.of(line))
    assert (id.version, id.variant) == (7, RFC_4122)
    assert id.int >> 80 == ids.milliseconds
    assert str(id) == ids.of(line)


@given(imports, lines, lines)
def test_ids_sort_in_the_order_of_their_lines(ids: Ids, one: int, other: int) -> None:
    assert (ids.of(one) < ids.of(other)) == (one < other)


@given(imports, imports, lines, lines)
def test_no_two_imports_share_an_id(ids: Ids, others: Ids, one: int, other: int) -> None:
    assert (ids.of(one) == others.of(other)) == ((ids, one) == (others, other))


def test_ids_take_their_place_among_those_that_are_given_one_by_one() -> None:
    before, after = Ids.generate(datetime.now(UTC) - timedelta(seconds=1)), Ids.generate(datetime.now(UTC))
    assert before.of(2**LINE_BITS - 1) < new_id()
    assert before.of(2**LINE_BITS - 1) < after.of(0)


def test_two_imports_of_one_instant_draw_different_tags() -> None:
    assert len({Ids.generate(AT).tag for _ in range(20)}) == 20
    assert Ids.generate(AT).milliseconds == 1777629600123
