# SPDX-License-Identifier: Apache-2.0
"""The command `liaison roles`: what each role may do."""

from collections.abc import Iterator, Mapping
from typing import Any

import click
import yaml

from app.access.permission_sets import component_roles
from app.access.roles import Roles
from app.cli.common import Command
from app.cli.tables import table
from app.composition.access import access_of
from app.composition.contracts import api_documents
from app.settings import Settings
from app.spec.security import scopes

YES = "yes"


@click.command(cls=Command)
@click.option("--yaml", "as_yaml", is_flag=True, help="As the roles of an access file, to begin one with.")
@click.option("--component", "as_component", is_flag=True, help="As the componentRole of an ODA component's manifest.")
def roles(as_yaml: bool, as_component: bool) -> None:
    """Print which operations each role may call.

    Or the roles as an access file says them (LIAISON_ACCESS), or as the manifest of an ODA component names them, below
    `spec.securityFunction`.
    """
    if as_yaml and as_component:
        raise click.UsageError("--yaml and --component are two forms; choose one")
    settings = Settings.read()
    known_roles = access_of(settings).roles
    if as_yaml:
        grants = {name: list(granted) for name, granted in known_roles.grants.items()}
        _print_yaml({"roles": grants, "bound": sorted(known_roles.bound)})
        return
    if as_component:
        _print_yaml({"componentRole": component_roles(known_roles)})
        return
    columns = {"operation": "OPERATION", "scope": "SCOPE", **{name: name for name in known_roles.grants}}
    click.echo(table(list(_rows(settings, known_roles)), columns, longest=100))


def _print_yaml(content: Mapping[str, Any]) -> None:
    click.echo(yaml.safe_dump(content, sort_keys=False, width=120).rstrip())


def _rows(settings: Settings, known_roles: Roles) -> Iterator[dict[str, str]]:
    """A row for each served operation: its scope, and the roles that have it."""
    for contract in api_documents(settings):
        for method, path, scope in scopes(contract.document):
            grants = {name: YES for name in known_roles.grants if known_roles.allow(name, scope)}
            yield {"operation": f"{method} {contract.base_path}{path}", "scope": scope, **grants}
