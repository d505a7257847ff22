# SPDX-License-Identifier: Apache-2.0
"""What operators know a release by: the names of its settings, its commands with their options, and its log lines.

    PYTHONPATH=CHECKOUT python tests/scenarios/stored/interface.py > interface.json

tells those of another checkout.
"""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

import app
from app.cli import main
from app.settings import listing

LEVELS = {"debug", "info", "warning", "error", "exception"}
Names = dict[str, list[str]]


def interface() -> dict[str, Names]:
    """`{settings, commands, log}`: the variables, each command's options, and each log line's own fields."""
    modules = [ast.parse(file.read_text(encoding="utf-8")) for file in Path(app.__file__).parent.rglob("*.py")]
    lines = sorted(line for module in modules for line in _lines(module))
    # Where two places write a line of the same text, it has the fields of both.
    log: Names = {}
    for text, fields in lines:
        log[text] = sorted({*log.get(text, []), *fields})
    return {
        "settings": {variable: [] for variable, _, _ in listing()},
        "commands": dict(_commands(main, "liaison")),
        "log": log,
    }


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, list[str]]]:
    """Each command below, by how it is called, with what it takes; a positional argument by its name."""
    yield path, sorted(name for parameter in command.params for name in [*parameter.opts, *parameter.secondary_opts])
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if below := command.get_command(context, name):
                yield from _commands(below, f"{path} {name}")


def _lines(module: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """The text and the fields of each line that a module writes to the log."""
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions:
        dictionaries = dict(_dictionaries(function))
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and (text := _text(call)):
                given = [name for each in call.keywords for name in _given(each, dictionaries)]
                yield text, [name for name in given if name != "exc_info"]


def _text(call: ast.Call) -> str | None:
    """What a call writes to the log; None when it is another call."""
    match call:
        case ast.Call(func=ast.Attribute(value=logger, attr=level), args=[ast.Constant(value=str() as text)]):
            named = ast.unparse(logger).removeprefix("self.")
            return text if level in LEVELS and named in ("log", "_log", "logs") else None
    return None


def _given(keyword: ast.keyword, dictionaries: Names) -> list[str]:
    return [keyword.arg] if keyword.arg else dictionaries.get(ast.unparse(keyword.value), [])


def _dictionaries(function: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """The members of each dictionary that a function gives a name."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            keys = [key.value for key in node.value.keys if isinstance(key, ast.Constant)]
            yield ast.unparse(node.targets[0]), [str(key) for key in keys]


if __name__ == "__main__":
    json.dump(interface(), sys.stdout, indent=1, ensure_ascii=False)
    print()
