# SPDX-License-Identifier: Apache-2.0
"""The command `liaison spec`: the OpenAPI documents, bundled and linted."""

from pathlib import Path

import click

from app.cli.common import Command
from app.spec import bundle as documents
from app.spec.declarations import declarations, undeclared_attributes
from app.spec.lint import problems


@click.group()
def spec() -> None:
    """The OpenAPI documents."""


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
    found = [f"{name}: {problem}" for name in names for problem in _problems(name)]
    for problem in found:
        click.echo(problem)
    click.echo(f"{len(names)} documents, {len(found)} problems")
    raise SystemExit(1 if found else 0)


def _problems(name: str) -> list[str]:
    document = documents.bundle(name)
    wrong = problems(document)
    if wrong or documents.borrows(name):
        return wrong
    declared = declarations(document, name)
    return [line for resource, said in declared.items() for line in undeclared_attributes(document, resource, said)]
