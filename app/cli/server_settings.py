# SPDX-License-Identifier: Apache-2.0
"""Settings of a command beside a server: completed from those that the server noted in the database."""

import os
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import click

from app.errors import StartError
from app.settings import Settings, variable
from app.storage.mongod.client import wait_for_primary
from app.storage.mongod.driver import DatabaseError
from app.storage.mongod.noted_settings import NOTED, PUBLIC_URL, noted_values, read

ROOTS = (PUBLIC_URL, "LIAISON_HOST", "LIAISON_PORT")
"""The settings from which the root of URLs follows."""


def as_served(settings: Settings, seconds: float, environment: Mapping[str, str] = os.environ) -> Settings:
    """`settings` of a command, completed from those of the server that started last on the same database.

    The command's own environment and options win; a difference to the server's settings is told on standard error.
    Raises `StartError` when the database cannot be reached.
    """
    wait_for_primary(settings.mongodb_uri, seconds)
    try:
        served = {name: value for name, value in read(settings).items() if name in NOTED}
    except DatabaseError as error:
        raise StartError(f"The database failed: {error}") from None
    own = noted_values(settings)
    chosen = {name for name in served if _is_chosen(name, settings, environment)}
    for name in sorted(chosen):
        if own[name] != served[name]:
            difference = f"{name} is {own[name]!r} here and {served[name]!r} at the server that started last"
            click.echo(f"{difference}; {own[name]!r} is used", err=True)
    taken = {name: value for name, value in served.items() if name not in chosen}
    return Settings.read({**settings.environment(), **taken})


def _is_chosen(name: str, settings: Settings, environment: Mapping[str, str]) -> bool:
    """Whether a setting is chosen for the command: in its environment, or by an option, as it is not the default."""
    related = ROOTS if name == PUBLIC_URL else (name,)
    return any(environment.get(each) for each in related) or any(_is_changed(each, settings) for each in related)


def _is_changed(name: str, settings: Settings) -> bool:
    values: list[tuple[Any, Any]] = [
        (getattr(settings, each.name), each.default) for each in fields(settings) if variable(each) == name
    ]
    return any(value != default for value, default in values)
