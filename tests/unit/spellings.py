# SPDX-License-Identifier: Apache-2.0
"""Attribute filters, and the many ways to write one and the same, for the tests of their grammar."""

from collections.abc import Sequence
from random import Random

from hypothesis import strategies as st

from app.domain.query.operators import SUFFIXES, SYMBOLS
from app.domain.query.predicates import Condition, Operand, Operator, Predicate, Span, Spellings, either, every
from app.domain.query.query import RESERVED

names = st.from_regex(r"@?[a-zé][a-zA-Z]{0,8}", fullmatch=True).filter(
    lambda name: name not in RESERVED and name not in SUFFIXES
)
paths = st.lists(names, min_size=1, max_size=4).map(tuple)
texts = st.text(max_size=12)
patterns = st.text("ab1 é,;&=~<>^$.%", max_size=8)

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!'()*:@$/?=~<>")


def _conditions(operator: Operator) -> st.SearchStrategy[Condition]:
    if operator is Operator.EXISTS:
        return st.builds(Condition, paths, st.just(operator), st.tuples(st.booleans()), st.just(True))
    values = st.lists(patterns if operator is Operator.REGEX else texts, min_size=1, max_size=3).map(tuple)
    return st.builds(Condition, paths, st.just(operator), values)


conditions = st.sampled_from(Operator).flatmap(_conditions)
groups = st.lists(
    st.lists(conditions, min_size=1, max_size=3, unique_by=lambda condition: condition.path), min_size=1, max_size=3
)
"""Conditions as a query string has them: OR of AND; within a group none is about the attribute of another."""


def predicate(of: Sequence[Sequence[Condition]]) -> Predicate:
    """What the groups say."""
    return either([every(group) for group in of])


def spelled_groups(of: Sequence[Sequence[Condition]], random: Random) -> str:
    """The groups as a query string, in one of the spellings; with empty pieces and a control word somewhere."""
    written = [[spelled(condition, random) for condition in group] for group in of]
    for piece in ("", "limit=5"):
        group = random.choice(written)
        group.insert(random.randint(0, len(group)), piece)
    return random.choice(["", ";", "&"]) + ";".join("&".join(group) for group in written)


def spelled(condition: Condition, random: Random) -> str:
    """The condition in one of its spellings."""
    name = encoded(condition.name, random)
    values = [_text(value) for value in condition.values]
    operators = [*(f".{suffix}" for suffix, meant in SUFFIXES.items() if meant is condition.operator)]
    operators += [symbol for symbol, meant in SYMBOLS.items() if meant is condition.operator]
    chosen = random.choice([operator for operator in operators if not _is_swallowed(operator, values[0])])
    operator = _symbol(f"{chosen}=" if chosen.startswith(".") else chosen, random)
    return name + operator + ",".join(encoded(value, random) for value in values)


def encoded(text: str, random: Random) -> str:
    """`text`, percent-encoded where it has to be, and here and there where it has not."""
    return "".join(_character(each, random) for each in text)


def _is_swallowed(symbol: str, value: str) -> bool:
    """Whether a value would be taken for a part of the symbol before it."""
    return (symbol == "=" and value[:1] in ("=", "~")) or (symbol in ("<", ">") and value[:1] == "=")


def _character(character: str, random: Random) -> str:
    if character == " ":
        return random.choice(["+", "%20"])
    if character in _UNRESERVED and random.random() < 0.7:
        return character
    return _percent(character, random)


def _symbol(symbol: str, random: Random) -> str:
    head, first, rest = (symbol[:-1], symbol[-1:], "") if symbol.startswith(".") else ("", symbol[:1], symbol[1:])
    begun = random.choice([first, _percent(first, random)])
    # What is percent-encoded behind a plain `=`, `<` or `>` belongs to the value.
    may_encode = begun not in ("=", "<", ">")
    return head + begun + (_percent(rest, random) if rest and may_encode and random.random() < 0.5 else rest)


def _percent(character: str, random: Random) -> str:
    digits = character.encode().hex()
    digits = digits.upper() if random.random() < 0.5 else digits
    return "".join(f"%{digits[place : place + 2]}" for place in range(0, len(digits), 2))


def _text(value: Operand) -> str:
    # Only a resolved condition has these, and nobody writes one.
    assert not isinstance(value, Span | Spellings)
    return str(value).lower() if isinstance(value, bool) else str(value)
