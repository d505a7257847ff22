# SPDX-License-Identifier: Apache-2.0
"""JSONPath filters: what they may not ask, is refused and named, and how much they may ask at most."""

import contextlib

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from jsonpath import JSONPathEnvironment
from jsonpath.exceptions import JSONPathError

from app.domain.query.matching import matches
from app.domain.query.path_filter import read_filter
from app.errors import InvalidQuery, NotSupported, TmfError
from tests.unit.json_paths import PIECES


def refusal(expression: str) -> TmfError:
    with pytest.raises(TmfError) as refused:
        read_filter(expression)
    return refused.value


@pytest.mark.parametrize(
    ("expression", "construct"),
    [
        ("$..note", ".."),
        ("$..[?(@.a)]", ".."),
        ("$[?(@..author)]", ".."),
        ("note[0:2]", "[0:2:1]"),
        ("note[:2]", "[:2:1]"),
        ("note[-1]", "[-1]"),
        ("note[-1:]", "[-1::1]"),
        ("$[?(@.note[-1].author=='P')]", "[-1]"),
        ("party.*", ".*"),
        ("$.*", ".*"),
        ("$[*]", "$[*]"),
        ("$[0]", "[0]"),
        ("$[?(@.a)][?(@.b)]", "$[?@['b']]"),
        ("$[?(@.a), 'b']", "$[?@['a']]"),
        ("note[(@.length-1)]", "[(…)]"),
        ("$[?(@.n == min(@.m))]", "min"),
        ("$[?(@.m.max() == 1)]", "max"),
        ("$.m.avg() > 1", "avg"),
        ("$[?(stddev(@.m) > 1)]", "stddev"),
        ("$[?(match(@.a, 'x'))]", "match"),
        ("$[?(count(@.note[*]) > 1)]", "count"),
        ("$[?(length('abc') > 1)]", "length('abc') > 1"),
        ("$[?(@.a == @.b)]", "@['a'] == @['b']"),
        ("$[?(length(@.a) == length(@.b))]", "length(@['a']) == length(@['b'])"),
        ("$[?(1 == 1)]", "1 == 1"),
        ("$[?(@.a == $.b)]", "$"),
        ("note[?(@.author == $.party.name)]", "$"),
        ("$[?(@.flag < true)]", "< true"),
        ("$[?(null >= @.why)]", "<= null"),
        ("$[?(@.a =~ /x/m)]", "/x/m"),
        ("$['a.b']", "['a.b']"),
        ("$['']", "['']"),
        ("note[?(@['$where']==1)]", "['$where']"),
        ("note['0']", "['0']"),
        ("$[?(match(@.a, 'x') && count(@..b) > 1)]", "match"),
        ("$[?(@ == 'x')]", "comparing the whole resource"),
        ("$.length() > 1", "comparing the whole resource"),
    ],
)
def test_what_cannot_be_asked_is_named(expression: str, construct: str) -> None:
    refused = refusal(expression)
    assert isinstance(refused, NotSupported)
    assert (refused.status, refused.code) == (501, "2")
    assert refused.message == f"'{construct}' is not supported in 'filter'"


@pytest.mark.parametrize(
    "expression",
    [
        "",
        " ",
        ",",
        "note,",
        ",note",
        "note[",
        "note]",
        "note[]",
        "note.",
        "note note",
        "$$",
        "$note",
        "note[?(@.a), (@.length-1)]",
        "status=='x'",
        "$.n > 5",
        "$.a && $.b",
        "!note",
        "'note'",
        "5",
        "note[?(@.author=='P']",
        "note[?(@.author='P')]",
        "note[?(@.author=='P)]",
        "note[?()]",
        "note[?('P')]",
        "note[?(true)]",
        "note[?(length(@.author))]",
        "note[?(@.author 5)]",
        "note[?(@.author ==)]",
        "note[?(@.author == 'a\\x')]",
        "note[?(@.author == '\\ud800')]",
        "note[?(@.author =~ 5)]",
        "note[?(@.author == /x/)]",
        "note[?(/x/ =~ @.author)]",
        "note[?(@.n == 007)]",
        "note[?(@.n == 1.)]",
        "note[01]",
        "note[9007199254740993]",
        "a | b",
        "a & b",
        "{}",
        "\0",
        " note",
        "note ",
        "note\n",
        "$[?(@.a == True)]",
        "$[?(@.a != False)]",
        "$[?(Null == @.a)]",
        "$[?(@.a == nil)]",
        "$[?(@.a == None)]",
        "$[?(@.a == [1])]",
        "$[?((@.a) == 1)]",
        "$[?(@.a == (1))]",
        "$[?(@.a == 1 == 1)]",
        "$[?(_.a == 1)]",
        "$..note[?(@.a",
        "$[?($.a == 1]",
        "note[0:2",
        "note[(@.length-1]",
        "note[()]",
        "$[?(count(@.a) > )]",
        "$[?(count(1) > 1)]",
        "$[?(count(@.a))]",
        "$[?(match(@.a))]",
        "$[?(match(@.a, 'x') == true)]",
        "$[?(unheard(@.a) == 1)]",
        "$[?(typeof(@.a) == 'string')]",
        "$[?(!@.a == 1)]",
        "$[?(@.n + 1 == 6)]",
        "$[?(@.n - 1 == 4)]",
        "$[?(@.n -1 == 4)]",
        "$[?(@.n * 2 == 10)]",
        "$[?@.n == 2 * 5]",
        "$[?(@.n / 2 == 5)]",
        "$[?(@.n % 2 == 1)]",
        "note.~author",
        "note[~'author']",
        "party[?(# == 'name')]",
        "$[?(@.status in ['x', 'y'])]",
        "$[?(@.tag contains 'a')]",
        "$[?(@.n <> 5)]",
        "$[?(@.a == undefined)]",
        "party[name]",
    ],
)
def test_what_is_no_json_path_is_refused_with_an_example(expression: str) -> None:
    refused = refusal(expression)
    assert isinstance(refused, InvalidQuery)
    assert (refused.status, refused.code) == (400, "28")
    right = (
        "has blanks around it" if expression.strip() == "note" else "write one such as note[?(@.author=='John Doe')]"
    )
    assert right in refused.message


