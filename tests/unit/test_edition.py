# SPDX-License-Identifier: Apache-2.0
"""Entity tags: as different as what they stand for, and alike for what is alike."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.domain.identifiers import Revision
from app.domain.query.selection import parse_fields

ORIGIN = datetime(2024, 5, 1, 10, tzinfo=UTC)
NAMES = ("id", "status", "note", "note.text", "note.author", "@type", "skill[0].code", "skill[?(@.a==1)]")

instants = st.integers(0, 10**12).map(lambda milliseconds: ORIGIN + timedelta(milliseconds=milliseconds))
editions = st.builds(Revision, st.integers(1, 10**6), instants, st.sampled_from(["v4", "v5"]))
selections = st.lists(st.sampled_from(NAMES), min_size=1).map(lambda names: parse_fields(",".join(names)))


def shown(selection: Any) -> str:
    """What tells selections apart that show something else."""
    wanted = {name: within for name, within in selection.tree.items() if name not in ("id", "@type")}
    return json.dumps([wanted, sorted({path.text for path in selection.paths})], sort_keys=True)


@given(editions, editions)
def test_different_editions_have_different_tags(one: Revision, other: Revision) -> None:
    assert (one.tag() == other.tag()) == (one == other)


@given(editions, selections, selections)
def test_selections_have_the_same_tag_when_they_show_the_same(edition: Revision, one: Any, other: Any) -> None:
    assert (edition.tag(one) == edition.tag(other)) == (shown(one) == shown(other))
    assert edition.tag() not in (edition.tag(one), edition.tag(other))


@given(editions, editions, selections)
def test_every_tag_of_an_edition_names_that_edition_alone(one: Revision, other: Revision, selection: Any) -> None:
    for tag in (one.tag(), one.tag(selection)):
        assert one.is_named_by(tag)
        assert other.is_named_by(tag) == (one == other)


@given(editions, selections)
def test_a_weak_or_a_longer_tag_names_no_edition(edition: Revision, selection: Any) -> None:
    for tag in (f"W/{edition.tag()}", edition.tag()[:-1] + 'x"', "*", '""'):
        assert not edition.is_named_by(tag)


@given(editions, selections)
def test_a_tag_is_strong_and_quoted(edition: Revision, selection: Any) -> None:
    for tag in (edition.tag(), edition.tag(selection)):
        assert tag.startswith('"')
        assert tag.endswith('"')
        assert tag[1:-1].replace("-", "").isalnum()
        assert tag.isascii()
