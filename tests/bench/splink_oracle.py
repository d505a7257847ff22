# SPDX-License-Identifier: Apache-2.0
"""Splink on the FEBRL sets, untuned, as an oracle: comparisons from its library, trained on the set itself."""

import time
from collections.abc import Iterator

import pyarrow as pa
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from tests.identity import febrl

PROBABILITY = 0.99
"""From which probability on a pair is found."""

BLOCKS = (
    ("date_of_birth",),
    ("given_name", "surname"),
    ("given_name", "postcode"),
    ("surname", "postcode"),
    ("given_name", "suburb"),
    ("surname", "suburb"),
    ("address_1",),
)
IDENTIFIER = "soc_sec_id"


def columns(number: int) -> dict[str, list[str | None]]:
    """A set by its columns; what is empty is none."""
    rows = febrl.rows(number)
    return {"unique_id" if name == "rec_id" else name: [row[name] or None for row in rows] for name in rows[0]}


def comparisons(with_identifier: bool) -> Iterator[object]:
    yield compare.NameComparison("given_name")
    yield compare.NameComparison("surname")
    yield compare.DateOfBirthComparison(
        "date_of_birth", input_is_string=True, datetime_format="%Y%m%d", invalid_dates_as_null=True
    )
    yield compare.DamerauLevenshteinAtThresholds("postcode", [1, 2])
    for name in ("suburb", "address_1", "address_2"):
        yield compare.JaroWinklerAtThresholds(name, [0.9, 0.7])
    yield compare.DamerauLevenshteinAtThresholds("street_number", [1])
    if with_identifier:
        yield compare.DamerauLevenshteinAtThresholds(IDENTIFIER, [1, 2])


def quality(number: int, with_identifier: bool) -> tuple[febrl.Quality, float]:
    """How well Splink finds what is the same in a set, and the seconds that training and predicting take."""
    blocks = [*BLOCKS, *([(IDENTIFIER,)] if with_identifier else [])]
    database = DuckDBAPI()
    table = database.register(pa.table(columns(number)), table_name=f"febrl_{number}_{with_identifier}")
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=list(comparisons(with_identifier)),
        blocking_rules_to_generate_predictions=[block_on(*each) for each in blocks],
    )
    begin = time.perf_counter()
    linker = Linker(table, settings, log_level=None)
    exact = [block_on("given_name", "surname", "date_of_birth"), *([block_on(IDENTIFIER)] if with_identifier else [])]
    linker.training.estimate_probability_two_random_records_match(exact, recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for each in (("date_of_birth",), ("given_name", "surname"), ("postcode",)):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*each))
    predictions = linker.inference.predict(threshold_match_probability=PROBABILITY).as_record_list()
    seconds = time.perf_counter() - begin
    found = {frozenset((each["unique_id_l"], each["unique_id_r"])) for each in predictions}
    true = {frozenset(pair) for pair in febrl.true_pairs(number)}
    return febrl.Quality(len(true), len(found & true), len(found - true)), seconds
