# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.adopted DIR`: a server with twenty adopted documents beside one without, in turns.

DIR has published documents, in folders or not; those that no other one is in the way of are adopted.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import yaml

from app import logs
from app.apis import APIS
from app.domain.events import lower_camel
from app.spec.adoption.adopt import adopt
from app.spec.adoption.report import AdoptionError
from app.spec.bundle import Files
from tests.bench.comparison import compared
from tests.bench.contenders import Contender, liaison
from tests.bench.figures import ratio
from tests.bench.footprint import Footprint, footprint
from tests.bench.operations import OPERATIONS
from tests.bench.plan import FULL, Plan
from tests.bench.rounds import Sample
from tests.bench.running import Machine, machine
from tests.bench.tables import ratios, table

WITHOUT, WITH = "liaison", "adopted"
MOST_DOCUMENTS = 20
MOST_SECONDS, MOST_MEGABYTES, LEAST = 4.0, 180.0, 0.97
"""What a start may take, and a process; and the requests per second to be reached, of those without the documents."""
PLAN = replace(FULL, documents=5_000, rounds=9, seconds=1, crowd=0, starts=3)


@click.command()
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--rounds", default=PLAN.rounds, show_default=True, help="How often each operation is measured.")
def main(directory: Path, rounds: int) -> None:
    """Measure what adopted documents cost. Ends with 1 when it is more than it may be."""
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk drives the measurement; on Debian: sudo apt-get install wrk")
    logs.configure("warning")
    plan = replace(PLAN, rounds=rounds)
    with tempfile.TemporaryDirectory() as scratch, machine(Path(scratch)) as place:
        apis = Path(scratch) / "apis"
        apis.mkdir()
        resources = sum(_adopted(directory, apis))
        click.echo(f"{len(list(apis.iterdir()))} documents with {resources} resources")
        starts = {each.title: footprint(place, plan, _tell, each) for each in _contenders(place, plan, apis, "starts")}
        click.echo(f"\n{_footprints(starts)}")
        (samples,) = compared(place, _contenders(place, plan, apis, "turns"), plan, _tell).values()
    click.echo(f"\nWith them, as a multiple of without:\n\n{ratios(samples, WITH, WITHOUT)}")
    if missed := list(_missed(list(starts.values())[-1], samples)):
        sys.exit("; ".join(missed))


def _adopted(directory: Path, apis: Path) -> Iterator[int]:
    """Adopt documents that may be served beside each other and ours; answers how many resources each has."""
    ours = Files()
    names = [version.document for api in APIS for version in api.versions.values()]
    taken = {ours.content(f"{name}.yaml", wanted_by=name)["servers"][0]["url"] for name in names}
    taken |= {lower_camel(name).lower() for api in APIS for name in api.rules} | {api.name for api in APIS}
    for file in sorted(path for path in directory.rglob("*") if path.suffix in (".json", ".yaml")):
        if len(list(apis.iterdir())) == MOST_DOCUMENTS:
            return
        try:
            made = adopt(file)
        except AdoptionError:
            continue  # What cannot be adopted is no part of what it costs.
        base_path = yaml.safe_load(made.text)["servers"][0]["url"]
        own = {made.name.rpartition("-")[0], base_path, *(lower_camel(name).lower() for name in made.resources)}
        if taken.isdisjoint(own):
            taken |= own
            (apis / f"{made.name}.yaml").write_text(made.text, encoding="utf-8")
            yield len(made.resources)


def _contenders(place: Machine, plan: Plan, apis: Path, purpose: str) -> list[Contender]:
    """A server without the documents, and one with them, on new databases."""
    usual = liaison(place.client, place.uri, plan.workers, f"bench_{purpose}_without")
    full = liaison(place.client, place.uri, plan.workers, f"bench_{purpose}_adopted")
    environment = {**full.environment, "LIAISON_APIS": str(apis)}
    return [replace(usual, title="without"), replace(full, name=WITH, title="with them", environment=environment)]


def _footprints(starts: dict[str, Footprint]) -> str:
    kinds = sorted({kind for each in starts.values() for kind in each.loaded})
    rows = [
        ["seconds until it is ready", *(each.start.told(1) for each in starts.values())],
        ["seconds of CPU until then", *(each.start_cpu.told(1) for each in starts.values())],
        *([f"MB of the {kind}", *(f"{each.loaded.get(kind, 0):.0f}" for each in starts.values())] for kind in kinds),
    ]
    return table(["", *starts], rows)


def _missed(found: Footprint, samples: list[Sample]) -> Iterator[str]:
    if found.start.median > MOST_SECONDS:
        yield f"it starts in {found.start.median:.1f} s, not {MOST_SECONDS:g}"
    if (largest := max(found.loaded.values())) > MOST_MEGABYTES:
        yield f"a process has {largest:.0f} MB, not {MOST_MEGABYTES:g}"
    for operation in OPERATIONS:
        if ratio(samples, WITH, WITHOUT, operation).median < LEAST:
            yield f"{operation} is more than 3 % slower"


def _tell(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main()
