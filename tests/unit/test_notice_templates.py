# SPDX-License-Identifier: Apache-2.0
"""Templates of notices: what they say in each language, that values stay data, and that nothing leaves the sandbox."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from app.errors import StartError
from app.interactions.notices.template_language import RefusedTemplate, compile_template, environment
from app.interactions.notices.template_values import KINDS, example_values, render_values
from app.interactions.notices.templates import LONGEST_TEXT, PACKAGE, NoticeTemplates, read_templates
from app.interactions.notices.wording import locale_of
from tests.unit.template_escapes import ESCAPES

LANGUAGES = ("ar", "de", "en", "fr", "nl")
VALUES = next(example_values())
ISOLATED = re.compile("\u2068([^\u2068\u2069]*)\u2069")
GOOD = "Subject: Late: {{ reason }}\n\n{{ reason }} is late.\n"


@pytest.fixture(scope="module")
def templates() -> NoticeTemplates:
    return read_templates()


def faults(folder: Path, content: str | bytes, name: str = "breach.en.txt") -> list[str]:
    """What is wrong with a directory of one file, without its path."""
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    with pytest.raises(StartError) as refused:
        read_templates(folder)
    return [line.removeprefix(f"{folder}/") for line in str(refused.value).splitlines()]


def test_the_package_has_each_kind_in_each_language(templates: NoticeTemplates) -> None:
    assert templates.languages == LANGUAGES
    assert {file.name for file in PACKAGE.iterdir()} == {
        f"{kind}.{language}.txt" for kind, language in itertools.product(templates.kinds, LANGUAGES)
    }
    subjects = {templates.render(kind, [each], VALUES).subject for kind in templates.kinds for each in LANGUAGES}
    assert len(subjects) == len(KINDS) * len(LANGUAGES)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_has_what_its_reader_needs(templates: NoticeTemplates, kind: str, language: str) -> None:
    told = templates.render(kind, [language], VALUES)
    assert told.language == language
    assert VALUES.reason in told.text
    assert VALUES.recipient_name in told.text
    assert (VALUES.survey_link if kind == "survey" else VALUES.interaction_id) in told.text
    assert re.search("[5\u0665]", told.text)
    bare = templates.render(kind, [language], replace(VALUES, recipient_name="", assignee_name=""))
    assert "{" not in told.text + bare.text
    assert not re.search(r"  |\n\n\n| \n| ,|None", bare.text)


@pytest.mark.parametrize(
    ("wishes", "language", "date"),
    [
        (["nl-BE"], "nl", "5 juni 2026"),
        (["pt-BR", "fr"], "fr", "5 juin 2026"),
        (["de_AT", "en"], "de", "5. Juni 2026"),
        (["en-GB"], "en", "5 June 2026"),
        (["en-US"], "en", "June 5, 2026"),
        (["tlh", ""], "en", "June 5, 2026"),
        ([], "en", "June 5, 2026"),
    ],
)
def test_the_first_language_that_there_is_counts_with_the_dates_of_its_region(
    templates: NoticeTemplates, wishes: Sequence[str], language: str, date: str
) -> None:
    told = templates.render("breach", wishes, VALUES)
    assert (told.language, date in told.text) == (language, True)


@pytest.mark.parametrize(
    ("zone", "due", "told"),
    [
        ("Europe/Amsterdam", datetime(2026, 6, 5, 14, 30, tzinfo=UTC), "5. Juni 2026 um 16:30 Uhr (MESZ)"),
        ("Europe/Amsterdam", datetime(2026, 12, 5, 14, 30, tzinfo=UTC), "5. Dezember 2026 um 15:30 Uhr (MEZ)"),
        ("Asia/Tokyo", datetime(2026, 6, 5, 16, tzinfo=UTC), "6. Juni 2026 um 01:00 Uhr"),
        ("No/Where", datetime(2026, 6, 5, 14, 30, tzinfo=UTC), "5. Juni 2026 um 14:30 Uhr (UTC)"),
    ],
)
def test_times_are_those_of_the_recipients_clock(
    templates: NoticeTemplates, zone: str, due: datetime, told: str
) -> None:
    assert told in templates.render("breach", ["de"], replace(VALUES, due=due, time_zone=zone)).text


@pytest.mark.parametrize(
    ("length", "language", "words"),
    [
        (timedelta(hours=26, minutes=15), "en", "1 day and 2 hours"),
        (timedelta(minutes=119, seconds=59), "en", "1 hour and 59 minutes"),
        (timedelta(seconds=3), "en", "1 minute"),
        (timedelta(days=-11), "ar", "11 يومًا"),
        (timedelta(hours=26), "ar", "يوم وساعتان"),
        (timedelta(hours=26), "fr", "1\xa0jour et 2\xa0heures"),
        (timedelta(days=2, minutes=5), "de", "2 Tage und 5 Minuten"),
    ],
)
def test_durations_are_never_longer_than_they_are(length: timedelta, language: str, words: str) -> None:
    locale = locale_of(language)
    assert locale
    values = replace(VALUES, due=VALUES.sent + length)
    assert render_values("breach", values, locale)["distance"].words() == words


def test_what_is_latin_in_arabic_is_isolated_and_a_link_is_not(templates: NoticeTemplates) -> None:
    told = templates.render("warning", ["ar"], VALUES)
    assert {VALUES.interaction_id, VALUES.reason} <= {*ISOLATED.findall(told.subject)}
    assert {VALUES.assignee_name, VALUES.status} <= {*ISOLATED.findall(told.text)}
    assert f"\n{VALUES.survey_link}\n" in templates.render("survey", ["ar"], VALUES).text
    assert "\u2068" not in templates.render("warning", ["de"], VALUES).text
    arabic = templates.render("warning", ["de"], replace(VALUES, assignee_name="نادية")).text
    assert ISOLATED.findall(arabic) == ["نادية"]


def test_a_directory_replaces_single_templates_and_adds_languages(tmp_path: Path) -> None:
    (tmp_path / "breach.de.txt").write_text("Subject: Eigenes\n\nText\n", encoding="utf-8")
    for kind in KINDS:
        (tmp_path / f"{kind}.pt-BR.txt").write_text("Subject: Olá\n\n{{ due|date }}\n", encoding="utf-8")
    read = read_templates(tmp_path, "pt-BR")
    assert read.render("breach", ["de"], VALUES).subject == "Eigenes"
    assert read.render("warning", ["de"], VALUES) == read_templates().render("warning", ["de"], VALUES)
    told = read.render("progress", ["es"], VALUES)
    assert (told.text, told.language) == ("5 de junho de 2026\n", "pt-BR")


@pytest.mark.parametrize("name", ESCAPES)
def test_nothing_leaves_the_sandbox_runs_long_or_grows_large(tmp_path: Path, name: str) -> None:
    for told in faults(tmp_path, f"Subject: Late\n\n{ESCAPES[name]}\n"):
        assert re.match(r"breach\.en\.txt:\d+: .{5,400}$", told)


def test_there_are_enough_attempts() -> None:
    assert len(ESCAPES) >= 40


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("Subject: Late\n\n{{ reasn }}\n", "breach.en.txt:3: 'reasn' is no variable here; there are assignee_name, "),
        ("Subject: {{ survey_link }}\n\na", "breach.en.txt:1: 'survey_link' is no variable here"),
        ("Subject: Late\n\n\n{% if reason %}\n", "breach.en.txt:4: Unexpected end of template"),
        ("Subject: Late\n\n{{ due }}\n", "breach.en.txt:3: due needs a filter: date, time or zone"),
        ("Subject: Late\n\n{{ reason|date }}\n", "breach.en.txt:3: date takes due, sent, not reason"),
        ("Subject: Late\n\n{{ due|date('wide') }}\n", "breach.en.txt:3: date takes one of short, medium, long, full"),
        ("Subject: Late\n\n{{ reason|upper }}\n", "breach.en.txt:3: 'upper' is no filter; there are date, "),
        ("Subject: Late\n\n{{ recipient_name }}\n", "breach.en.txt:3: recipient_name may be missing: write it within"),
        ("Subject: Late\n\n{% if a %}{% endif %}", "breach.en.txt:3: 'a' is no variable here"),
        (
            "Subject: Late\n\n{% if promise == 'first' %}a{% endif %}",
            "breach.en.txt:3: promise is never 'first'; it is one of firstResponse, progress, resolution",
        ),
        ("Subject: Late\n\n{% if due == 'a' %}a{% endif %}", "breach.en.txt:3: due cannot be compared with 'a'"),
        ("Subject: Late\n\n{% if reason < 'a' %}a{% endif %}", "breach.en.txt:3: comparisons are == and !="),
        ("Subject: Late\n\n{% for a in reason %}{% endfor %}", "breach.en.txt:3: for is not allowed; it may have "),
        ("Subject: Late\n and later\n\na", "breach.en.txt:2: its first line should be `Subject: …`, and the second"),
        ("Subject: {{ 'a\\nBcc: b' }}\n\na", "breach.en.txt:1: a subject is one line"),
        ("Subject: a\u2028b\n\na", "breach.en.txt:1: a subject is one line"),
        ("# A note\nSubject: {{ b }}\n\n{{ c }}\n", "breach.en.txt:2: 'b' is no variable here"),
        ("Late\n\na", "breach.en.txt:1: its first line should be `Subject: …`"),
        ("", "breach.en.txt:1: its first line should be `Subject: …`"),
        ("Subject: Late\n\n{% if assignee_name %}a{% endif %}\n", "breach.en.txt:1: its subject or its text is empty"),
        ("Subject: Late\n\na\x00b\n", "breach.en.txt:3: control characters are not allowed"),
        (
            "Subject: {{ reason }}{{ reason }}{{ reason }}\n\na",
            "breach.en.txt:1: with long values its subject is longer",
        ),
        (b"Subject: \xff\n\na", "breach.en.txt:1: it should be text in UTF-8"),
    ],
)
def test_each_fault_is_a_line_that_says_where_and_what(tmp_path: Path, content: str | bytes, fault: str) -> None:
    told = faults(tmp_path, content)
    assert told[0].startswith(fault)


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "warning.nl.txt").write_text("Subject: {{ a }}\n\n{{ b }}\n{{ due }}\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("Ours", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("", encoding="utf-8")
    told = faults(tmp_path, "Subject: {{ c }}\n\na\n")
    assert [line.partition(": ")[0] for line in told] == [
        "README.md:1",
        "breach.en.txt:1",
        "warning.nl.txt:1",
        "warning.nl.txt:3",
        "warning.nl.txt:4",
    ]


def test_a_language_without_all_kinds_is_a_fault(tmp_path: Path) -> None:
    (told,) = faults(tmp_path, GOOD, "breach.es.txt")
    assert told.endswith("of es there is no progress.es.txt, warning.es.txt, escalation.es.txt, survey.es.txt")
    with pytest.raises(StartError, match="LIAISON_NOTICE_LANGUAGE=sv: there are no templates in it; there are ar, de"):
        read_templates(None, "sv")
    with pytest.raises(StartError, match="cannot be read"):
        read_templates(tmp_path / "nowhere")


def test_what_values_contain_is_never_read_as_a_template(tmp_path: Path) -> None:
    (tmp_path / "breach.en.txt").write_text(GOOD, encoding="utf-8")
    read = read_templates(tmp_path)
    for name, attempt in ESCAPES.items():
        short = attempt[:300]
        told = read.render("breach", ["en"], replace(VALUES, reason=short))
        assert told.text == f"{' '.join(short.split())} is late.\n", name


texts = st.text(max_size=600)


@given(reason=texts, name=texts, id=st.text(min_size=1, max_size=50), language=st.sampled_from(LANGUAGES))
def test_no_value_adds_a_line_or_turns_the_text_around(reason: str, name: str, id: str, language: str) -> None:
    values = replace(VALUES, reason=f"r{reason}", recipient_name=name, assignee_name=name, interaction_id=f"i{id}")
    told, usual = (READ.render("escalation", [language], each) for each in (values, VALUES))
    assert len(told.subject.splitlines()) == 1
    assert len(told.text.splitlines()) - len(usual.text.splitlines()) in ((0,) if name.strip() else (0, -1))
    for text in (told.subject, told.text):
        assert ISOLATED.sub("", text).count("\u2068") == ISOLATED.sub("", text).count("\u2069") == 0
        assert not re.search("[\u202a-\u202e\u2066\u2067\x00-\x09\x0b-\x1f\x7f]", text)
        text.encode()


READ = read_templates()
NAMES = [*KINDS["breach"], "survey_link", "loop"]
names = st.sampled_from(NAMES)
outputs = st.one_of(
    names,
    st.builds(
        "{}|{}{}".format,
        names,
        st.sampled_from(["date", "time", "zone", "duration", "number", "upper"]),
        st.sampled_from(["", "()", "('short')", "('full')", "(1)", "(style='long')", "(*reason)"]),
    ),
    st.sampled_from(["'a'", "1", "none", "reason ~ status", "reason.a", "[1]", "'a' if reopened", "due - sent"]),
    st.builds("'a' if {} else {}".format, names, names),
)
conditions = st.one_of(
    names,
    st.builds("{} {} {}".format, names, st.sampled_from(["==", "!=", "<", "in"]), st.sampled_from(["'progress'", "1"])),
    st.builds("not {}".format, names),
    st.builds("{} and {} or {}".format, names, names, names),
)
pieces = st.recursive(
    st.one_of(st.sampled_from(["text", "\n", "{{", "{# a #}"]), st.builds("{{{{ {} }}}}".format, outputs)),
    lambda inner: st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, conditions, inner, inner),
    max_leaves=4,
)


@given(st.lists(pieces, min_size=1, max_size=4).map("".join), texts, st.integers(-(10**30), 10**30))
def test_what_is_accepted_renders_with_any_values(source: str, text: str, number: int) -> None:
    locale = locale_of("ar")
    assert locale
    try:
        template = compile_template(source, KINDS["breach"], environment(right_to_left=True))
    except RefusedTemplate:
        return
    for promise, optional in itertools.product(("progress", "resolution"), ("", text)):
        values = replace(
            VALUES,
            reason=f"r{text}",
            promise=promise,
            recipient_name=optional,
            assignee_name=optional,
            reopened=number,
            due=VALUES.sent + timedelta(seconds=number % 10**9),
        )
        rendered = template.render(render_values("breach", values, locale))
        assert "None" not in rendered.replace(text, "")
        assert len(rendered) < LONGEST_TEXT


@pytest.mark.parametrize("missing", ["interaction_id", "reason", "status", "promise"])
def test_a_value_that_a_kind_needs_is_asked_for(missing: str) -> None:
    without: dict[str, Any] = {missing: " \n"}
    with pytest.raises(ValueError, match=f"a notice of the kind breach needs a value of {missing}"):
        READ.render("breach", ["en"], replace(VALUES, **without))
    with pytest.raises(ValueError, match="needs a value of survey_link"):
        READ.render("survey", ["en"], replace(VALUES, survey_link=""))


def preview(*arguments: str, **environment: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["templates", "preview", *arguments], env=environment)
    return result.exit_code, result.output


def test_preview_shows_all_with_examples() -> None:
    code, told = preview()
    assert (code, told.count("--- ")) == (0, len(KINDS) * len(LANGUAGES))
    assert all(READ.render(kind, [each], VALUES).text in told for kind in KINDS for each in LANGUAGES)
    code, told = preview("--kind", "survey", "--language", "nl-BE")
    assert (code, told.count("--- "), "5 juni 2026" in told) == (0, 1, True)


def test_preview_fails_where_a_variable_is_missing_and_names_file_and_variable(tmp_path: Path) -> None:
    file = tmp_path / "breach.en.txt"
    file.write_text("Subject: Late\n\n{% if reopened %}{{ reasn }}{% endif %}\n", encoding="utf-8")
    for code, told in (preview(str(tmp_path)), preview(LIAISON_NOTICE_TEMPLATES=str(tmp_path))):
        assert code == 1
        assert told.startswith(f"Error: {file}:3: 'reasn' is no variable here; there are ")


@pytest.mark.parametrize("option", [("--kind", "reminder"), ("--language", "sv")])
def test_preview_says_which_kinds_and_languages_there_are(option: tuple[str, str]) -> None:
    code, told = preview(*option)
    assert (code, f"'{option[1]}' is none of " in told) == (2, True)


@pytest.mark.parametrize(
    ("environment", "fault"),
    [
        ({"LIAISON_NOTICE_LANGUAGE": "sv"}, "LIAISON_NOTICE_LANGUAGE=sv: there are no templates in it"),
        ({}, "breach.en.txt:3: 'reasn' is no variable here"),
        ({"LIAISON_NOTICE_TEMPLATES": "", "LIAISON_NOTICE_HOOKS": "fax=a"}, "LIAISON_NOTICE_HOOKS: 'fax' should be"),
        ({"LIAISON_NOTICE_TEMPLATES": "", "LIAISON_SMTP_HOST": "a"}, "LIAISON_SMTP_FROM should be an address"),
    ],
)
def test_a_server_does_not_start_with_what_is_wrong(tmp_path: Path, environment: dict[str, str], fault: str) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    if "LIAISON_NOTICE_LANGUAGE" not in environment:
        (folder / "breach.en.txt").write_text("Subject: Late\n\n{{ reasn }}\n", encoding="utf-8")
    named = {"LIAISON_DATA": str(tmp_path / "data"), "LIAISON_NOTICE_TEMPLATES": str(folder), **environment}
    ended = CliRunner().invoke(main, ["serve"], env=named)
    assert (ended.exit_code, fault in ended.output) == (1, True), ended.output
