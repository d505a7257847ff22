# SPDX-License-Identifier: Apache-2.0
"""What the processes of a scan do: make records of rows, and compare those that have a blocking key in common."""

import marshal
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from app.identity.explanation import suspected_pair
from app.identity.matching import Record, load_rules
from app.identity.matching.blocking import block_name
from app.identity.matching.record import Value
from app.identity.matching.rules import NO
from app.identity.party_rules import PartyRules
from app.identity.scanning.spool import Spool
from app.storage.identity.party_rows import decode_row
from app.storage.identity.suspicions import SuspectedPair
from app.system.garbage_collection import collect_seldom

KEPT = 5000
"""Records that a process keeps decoded."""

Block = tuple[int, list[int]]
"""A key, and the places of the records that have it."""


class RecordKeys(NamedTuple):
    """The record of a party as bytes, and its blocking keys."""

    record: bytes
    keys: list[int]


class SpooledRecord(NamedTuple):
    """A record that is read back: of the party `id`, with its blocking keys."""

    id: str
    keys: frozenset[int]
    record: Record


class BlockResult(NamedTuple):
    """The pairs that may be the same of some blocks, and how many were compared."""

    suspected: list[SuspectedPair]
    pairs: int


class _Worker:
    """The state of a worker process."""

    rules: PartyRules
    spool: Spool


def start(rules: str, resources: Collection[str], spool: Spool) -> None:
    """Begin in a process, by the rule file of this name."""
    _Worker.rules, _Worker.spool = PartyRules(load_rules(rules), resources), spool
    collect_seldom()


def extract(resource: str, rows: Sequence[bytes]) -> list[RecordKeys]:
    """The records of rows of a resource; without those of parties that have no values to compare."""
    rules, extracted = _Worker.rules, []
    for row in map(decode_row, rows):
        record = rules.record(resource, row.document)
        keys = sorted(int(key, 16) for key in rules.keys(record))
        if record is not None and keys:
            values = [tuple(map(tuple, each)) for each in record.values.values()]
            packed = marshal.dumps((row.id, keys, record.resource, list(record.values), values))
            extracted.append(RecordKeys(packed, keys))
    return extracted


@lru_cache(KEPT)
def _read(place: int) -> SpooledRecord:
    packed = _Worker.spool.read(place)
    id, keys, resource, names, values = marshal.loads(packed)  # nosec B302 # the scan itself wrote it
    of = {name: tuple(map(Value._make, each)) for name, each in zip(names, values, strict=True)}
    return SpooledRecord(id, frozenset(keys), Record(resource, of))


def compare(resource: str, blocks: Sequence[Block], left_out: Collection[int]) -> BlockResult:
    """Compare the records of each block with each other. A pair is compared in the first block of both that is not left
    out, and in no other."""
    rules, suspected, pairs = _Worker.rules, list[SuspectedPair](), 0
    for key, places in blocks:
        for one, other in combinations([_read(place) for place in places], 2):
            common = one.keys & other.keys
            if len(common) > 1 and min(common.difference(left_out)) != key:
                continue
            pairs += 1
            compared = rules.compare(one.record, other.record)
            if compared.grade != NO:
                suspected.append(suspected_pair(rules.rules, resource, one.id, other.id, compared))
    return BlockResult(suspected, pairs)


def name_of(key: int, place: int) -> str:
    """The name of the block to which a key of the record at a place belongs."""
    record = _read(place).record
    return block_name(_Worker.rules.rules.rule_sets[record.resource], record, f"{key:016x}")
