# SPDX-License-Identifier: Apache-2.0
"""TMF630's query language: operators, regular expressions and JSONPath that mean nothing, or cost much."""

from collections.abc import Iterator
from itertools import product
from urllib.parse import quote

from tests.hostile.attack import API, API_V5, HUB, Attack, numbered, sent
from tests.paths import CUSTOMER, INTERACTION_V5

OPERATORS = [
    "eq", "ne", "gt", "gte", "lt", "lte", "regex", "exists", "in", "contains", "$gt", "where", "", ".", "eq.eq",
    "REGEX", "x" * 500,
]  # fmt: skip
NAMES = [
    "givenName", "birthDate", "status", "contactMedium", "contactMedium.mediumType", "contactMedium.0",
    "relatedParty.99999999999", "@type", "x",
]  # fmt: skip
VALUES = [
    "", "a", ",", ",,,", ";", "a;b;c", "()", "(a", "null", "true", "1990-02-30", "1990-05-01",
    "2024-01-01T00:00:00Z", "-1", "1e400", "%00", "%ff", "%F0%9F%98%80", "%7E.*", "%3D", "%2C", "*", "$where",
    "{%22$gt%22:%22%22}", "[{}]", "x" * 8000, "a," * 3000, "%27;return%20true",
]  # fmt: skip
PATTERNS = [
    "(a+)+$", "(a|a)*$", "(a*)*b", "([a-zA-Z]+)*$", "(.*a){20}", "a{1000}", "(a{1000}){1000}",
    "((a{100}){100}){100}", "(?=a)", "(?<!a)b", r"(a)\1", "(?P<x>a)(?P=x)", "[", "(", ")", "*", "a**", "a{2,1}",
    "[z-a]", "\\", "(?i)a", "(?#", "^" * 5000, "a?" * 500 + "a" * 500, "(" * 500 + ")" * 500, "(" * 5000,
    r"\x{110000}", r"\p{Foo}", r"\C", r"\Q", ".*" * 200, "x" * 8000, "(?s).*.*.*.*=.*", "", "\x00", "(?:" * 300,
    "[" + "a-z" * 2000 + "]", r"\b" * 2000, "|" * 5000,
]  # fmt: skip
PATHS = [
    "$", "@", "$.", "$..", "$..*", "$[", "$[?", "$[?(", "$[?(@", "$[?(@.a", "$[?(@.a==", "$[?(@.a==1",
    "[?(@.givenName=='a')]", "$[?@.givenName=='a']", "$[?(1==1)]", "$[?(@)]", "$[?@.a>@.b]",
    "$[?length(@.givenName)>1]", "$[?match(@.givenName,'(a+)+$')]", "$[?count(@..*)>1]", "$[0]", "$[-1]",
    "$[0:99999999999999999999]", "$[99999999999999999999999]", "$['a','b']", "$[?(@.a==1&&)]", "$[?(!!!!@.a)]",
    "$" + "[?(@.a" * 300, "$[?(" + "(" * 2000 + ")" * 2000 + ")]", "$[?(" + "!" * 4000 + "@.a)]",
    "$[?(" + " && ".join(["@.givenName=='a'"] * 400) + ")]", "$[?(" + " || ".join(["@.x=='a'"] * 400) + ")]",
    "$.a" * 3000, "$[?(@.a=='" + "x" * 8000 + "')]", "$[?(@.contactMedium[?(@.mediumType=='email')])]",
    "$.contactMedium[?(@.mediumType=~'(a+)+$')]", "$.contactMedium[?(@.mediumType=~/(/)]", "$[?(@.givenName==True)]",
    " $.givenName", "$.givenName ", "$.contactMedium[?@<3]", "$.contactMedium[?@[0]==5]", "$['']", "$['0']",
    "$['\\ud800']", "$[?(@['__proto__'])]", "$.$where", "$['$where']",
]  # fmt: skip


def attacks() -> Iterator[Attack]:
    """Lists that are asked for in ways that nobody foresaw."""
    yield from numbered(_all())


def _all() -> Iterator[Attack]:
    for name, operator in product(NAMES, OPERATORS):
        yield sent(f"{name}.{operator:.20}", "GET", f"{API}?{name}.{operator}=a")
    for name, value in product(NAMES, VALUES):
        yield sent(f"{name}={value:.20}", "GET", f"{API}?{name}={value}")
        yield sent(f"{name}>{value:.20}", "GET", f"{API_V5}?{name}.gt={value}")
    for pattern in PATTERNS:
        text = quote(pattern, safe="")
        yield sent(f"regex {pattern:.20}", "GET", f"{API}?givenName.regex={text}")
        yield sent(f"nested regex {pattern:.20}", "GET", f"{CUSTOMER}?contactMedium.mediumType.regex={text}")
        yield sent(f"several {pattern:.20}", "GET", f"{INTERACTION_V5}?description.regex={text}&reason.regex={text}")
        yield _registered(f"hub {pattern:.20}", f"event.individual.givenName.regex={text}")
    for path, collection in product(PATHS, (API, INTERACTION_V5)):
        yield sent(f"filter {path:.30}", "GET", f"{collection}?filter={quote(path, safe='')}")
    for path in PATHS:
        yield sent(f"fields {path:.30}", "GET", f"{API}?fields={quote(path, safe='')}")
        yield sent(f"sort {path:.30}", "GET", f"{API}?sort={quote(path, safe='')}")
        yield _registered(f"hub filter {path:.30}", f"filter={quote(path, safe='')}")


def _registered(name: str, query: str) -> Attack:
    return sent(name, "POST", HUB, {"callback": "http://127.0.0.1:9/x", "query": query})
