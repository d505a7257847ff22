# SPDX-License-Identifier: Apache-2.0
"""Documents, paths into them as clients send them, and the JSONPath library that says what those select."""

import json
import re
from typing import Any

from hypothesis import strategies as st
from jsonpath import JSONPathEnvironment, Parser
from jsonpath.filter import BaseExpression, IntegerLiteral
from jsonpath.stream import TokenStream


class Exact(Parser):
    """Reads integers as they are, where the library's own makes floats of them."""

    def parse_integer_literal(self, stream: TokenStream) -> BaseExpression:
        text = stream.current().value
        literal = super().parse_integer_literal(stream)
        return IntegerLiteral(value=int(text)) if text.removeprefix("-").isdigit() else literal


class Library(JSONPathEnvironment):
    """The library's own evaluation, with the operators as the standard has them and an expression found anywhere."""

    parser_class = Exact

    def compare(self, left: object, operator: str, right: object) -> bool:
        if operator == "=~":
            return isinstance(left, str) and isinstance(right, re.Pattern) and bool(right.search(left))
        if operator[0] in "<>" and (isinstance(left, bool) or isinstance(right, bool)):
            return operator in ("<=", ">=") and left is right
        return super().compare(left, operator, right)


LIBRARY = Library()
LIBRARY.strict = True  # Now that it reads expressions in slashes: an index is no name.
TEXTS = st.sampled_from(["", "x", "X", "xy", "y", "é", "it's", 'a"b', "a,b", "\\"])
NUMBERS = st.integers(-2, 2) | st.sampled_from([0.5, -1.5, 1.0, 2**53 + 1, float(2**53), 1e300])
SCALARS = TEXTS | NUMBERS | st.booleans() | st.none()


