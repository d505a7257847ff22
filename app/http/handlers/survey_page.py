# SPDX-License-Identifier: Apache-2.0
"""The page of a survey: plain HTML without scripts, in the party's language, that nobody can frame or cache."""

from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlencode

from app.http.headers.page_security import page_headers
from app.http.messages import Response
from app.interactions.survey_texts import LANGUAGES, survey_texts
from app.interactions.surveys import Question

_SOURCE = (Path(__file__).parent / "templates" / "survey.html").read_text(encoding="utf-8")
_PAGE = Template(_SOURCE)
_HEADERS = {
    **page_headers(_SOURCE, "img-src data:", form_action="'self'"),
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "Vary": "Accept, Accept-Language",
}
LONGEST_COMMENT = 2000
"""Characters of a comment at most; the document of the surveys says the same."""


def question_page(
    question: Question, language: str, token: str, *, wrong: bool = False, comment: str = "", status: int = 200
) -> Response:
    """The page that asks; `wrong` says that no number was chosen, and keeps the `comment`."""
    texts = survey_texts()[language]
    asked = texts[question.kind]
    bounds = question.bounds
    scores = "".join(
        f'<label><input type="radio" name="score" value="{score}" required> {score}</label>'
        for score in range(bounds.minimum, bounds.maximum + 1)
    )
    alert = f'<p class="wrong" role="alert">{escape(texts["missing"])}</p>' if wrong else ""
    low, high = escape(asked["low"]), escape(asked["high"])
    ends = f"<span>{bounds.minimum}: {low}</span><span>{bounds.maximum}: {high}</span>"
    content = f"""{alert}
<form method="post" action="survey">
<input type="hidden" name="token" value="{escape(token)}">
<input type="hidden" name="lang" value="{language}">
<fieldset aria-describedby="ends"><legend>{escape(asked["question"])}</legend>
<div class="scores">{scores}</div><p class="ends" id="ends">{ends}</p></fieldset>
<label for="comment">{escape(texts["comment"])}</label>
<textarea id="comment" name="comment" maxlength="{LONGEST_COMMENT}" dir="auto">{escape(comment)}</textarea>
<button type="submit">{escape(texts["send"])}</button>
</form>"""
    return _page(language, content, status, _language_links(language, token))


def message_page(message: str, language: str, status: int) -> Response:
    """The page that says how it ended: a name of the texts, such as `thanks`."""
    role = "status" if status == 200 else "alert"
    return _page(language, f'<p role="{role}" id="{message}">{escape(survey_texts()[language][message])}</p>', status)


def _page(language: str, content: str, status: int, languages: str = "") -> Response:
    texts = survey_texts()[language]
    page = _PAGE.substitute(
        language=language,
        direction=texts["direction"],
        title=escape(texts["title"]),
        content=content,
        languages=languages,
    )
    return Response(status, page.encode(), {**_HEADERS, "Content-Language": language}, "text/html; charset=utf-8")


def _language_links(language: str, token: str) -> str:
    """Links to the page in the other languages, each named in itself."""
    links = (
        f'<a lang="{each}" hreflang="{each}" dir="{survey_texts()[each]["direction"]}" '
        f'href="survey?{escape(urlencode({"token": token, "lang": each}))}">{escape(survey_texts()[each]["name"])}</a>'
        for each in LANGUAGES
        if each != language
    )
    return f'<nav aria-label="{escape(survey_texts()[language]["languages"])}">{"".join(links)}</nav>'