@pytest.mark.parametrize(
    ("expression", "advice"),
    [
        ("$[?(@.note[*].author=='P')]", "note[?(@.author=='John Doe')]"),
        ("$[?(@.note[?(@.text)].author=='P')]", "note[?(@.author=='John Doe')]"),
        ("$[?(@.note[0,1].author=='P')]", "note[?(@.author=='John Doe')]"),
        ("$[?(@..author=='P')]", "note[?(@.author=='John Doe')]"),
        ("$[?(length(@.note[*]) > 1)]", "$[?(length(@.note)>2)]"),
        ("$[?(@type=='Individual')]", "write @.@type"),
        ("$[?(length(@.note) > 1.5)]", "write length(@.note) > 2"),
        ("$[?(length(@.note) == 'x')]", "write length(@.note) > 2"),
        ("$[?(length(@.note) == true)]", "write length(@.note) > 2"),
        ("$[?(@.n == 9223372036854775808)]", "at most 64 bits"),
        ("$[?(@.n == -9223372036854775809)]", "at most 64 bits"),
        ("$[?(@.n == 1e400)]", "write a smaller one"),
        ("$[?(@.n == -1.5e400)]", "write a smaller one"),
        ("$[?(@.status =~ /(/)]", "regular expression"),
        ("$[?(@.status =~ '(a+)+b')]", "regular expression"),
    ],
)
def test_what_can_be_put_right_is_refused_with_advice(expression: str, advice: str) -> None:
    refused = refusal(expression)
    assert isinstance(refused, InvalidQuery)
    assert advice in refused.message


def test_the_longest_integers_are_exact() -> None:
    for number in (2**63 - 1, -(2**63), 2**53 + 1):
        assert matches(read_filter(f"$[?(@.n == {number})]"), {"n": number})
        assert not matches(read_filter(f"$[?(@.n == {number})]"), {"n": number - 1})


def test_a_long_filter_is_not_repeated_in_full() -> None:
    assert len(refusal("$[?(@.a == " + "x" * 1900).message) < 300
    assert len(refusal("$[?(@.a == @." + "x" * 1900 + ")]").message) < 100
    assert len(refusal("$['a." + "x" * 1900 + "']").message) < 150


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=12))
def test_any_text_is_read_or_refused_with_a_tmf_error(text: str) -> None:
    with contextlib.suppress(InvalidQuery, NotSupported):
        assert isinstance(matches(read_filter(text), {"a": [{"note": "x"}, 0, None], "@type": "x"}), bool)


STANDARD = st.sampled_from(
    [
        *(
            "$",
            "@",
            ".",
            "..",
            ".a",
            ".b",
            "[",
            "]",
            "[?",
            "[?@",
            "(",
            ")",
            "*",
            "[*]",
            "[0]",
            "[-1]",
            "[::2]",
            "0",
            "01",
        ),
        *(
            "==",
            "!=",
            "<=",
            ">",
            "<",
            "&&",
            "||",
            "!",
            ":",
            "'x'",
            '"y"',
            "['a']",
            "['']",
            "1",
            "-1",
            "1.5",
            "1e3",
        ),
        *(
            "null",
            "true",
            "false",
            "True",
            "False",
            "Null",
            "None",
            "nil",
            "undefined",
            " ",
            "count(@",
            "length(@",
            "+",
        ),
        *("['a',0]", "value(@", "$.b", "@.a", "[?@.a==1]", "[?(@.a)]", "[?@<3]", "[?count(@.*)>1]", "[?@.a==$.b]"),
    ]
)
ORACLE = JSONPathEnvironment(strict=True)


def is_standard(text: str) -> bool:
    """Whether the library takes a text for JSONPath as RFC 9535 has it."""
    try:
        ORACLE.compile(text)
    except (JSONPathError, ArithmeticError, LookupError, ValueError):
        return False
    return True


@example("$.a[?@.b==True]")
@example("$.a ")
@example("$.a[?count(@.b)]")
@example("$.a[?$.b == ]")
@settings(max_examples=1500)
@given(st.lists(STANDARD, max_size=9).map(lambda pieces: "$" + "".join(pieces)))
def test_what_is_no_standard_json_path_is_malformed_and_never_unsupported(text: str) -> None:
    try:
        read_filter(text)
    except InvalidQuery:
        return
    except NotSupported:
        event("unsupported")
        assert is_standard(text)
    else:
        event("read")
        assert is_standard(text)
