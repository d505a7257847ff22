# SPDX-License-Identifier: Apache-2.0
"""Each distribution that the code imports is declared, and none may become another than the one it was tested with."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
DISTRIBUTIONS = packages_distributions()


def requirements(declared: list[str]) -> dict[str, Requirement]:
    """What is required, by the name of the distribution."""
    parsed = [Requirement(text) for text in declared]
    return {canonicalize_name(each.name): each for each in parsed if each.name != PROJECT["name"]}


REQUIRED = requirements(PROJECT["dependencies"])
OPTIONAL = requirements([text for name in ("calendars", "mail", "notices", "parquet", "s3") for text in EXTRAS[name]])
"""What the code does without where it is not installed."""

EVERY = {**requirements([text for declared in EXTRAS.values() for text in declared]), **REQUIRED}


INSTALLED = ("embedded", "calendars", "mail", "notices", "parquet", "s3", "clients", "dev")
LOWEST = {
    **requirements([text for name in INSTALLED for text in EXTRAS[name]]),
    **REQUIRED,
}
"""What `make lowest` installs."""


def pinned(file: str) -> dict[str, Version]:
    """The exact versions that a file in .ci/ names, by the name of the distribution."""
    lines = (ROOT / ".ci" / file).read_text(encoding="utf-8").splitlines()
    pins = [line.partition("==") for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+", name) and re.fullmatch(r"[\w.]+", version) for name, _, version in pins)
    return {canonicalize_name(name): Version(version) for name, _, version in pins}


def lower_bound(requirement: Requirement) -> Version:
    """The lowest version that is allowed."""
    return next(Version(each.version) for each in requirement.specifier if each.operator in (">=", "=="))


def imported(module: ast.Module) -> Iterator[str]:
    """The packages that a module imports, wherever in it, by their first name."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def third_party() -> set[str]:
    """The packages that the code imports and that are neither its own nor Python's."""
    modules = (ROOT / "app").rglob("*.py")
    names = {name for file in modules for name in imported(ast.parse(file.read_text(encoding="utf-8")))}
    return names - sys.stdlib_module_names - {"app"}


def distributions(package: str) -> set[str]:
    """The distributions that bring a package."""
    return {canonicalize_name(name) for name in DISTRIBUTIONS.get(package, ())}


def test_each_package_that_is_imported_is_declared() -> None:
    packages = third_party()
    assert "connexion" in packages
    declared = REQUIRED.keys() | OPTIONAL.keys()
    assert sorted(package for package in packages if not distributions(package) & declared) == []


def test_each_distribution_that_is_declared_is_imported() -> None:
    used = set().union(*map(distributions, third_party()))
    assert sorted(REQUIRED.keys() - used) == []


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_range_holds_the_version_of_the_checks_and_ends_before_the_next_major_one(name: str) -> None:
    checked, allowed = pinned("constraints.txt")[name], EVERY[name].specifier
    assert allowed.contains(checked)
    assert not allowed.contains(f"{checked.major + 1}.0")
    assert {each.operator for each in allowed} & {">=", "=="}, "it should have a lower bound, too"


@pytest.mark.parametrize("name", sorted(LOWEST))
def test_a_lower_bound_is_a_version_that_make_lowest_runs_the_tests_with(name: str) -> None:
    tested, lowest = pinned("lowest.txt")[name], lower_bound(LOWEST[name])
    assert tested.release[: len(lowest.release)] == lowest.release, "after a change of a bound: make lowest-lock"
