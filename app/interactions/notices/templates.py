# SPDX-License-Identifier: Apache-2.0
"""Templates of notices: one file for each kind and language, those of the package and those of a deployment."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel import Locale
from jinja2 import Template

from app.errors import StartError
from app.interactions.notices.message import Message, NoticeValues
from app.interactions.notices.template_language import (
    LONGEST_TEMPLATE,
    RefusedTemplate,
    TemplateFault,
    compile_template,
    environment,
)
from app.interactions.notices.template_values import KINDS, example_values, render_values
from app.interactions.notices.wording import locale_of

SETTING = "LIAISON_NOTICE_TEMPLATES"
PACKAGE = Path(__file__).with_name("texts")
DEFAULT_LANGUAGE = "en"

LONGEST_SUBJECT, LONGEST_TEXT = 1000, 20_000
"""Characters of a message at most, with the longest values."""

_FILE = re.compile(rf"({'|'.join(KINDS)})\.([A-Za-z]{{2,3}}(?:-[A-Za-z0-9]{{2,8}})*)\.txt")
_FORM = "its first line should be `Subject: …`, and the second empty"


@dataclass(frozen=True)
class NoticeTemplate:
    """The templates of a kind in a language: of the subject and of the text."""

    kind: str
    locale: Locale
    subject: Template
    text: Template

    def render(self, values: NoticeValues, locale: Locale, language: str) -> Message:
        """The message with these values. Raises `ValueError` for one that is missing."""
        variables = render_values(self.kind, values, locale)
        subject = " ".join(self.subject.render(variables).split())
        return Message(subject, _tidy(self.text.render(variables)), language)


Templates = Mapping[tuple[str, str], NoticeTemplate]
"""Templates by kind and by language tag in lower case."""


class NoticeTemplates:
    """The templates of all kinds in all languages."""

    def __init__(self, templates: Templates, default: str) -> None:
        self._templates = templates
        self._default = default
        self.kinds = tuple(KINDS)
        self.languages = tuple(sorted({language for _, language in templates}))

    def render(self, kind: str, languages: Sequence[str], values: NoticeValues) -> Message:
        """The message of a kind, in the first of these languages (BCP 47) that there is, else in the default one.

        Dates and numbers are as in the region of that language tag. Raises `ValueError` where a value of the kind is
        missing; nothing else about the values makes it fail.
        """
        wished, language = next(self._available(languages), ("", self._default))
        template = self._templates[kind, language]
        locale = locale_of(wished) if wished else None
        if locale is None or locale.language != template.locale.language:
            locale = template.locale
        return template.render(values, locale, _tag(language))

    def has(self, language: str) -> bool:
        """Whether there are templates in a language: for `nl-BE` also those in `nl`."""
        return any(self._available([language]))

    def _available(self, wishes: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Each wish for which there is a language, with that: `nl` for `nl-BE`."""
        for wish in wishes:
            parts = wish.strip().lower().replace("_", "-").split("-")
            for end in range(len(parts), 0, -1):
                if (language := "-".join(parts[:end])) in self.languages:
                    yield "-".join(parts), language


def read_templates(directory: Path | None = None, default: str = DEFAULT_LANGUAGE) -> NoticeTemplates:
    """The templates of the package, with those of a deployment's directory in their place or beside them.

    Raises `StartError` with all that is wrong, a line each.
    """
    templates, faults = _read_package()
    if directory:
        own, own_faults = _read_folder(directory)
        templates, faults = {**templates, **own}, [*faults, *own_faults]
    faults = [*faults, *_missing(templates, faults, default)]
    if faults:
        raise StartError("\n".join(faults))
    return NoticeTemplates(templates, default.lower())


@cache
def _read_package() -> tuple[Templates, list[str]]:
    return _read_folder(PACKAGE)


