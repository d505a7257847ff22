# SPDX-License-Identifier: Apache-2.0
"""Blocking keys of a record: only records with a key in common are compared."""

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from itertools import islice, product

from app.identity.matching.record import Record, Value
from app.identity.matching.rules import Block, BlockPart, RuleSet

MOST_KEYS = 16
"""How many keys a record has of one block."""

SHORTEST_WORD = 3

Form = Callable[[Value], tuple[str, ...]]


def _slice(length: int) -> Form:
    start, end = (0, length) if length > 0 else (length, None)
    return lambda value: (value.text[start:end],) if len(value.text) >= abs(length) else ()


FORMS: Mapping[str, Form] = {
    "whole": lambda value: (f"{value.scope}:{value.text}" if value.scope else value.text,),
    "sound": lambda value: (value.sound,) if len(value.sound) > 1 else (),
    "words": lambda value: tuple(word for word in value.tokens if len(word) >= SHORTEST_WORD),
    "year": lambda value: (value.text[:4],),
    "dayAndMonth": lambda value: (value.text[5:],),
    "digits": lambda value: ("".join(sorted(value.text)),),
    **{f"first{length}": _slice(length) for length in range(1, 9)},
    **{f"last{length}": _slice(-length) for length in range(1, 9)},
}
"""Short forms of a value in a blocking key; `digits` are those of a date in any order."""


def blocking_keys(rules: RuleSet, record: Record) -> frozenset[str]:
    """The keys of a record: digests of a fixed length, which do not show what they are made of."""
    return frozenset(
        _digest(rules, block, key) for block in rules.blocks for key in islice(_keys(block, record), MOST_KEYS)
    )


def block_name(rules: RuleSet, record: Record, key: str) -> str:
    """The name of the block of which a record has this key."""
    blocks = (block for block in rules.blocks for parts in _keys(block, record) if _digest(rules, block, parts) == key)
    return next(blocks).name


def _digest(rules: RuleSet, block: Block, key: tuple[str, ...]) -> str:
    return blake2b("\n".join((rules.resource, block.name, *key)).encode(), digest_size=8).hexdigest()


def _keys(block: Block, record: Record) -> Iterator[tuple[str, ...]]:
    return product(*(_part_keys(part, record) for part in block.parts))


def _part_keys(part: BlockPart, record: Record) -> list[str]:
    form = FORMS[part.form]
    of_attributes = [
        sorted({short for value in record.values[name] for short in form(value) if short}) for name in part.attributes
    ]
    if part.together:
        return sorted({"+".join(sorted(each)) for each in product(*of_attributes)})
    return sorted({each for values in of_attributes for each in values})
