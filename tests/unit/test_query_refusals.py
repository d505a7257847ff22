# SPDX-License-Identifier: Apache-2.0
"""Query strings that are refused: what is told, and how much is too much."""

import pytest

from app.domain.query.predicates import EVERYTHING, Condition, Operator
from app.domain.query.query import (
    DEEPEST,
    MOST_CONDITIONS,
    MOST_FILTERS,
    MOST_VALUES,
    parse_query,
)
from app.errors import InvalidQuery
from tests.unit.filtering import refused


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("status", "'status' asks nothing; write 'status=value', or 'status.exists=true'"),
        ("?", "'?' asks nothing"),
        ("status=x;n", "'n' asks nothing"),
        ("a.b!=5", "'!=' is no operator of TMF630; write 'a.b.ne=value'"),
        ("a.b%21%3D5", "'!=' is no operator of TMF630; write 'a.b.ne=value'"),
        ("a.gt>5", "'a' has two operators, '.gt' and '>'; write 'a.gt=value' or 'a>value'"),
        ("a.eq%3E=5", "'a' has two operators, '.eq' and '>='"),
        ("a.regex*=5", "'a' has two operators, '.regex' and '*='"),
        ("a.exists=True", "'a.exists' is true or false, not 'True'"),
        ("a.exists=true,false", "'a.exists' is true or false, not 'true,false'"),
        ("limit>5", "'limit' is a control word: write 'limit=value', or 'limit.gt=value' for an attribute"),
        ("a.regex=(", "The regular expression '('"),
        ("a=x&b=~(", "The regular expression '('"),
        ("limit=1&limit=2", "'limit' is given twice"),
        ("limit=1;limit=2", "'limit' is given twice"),
        ("name=100%", "'%' is no percent-encoding; write '%' itself as %25"),
        ("name=a,%4", "'%4' is no percent-encoding"),
        ("na%zzme=a", "'%zzme' is no percent-encoding"),
        ("limit=%4g", "'%4g' is no percent-encoding"),
        ("name=%FF", "'%FF' is not percent-encoded UTF-8"),
        ("%FF=x", "'%FF' is not percent-encoded UTF-8"),
        ("name=a,%C3", "'%C3' is not percent-encoded UTF-8"),
        ("name=%ED%A0%80", "is not percent-encoded UTF-8"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_would_be(raw: str, told: str) -> None:
    refusal = refused(raw)
    assert isinstance(refusal, InvalidQuery)
    assert refusal.message.startswith(told) or told in refusal.message


@pytest.mark.parametrize(
    "name", ["$where", "a.$gt", "%24where", "a..b", ".a", "a.", ".", "", "a%00b", ".eq", "a..gt", "$a.ne"]
)
def test_what_is_no_name_of_an_attribute_is_refused(name: str) -> None:
    assert "is not the name of an attribute" in refused(f"{name}=1").message


def test_a_path_deeper_than_any_attribute_is_refused() -> None:
    assert parse_query(f"{'a.' * (DEEPEST - 1)}a.gt=1").where == Condition(("a",) * DEEPEST, Operator.GT, ("1",))
    assert f"leads through more than {DEEPEST} names" in refused(f"{'a.' * DEEPEST}a=1").message


def test_a_query_has_only_so_many_conditions_values_and_filters() -> None:
    assert parse_query("&".join(f"a.gt={n}" for n in range(MOST_CONDITIONS))).where != EVERYTHING
    assert "are too many" in refused("&".join(f"a.gt={n}" for n in range(MOST_CONDITIONS + 1))).message
    assert "are too many" in refused(";".join(f"a={n}" for n in range(MOST_CONDITIONS + 1))).message
    assert parse_query("&".join(f"a={n}" for n in range(MOST_VALUES))).where != EVERYTHING
    assert "are too many" in refused(f"a={','.join('x' * (MOST_VALUES + 1))}").message
    assert parse_query("&".join(["filter=a"] * MOST_FILTERS)).where != EVERYTHING
    assert "more than" in refused("&".join(["filter=a"] * (MOST_FILTERS + 1))).message


def test_a_long_name_is_shortened_in_the_message() -> None:
    for raw in ("$" * 5000 + "=1", "x" * 5000, "x" * 5000 + "!=1", "x" * 5000 + ".gt>1", "a.exists=" + "x" * 5000):
        assert len(refused(raw).message) < 300
