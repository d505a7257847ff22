# SPDX-License-Identifier: Apache-2.0
"""Runs commands of `liaison` within the test's own process."""

from click.testing import CliRunner

from app.cli import main
from app.settings import Settings


def run(settings: Settings, *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `liaison` on the tests' database."""
    result = CliRunner().invoke(main, [str(each) for each in arguments], env=settings.environment())
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr
