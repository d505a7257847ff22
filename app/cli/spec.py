# SPDX-License-Identifier: Apache-2.0
"""The command `liaison spec`: bundles, lints and adopts OpenAPI documents, and checks what is stored against them."""

from pathlib import Path

import click

from app.cli.check_data import check_data
from app.cli.common import Command
from app.cli.indexes import indexes
from app.spec import bundle as documents
from app.spec.adoption.adopt import Adoption
from app.spec.adoption.adopt import adopt as adopt_file
from app.spec.adoption.report import AdoptionError
from app.spec.declarations import declarations, undeclared_attributes
from app.spec.lint import problems


@click.group()
def spec() -> None:
    """The OpenAPI documents, and what is stored beside them."""


spec.add_command(check_data)
spec.add_command(indexes)


@spec.command(cls=Command)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Directory to write to.")
def bundle(out: Path) -> None:
    """Write every document as one JSON file."""
    for path in documents.write(out):
        click.echo(path)


@spec.command(cls=Command)
def lint() -> None:
    """Check every document; ends with 1 when there is something to mend."""
    names = documents.names()
    lines = [f"{name}: {problem}" for name in names for problem in _problems(name)]
    for problem in lines:
        click.echo(problem)
    click.echo(f"{len(names)} documents, {len(lines)} problems")
    raise SystemExit(1 if lines else 0)


@spec.command(cls=Command)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Directory; else this one."
)
def adopt(file: Path, out: Path) -> None:
    """Make a document of ours of TM Forum's published FILE (Swagger 2.0 or OpenAPI 3.0, JSON or YAML).

    Tells a line for each thing that was not carried over. Ends with 2, and writes nothing, when FILE cannot be adopted.
    """
    try:
        made = adopt_file(file)
    except AdoptionError as refusal:
        for note in refusal.notes:
            click.echo(note.line(file.name))
        click.echo(f"{file.name} cannot be adopted; nothing was written")
        raise SystemExit(2) from None
    for note in made.notes:
        click.echo(note.line(file.name))
    _write(made, out)
    summary = f"{made.schemas} schemas, {len(made.notes)} things to look at"
    click.echo(f"{out / made.name}.yaml: {', '.join(made.resources)}; {summary}")


def _write(made: Adoption, out: Path) -> None:
    """Write an adopted document, unless a different one is there, which may have been edited."""
    path, content = out / f"{made.name}.yaml", made.text.encode()
    try:
        out.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_bytes() != content:
            click.echo(f"{path} is there and differs; move it, or name another --out; nothing was written")
            raise SystemExit(2)
        path.write_bytes(content)
    except OSError as wrong:
        click.echo(f"{path} cannot be written: {wrong.strerror}")
        raise SystemExit(2) from None


def _problems(name: str) -> list[str]:
    document = documents.bundle(name)
    wrong = problems(document)
    if wrong or documents.borrows(name):
        return wrong
    return list(undeclared_attributes(document, declarations(document, name)))
