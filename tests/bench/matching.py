# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.matching`: how well identities are matched in FEBRL's sets, beside Splink, and how fast."""

import logging
import sys
from collections import Counter
from collections.abc import Iterator

import click

from app.identity.matching import Rules, load_rules
from tests.bench.splink_oracle import PROBABILITY, quality
from tests.bench.tables import table
from tests.identity import febrl
from tests.identity.decoys import DECOYS, decoys

DECOY_COUNT = 500
PASSES = 7
"""How often all pairs are compared; the fastest pass counts."""
HEAD = ["Set", "identifiers", "certain", "certain or possible", f"Splink, p ≥ {PROBABILITY}", "µs a pair", "Splink, s"]
DECOY_HEAD = ["Decoys", "identifiers", "certain", "possible", "no"]


def shares(measured: febrl.Quality) -> str:
    """Precision and recall."""
    return f"{measured.precision:.4f} / {measured.recall:.4f}"


def quality_rows(rules: Rules, worse: list[str]) -> Iterator[list[str]]:
    """A row for each set, with and without identifiers; where the oracle is better goes into `worse`."""
    for number in febrl.SETS:
        for with_identifier in (True, False):
            ours = febrl.measure(rules, number, with_identifier, PASSES)
            theirs, seconds = quality(number, with_identifier)
            identifiers = "with" if with_identifier else "without"
            if ours.possible.recall < theirs.recall or ours.possible.precision < theirs.precision:
                worse.append(f"febrl{number} {identifiers}: Splink is better")
            yield [
                f"febrl{number}",
                identifiers,
                shares(ours.certain),
                shares(ours.possible),
                shares(theirs),
                f"{ours.microseconds:.0f}",
                f"{seconds:.1f}",
            ]


def decoy_rows(rules: Rules) -> Iterator[list[str]]:
    """A row for each kind of decoys, with and without identifiers: how many have which grade."""
    for name in DECOYS:
        for with_identifier in (True, False):
            grades: Counter[str] = Counter()
            for pair in decoys(name, DECOY_COUNT, with_identifier=with_identifier):
                one, other = map(rules.record, pair)
                assert one is not None
                assert other is not None
                grades[rules.compare(one, other).grade] += 1
            counts = [str(grades[grade]) for grade in ("certain", "possible", "no")]
            yield [name, "with" if with_identifier else "without", *counts]


@click.command()
def main() -> None:
    """Print precision and recall of the default rules and of Splink; fail where Splink has more of either."""
    if febrl.directory() is None:
        raise click.ClickException("FEBRL's files are missing: make .venv/bench installs them")
    logging.disable(logging.WARNING)
    rules, worse = load_rules(None), list[str]()
    print(f"Rules of version {rules.version}, {rules.digest}. Precision / recall:\n")
    print(table(HEAD, quality_rows(rules, worse)), end="\n\n")
    print(table(DECOY_HEAD, decoy_rows(rules)))
    sys.exit("\n".join(worse) or 0)


if __name__ == "__main__":
    main()
