# SPDX-License-Identifier: Apache-2.0
"""Regular expressions of filters: which are taken, and that they find what they say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.query.expressions import LONGEST, MOST_READINGS, check, in_perl, is_costly, is_found
from app.domain.query.regex_search import MOST_STEPS, search
from app.errors import InvalidQuery


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "",
            "x",
            "^Okafor$",
            "a|b|c",
            "a.*b.*c.*d.*e",
            ".*a+b.*",
            ".+@.+",
            "a" * LONGEST,
            "é+",
            r"\p{L}+",
            r"\x{e9}",
            r"\d{4}-\d{2}",
        ),
        *("(?i)okafor", "(?P<first>a+)b", "(?:ab)+", "(ab){2}", "(a|b)?", "(a|b){1}", "(a|b){1,1}x", "((a|b)?c)?"),
        *(
            "[[:alpha:]]+",
            "[]a]+",
            "[^]a]+",
            "[(a+)+]{2}",
            r"[\]a|b*]{2,3}",
            r"\(a+\)+",
            r"\\Q",
            r"\(a|b\)+",
            "(?:a{3}b)+",
        ),
        *("a{,3}b", "a??b", "a+?b", "a{2,}?", "|".join("abcdefghij" * 5)),
    ],
)
def test_an_expression_that_every_engine_gets_through_is_taken(pattern: str) -> None:
    check(pattern)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("a" * (LONGEST + 1), "has 257 characters; 256 are allowed"),
        ("a\0", "holds the character NUL, which no text has; leave it out"),
        ("(", "is refused by RE2 (missing ): ()"),
        ("[a", "is refused by RE2 (missing ]: [a)"),
        ("a**", "is refused by RE2 (bad repetition operator: **)"),
        ("*", "is refused by RE2 (no argument for repetition operator: *)"),
        ("(?=a)", "is refused by RE2 (invalid perl operator: (?=)"),
        ("(?<!a)b", "is refused by RE2 (invalid perl operator: (?<"),
        (r"(a)\1", r"is refused by RE2 (invalid escape sequence: \1)"),
        ("(?>a)", "is refused by RE2 (invalid perl operator: (?>)"),
        ("a{1001}", "is refused by RE2 (invalid repetition size: {1001})"),
        (r"\p{L}{1000}" * 20, "is refused by RE2 (pattern too large - compile failed)"),
        (r"\Qa.b\E", r"uses '\Q', which engines read differently; write the characters as such"),
        (r"\Cx", r"uses '\C', which"),
        (r"a\v", r"uses '\v', which"),
        (r"\101", r"uses '\1', which"),
        (r"[\060]", r"uses '\0', which"),
        ("(a+)+$", "repeats a group that can be read in several ways; repeat a class like [ab]+"),
        ("(a*)*", "repeats a group"),
        ("(a|a)*", "repeats a group"),
        ("(?:a?)+", "repeats a group"),
        ("(?P<x>a{2,3}){2}", "repeats a group"),
        ("((ab)+c)+", "repeats a group"),
        ("(x(a|b))*", "repeats a group"),
        ("([a-z]+)*@", "repeats a group"),
        ("(a|b){1,2}", "repeats a group"),
        ("(a|b){0,}", "repeats a group"),
        ("xa+b{2,}c", "repeats without an end in too many places; one repetition between others is allowed"),
        ("^xa+b{2,}c*d", "repeats without an end in too many places"),
        ("x(a+)b.*y", "repeats without an end in too many places"),
        ("a{0,10}b{0,10}x", f"can be read in more than {MOST_READINGS} ways; use fewer of '|', '?' and '{{n,m}}'"),
        ("a?" * 5 + "x", "has more than 4 of '(|)', '?' and '{n,m}' one behind the other"),
        ("(a|b)" * 5, "has more than 4 of"),
        (".{0,40}x.{0,40}y", "can be read in more than"),
    ],
)
def test_an_expression_that_an_engine_may_not_get_through_is_refused(pattern: str, told: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        check(pattern)
    assert told in refused.value.message
    assert refused.value.message.startswith("The regular expression '")
    assert len(refused.value.message) < 300


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("kaf", "Okafor", True),
        ("^kaf", "Okafor", False),
        ("^Oka", "Okafor", True),
        ("for$", "Okafor", True),
        ("OKAFOR", "Okafor", False),
        ("(?i)OKAFOR", "Okafor", True),
        ("a.b", "aüb", True),
        ("a.b", "a\nb", False),
        ("(?s)a.b", "a\nb", True),
        ("b$", "b\n", False),
        ("(?m)b$", "b\nc", True),
        ("^$", "", True),
        ("", "anything", True),
        (r"^\w+ \d{2}$", "Quay 12", True),
    ],
)
def test_an_expression_is_searched_for_anywhere_and_letter_case_counts(pattern: str, text: str, found: bool) -> None:
    check(pattern)
    assert is_found(pattern, text) == found


@given(st.text(max_size=20), st.text(max_size=20))
def test_an_escaped_text_is_found_where_it_is_part_of_the_other(part: str, text: str) -> None:
    assert is_found(re.escape(part), text) == (part in text)


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("^a$", r"^a\z"),
        (r"a\$", r"a\$"),
        ("[$]", "[$]"),
        ("a$|b$", r"a\z|b\z"),
        ("(?m)a$", "(?m)a$"),
        ("(?m:a$)b$", r"(?m:a$)b\z"),
        ("((?m)a$)b$", r"((?m)a$)b\z"),
        ("(?m)a$(?-m:b$)", r"(?m)a$(?-m:b\z)"),
        ("(?i)a$", r"(?i)a\z"),
        ("(?P<mm>a$)", r"(?P<mm>a\z)"),
    ],
)
def test_in_perl_the_end_of_a_text_is_written_differently(pattern: str, written: str) -> None:
    check(pattern)
    assert in_perl(pattern) == written


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        (".*a.*", "a"),
        (r".+a\d{2,}", r".a\d{2}"),
        ("(?i)[ab]*c|d+", "(?i)c|d"),
        ("^a+", "^a"),
        ("^Oka|b", "^Oka|b"),
        ("a.*b", r"\A(?=(?s:.{0,20000})\z)(?s:.*?)(?:(?m:^)(?>.*?a).*?b)"),
        ("a.+b.*c$", r"\A(?=(?s:.{0,20000})\z)(?s:.*?)(?:(?m:^)(?>.*?a.)(?>.*?b).*?c\z)"),
        ("^ab.*c", r"^ab(?=(?s:.{0,19998})\z).*c"),
        ("^a.*b.*c", r"^a(?=(?s:.{0,19999})\z)(?>.*?b).*?c"),
        ("a[bc]*d", r"\A(?=(?s:.{0,128})\z)(?s:.*?)(?:a[bc]*d)"),
        ("(?:a|b)c+d", r"\A(?=(?s:.{0,64})\z)(?s:.*?)(?:(?:a|b)c+d)"),
    ],
)
def test_a_search_starts_anew_at_every_character_in_short_texts_only(pattern: str, written: str) -> None:
    check(pattern)
    assert in_perl(pattern) == written


@given(st.text(st.sampled_from("ab$()|[]^\\dz?*+.{}2,:mi-"), max_size=12))
def test_what_is_taken_has_a_bound_on_what_it_costs(pattern: str) -> None:
    try:
        check(pattern)
    except InvalidQuery:
        return
    found = search(pattern)
    assert found.degree <= 1 or (found.degree == 2 and found.longest is not None)
    assert found.readings <= MOST_READINGS
    assert found.degree < 2 or (found.longest or 0) * found.readings <= MOST_STEPS


@pytest.mark.parametrize("pattern", ["a[bx]*d", "^a[bc]*x[cd]*d", "a.*d", "^a.*d"])
def test_what_is_slow_in_a_long_text_finds_nothing_there(pattern: str) -> None:
    longest = search(pattern).longest
    assert longest is not None
    for text, found in (("abxd".ljust(longest), True), ("abxd".ljust(longest + 1), False)):
        assert is_found(pattern, text) == found


@pytest.mark.parametrize(
    ("pattern", "costly"),
    [
        *[
            (cheap, False)
            for cheap in ("", "Okafor", "^a.*b", "a.*b.*c", "a|b|c", "(a|b)?c", r"\d{2,4}", "[a+b*]+", r"\(a\)+b")
        ],
        *[(costly, True) for costly in ("^a+b.*c", "(ab)+", "(?:ab){2}c", "(a|b)(c|d)(e|f)(g|h|i)", ".{0,40}x")],
    ],
)
def test_what_may_keep_an_engine_from_an_answer_in_a_long_text_is_known(pattern: str, costly: bool) -> None:
    check(pattern)
    assert is_costly(pattern) == costly


@pytest.mark.parametrize(
    ("pattern", "longest"),
    [
        ("Quay [0-9]+x", 128),
        ("^[a-f]*[0-9]+x", 64),
        ("[^x][^x]*[^x]?[^x]?[^x]?[^x]?[cd]", 8),
        ("[ab]?[ab]?[ab]?[ab]?[^x]*[cd]", 8),
    ],
)
def test_each_character_of_many_short_texts_takes_few_steps(pattern: str, longest: int) -> None:
    found = search(pattern)
    assert found.longest == longest
    assert longest * found.readings <= 256
