# SPDX-License-Identifier: Apache-2.0
"""The command `liaison templates`: what notices say, before anybody is sent one."""

from dataclasses import replace

import click

from app.cli.common import Command
from app.composition.notice_templates import notice_templates
from app.settings import Settings


@click.group()
def templates() -> None:
    """Look at the templates of notices."""


@templates.command(cls=Command)
@click.argument("directory", required=False, type=click.Path(exists=True, file_okay=False))
@click.option("--kind", "kinds", multiple=True, help="Show this kind alone; may be given several times.")
@click.option("--language", "languages", multiple=True, help="Show this language alone, as `nl` or `nl-BE`.")
def preview(directory: str | None, kinds: tuple[str, ...], languages: tuple[str, ...]) -> None:
    """Show each message with example values: as DIRECTORY, or LIAISON_NOTICE_TEMPLATES, has it, else the package.

    Ends with 1 where a template is wrong, which also stops a server: a line for each fault, with file, line and
    variable.
    """
    settings = Settings.read()
    read = notice_templates(replace(settings, notice_templates=directory) if directory else settings)
    from app.interactions.notices.template_values import example_values

    values = next(example_values())
    for kind in kinds or read.kinds:
        if kind not in read.kinds:
            raise click.BadParameter(f"'{kind}' is none of {', '.join(read.kinds)}", param_hint="--kind")
        for language in languages or read.languages:
            if not read.has(language):
                raise click.BadParameter(
                    f"'{language}' is none of {', '.join(read.languages)}", param_hint="--language"
                )
            message = read.render(kind, [language], values)
            click.echo(f"--- {kind}, {language}\nSubject: {message.subject}\n\n{message.text}")