def holding(elements: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with scalars in `n` and `s`, scalars in the array `t`, and `elements` in `o` and in the array `a`.

    Conditions compare what is no array, and look into elements that are objects: there the meaning is the library's.
    """
    arrays = {"t": st.lists(SCALARS, max_size=3), "a": st.lists(elements, max_size=3) | st.integers() | st.none()}
    scalars = {"n": NUMBERS | SCALARS, "s": TEXTS | SCALARS, "0": SCALARS}
    return st.fixed_dictionaries({}, optional={**scalars, "o": elements, **arrays})


DOCUMENTS = holding(holding(holding(st.just({}))))


def written(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return json.dumps(value)


EQUALITIES, ORDERINGS = st.sampled_from(["==", "!="]), st.sampled_from(["<", "<=", ">", ">="])
OPERATORS = EQUALITIES | ORDERINGS
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
SINGULAR = st.sampled_from(
    [".n", ".s", "['s']", ".o", ".o.n", ".o['s']", ".a[0].n", ".a[1].s", ".o.a[0].s", ".o[0]", ".t[0]", ".absent"]
)
COUNTED = st.sampled_from([".a", ".t", ".s", ".n", ".o.t", ".absent"])
PLAIN = st.sampled_from(
    [
        *(".n", ".s", ".o", ".t", ".a", ".o.a", "['n','s']", ".o['t','a']", ".a[0]", ".a[0,2].n", ".t[1]", ".t[*]"),
        *(".a[*]", ".a[*].s", ".a[*].a[*].n", ".o.a[*].o.s", ".absent", ".a[1].t[0,1]", ".o[0]", ".o[*]", ".o[*].n"),
    ]
)


@st.composite
def comparisons(draw: st.DrawFn, of: st.SearchStrategy[str]) -> tuple[str, str]:
    """A comparison of the value at a path with a literal, on either side."""
    operator, value = draw(st.tuples(EQUALITIES, SCALARS) | st.tuples(ORDERINGS, NUMBERS | TEXTS))
    sides = (f"@{draw(of)}", operator, written(value))
    if draw(st.booleans()):
        sides = (sides[2], MIRRORED.get(operator, operator), sides[0])
    text = " ".join(sides)
    return text, text


@st.composite
def lengths(draw: st.DrawFn) -> tuple[str, str]:
    path, operator, number = draw(COUNTED), draw(OPERATORS), draw(st.integers(-1, 3))
    measured = draw(st.sampled_from([f"length(@{path})", f"@{path}.length()"]))
    if draw(st.booleans()):
        return f"{measured} {operator} {number}", f"length(@{path}) {operator} {number}"
    mirrored = MIRRORED.get(operator, operator)
    return f"{number} {mirrored} {measured}", f"length(@{path}) {operator} {number}"


@st.composite
def searches(draw: st.DrawFn) -> tuple[str, str]:
    path, pattern = draw(SINGULAR), draw(st.sampled_from(["x", "^x", "y$", "^$", "[xé]", "x?y"]))
    flags = draw(st.sampled_from(["", "i"]))
    sent = f"@{path} =~ /{pattern}/{flags}"
    return (sent if flags or draw(st.booleans()) else f"@{path} =~ '{pattern}'"), sent


def selected(deep: int) -> st.SearchStrategy[tuple[str, str]]:
    """What leads on from a value: names, elements by number, all or filtered, and names behind those."""
    plain = PLAIN.map(lambda text: (text, text))
    return plain | st.one_of(filters_on_elements(deep - 1), filters_on_scalars()) if deep else plain


@st.composite
def filters_on_elements(draw: st.DrawFn, deep: int) -> tuple[str, str]:
    array = draw(st.sampled_from([".a", ".o.a", ".a[*].a", ".a[0].a", ".o", ".o.o"]))
    condition, rest = draw(conditions(deep)), draw(st.sampled_from(["", ".n", ".o.s", ".t", "['n','s']"]))
    spelt = draw(st.sampled_from(["[?(%s)]", "[?%s]", "[ ?( %s ) ]"]))
    return (f"{array}{spelt % condition[0]}{rest}", f"{array}[?({condition[1]})]{rest}")


@st.composite
def filters_on_scalars(draw: st.DrawFn) -> tuple[str, str]:
    array = draw(st.sampled_from([".t", ".o.t", ".a[*].t", ".o", ".a[0]"]))
    text = draw(comparisons(st.just("")))[0]
    text = draw(st.sampled_from(["%s", "!(%s)", "@ != 'x' && %s"])) % text
    return f"{array}[?({text})]", f"{array}[?({text})]"


@st.composite
def joined(draw: st.DrawFn, parts: st.SearchStrategy[tuple[str, str]]) -> tuple[str, str]:
    left, right = draw(parts), draw(parts)
    spelt, meant = draw(st.sampled_from([("&&", "&&"), ("||", "||"), ("and", "&&"), ("or", "||")]))
    return f"({left[0]}) {spelt} ({right[0]})", f"({left[1]}) {meant} ({right[1]})"


@st.composite
def negated(draw: st.DrawFn, parts: st.SearchStrategy[tuple[str, str]]) -> tuple[str, str]:
    part = draw(parts)
    return f"{draw(st.sampled_from(['!', 'not ', '!!!']))}({part[0]})", f"!({part[1]})"


def conditions(deep: int) -> st.SearchStrategy[tuple[str, str]]:
    exists = selected(deep).map(lambda pair: (f"@{pair[0]}", f"@{pair[1]}"))
    simple = st.one_of(comparisons(SINGULAR), lengths(), searches(), exists)
    return st.recursive(simple, lambda parts: joined(parts) | negated(parts), max_leaves=4)


PIECES = st.sampled_from(
    [
        *("$", "@", ".", "..", "a", "note", "@type", "[", "]", "[?(", ")]", "(", ")", "*", "0", "-1", "1e3", "1e999"),
        *("==", "!=", "<=", ">", "=~", "&&", "||", "!", "and", "or", "not", "in", "contains", ",", ":", "~", "#", "_"),
        *("'x'", '"y"', "'", "/x/", "/", "\\", "length(", ".length()", "max(", "null", "true", "undefined", " ", "|"),
    ]
)
"""What a path is made of, and what looks like it."""