def _read_folder(folder: Path) -> tuple[Templates, list[str]]:
    """The templates in a directory, and what is wrong with the others, a line each. Raises `StartError` for none."""
    faults, templates = list[str](), dict[tuple[str, str], NoticeTemplate]()
    try:
        files = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    except OSError as wrong:
        raise StartError(f"{SETTING}={folder}: cannot be read: {wrong.strerror}") from None
    for file in files:
        try:
            template = _read(file)
            templates[template.kind, str(template.locale).lower().replace("_", "-")] = template
        except RefusedTemplate as refused:
            faults += (f"{file}:{each.line}: {each.text}" for each in refused.faults)
    return templates, faults


def _missing(templates: Templates, faults: list[str], default: str) -> Iterator[str]:
    languages = sorted({language for _, language in templates})
    for language in languages if not faults else ():
        if lacking := [kind for kind in KINDS if (kind, language) not in templates]:
            files = ", ".join(f"{kind}.{_tag(language)}.txt" for kind in lacking)
            yield f"{SETTING}: a language has all kinds, and of {_tag(language)} there is no {files}"
    if default.lower() not in languages and not faults:
        yield f"LIAISON_NOTICE_LANGUAGE={default}: there are no templates in it; there are {', '.join(languages)}"


def _read(file: Path) -> NoticeTemplate:
    """The template in a file, tried with examples. Raises `RefusedTemplate`."""
    match = _FILE.fullmatch(file.name)
    locale = locale_of(match[2]) if match else None
    if match is None or locale is None:
        kinds = ", ".join(KINDS)
        raise _refusal(1, f"its name should be KIND.LANGUAGE.txt, with a kind of {kinds}, such as breach.en.txt")
    kind, within = match[1], environment(right_to_left=locale.text_direction == "rtl")
    subject, text, line = _parts(file)
    faults, compiled = list[TemplateFault](), list[Template]()
    for source, offset, one_line in ((subject, line - 1, True), (text, line + 1, False)):
        try:
            compiled.append(compile_template(source, KINDS[kind], within, one_line=one_line))
        except RefusedTemplate as refused:
            faults += (TemplateFault(each.line + offset, each.text) for each in refused.faults)
    if faults:
        raise RefusedTemplate(*faults)
    template = NoticeTemplate(kind, locale, *compiled)
    _try(template, line)
    return template


def _parts(file: Path) -> tuple[str, str, int]:
    """Subject, text, and in which line the subject is: after lines that begin with `#`."""
    try:
        with file.open(encoding="utf-8") as opened:
            lines = opened.read(2 * LONGEST_TEMPLATE).split("\n")
    except UnicodeDecodeError:
        raise _refusal(1, "it should be text in UTF-8") from None
    except OSError as wrong:
        raise _refusal(1, f"it cannot be read: {wrong.strerror}") from None
    first = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    head, _, subject = lines[first].partition(":") if first < len(lines) else ("", "", "")
    if head != "Subject" or not subject.strip():
        raise _refusal(first + 1, _FORM)
    if lines[first + 1 : first + 2] != [""]:
        raise _refusal(first + 2, f"{_FORM}: a subject is one line")
    return subject.strip(), "\n".join(lines[first + 2 :]), first + 1


def _try(template: NoticeTemplate, line: int) -> None:
    """Render examples, the longest values among them: what passes is never too long, or empty."""
    for values in example_values():
        message = template.render(values, template.locale, "")
        if not message.subject or not message.text.strip():
            raise _refusal(line, "its subject or its text is empty")
        for text, longest, what in (
            (message.subject, LONGEST_SUBJECT, "subject"),
            (message.text, LONGEST_TEXT, "text"),
        ):
            if len(text) > longest:
                raise _refusal(line, f"with long values its {what} is longer than {longest} characters")


def _refusal(line: int, text: str) -> RefusedTemplate:
    return RefusedTemplate(TemplateFault(line, text))


def _tidy(text: str) -> str:
    """Without spaces at the ends of lines, and without several empty lines after each other, as conditions leave."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", f"{text.strip()}\n"))


def _tag(language: str) -> str:
    """A language tag in the case that is usual: `pt-BR`."""
    first, *rest = language.split("-")
    return "-".join([first, *(each.upper() if len(each) == 2 else each.title() for each in rest)])
