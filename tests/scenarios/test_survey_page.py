# SPDX-License-Identifier: Apache-2.0
"""The page of a survey in Chromium: in each language, without scripts, by keyboard alone, and without a complaint."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.interactions.survey_texts import LANGUAGES, survey_texts
from tests.browser import NEEDED, without_complaints
from tests.contract.answers import created
from tests.paths import SATISFACTION_SURVEY

pytestmark = NEEDED

COMMENT = f"Très bien\n{survey_texts()['ar']['thanks']}"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser in which no script runs."""
    with browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 640}) as context:
        yield context.new_page()


def link_of(client: httpx.Client, kind: str, language: str) -> tuple[dict[str, Any], str]:
    body = {"@type": "SatisfactionSurvey", "surveyType": kind, "language": language}
    asked = created(client, SATISFACTION_SURVEY, body)
    return asked, created(client, f"{asked['href']}/surveyLink", {})["link"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_party_answers_in_its_language_without_scripts(client: httpx.Client, page: Page, language: str) -> None:
    asked, link = link_of(client, "NPS", language)
    texts = survey_texts()[language]
    with without_complaints(page):
        page.goto(link)
        html = page.locator("html")
        expect(html).to_have_attribute("lang", language)
        expect(html).to_have_attribute("dir", texts["direction"])
        expect(html).to_have_css("direction", texts["direction"])
        group = page.get_by_role("group", name=texts["NPS"]["question"])
        expect(group.get_by_role("radio")).to_have_count(11)
        wide = page.locator("main").bounding_box()
        assert wide
        assert wide["width"] <= 360, "nothing is wider than a telephone"
        group.get_by_label("9", exact=True).check()
        page.get_by_label(texts["comment"]).fill(COMMENT)
        page.get_by_role("button", name=texts["send"]).click()
        expect(page.get_by_role("status")).to_have_text(texts["thanks"])
    answer = client.get(asked["href"]).json()
    assert (answer["status"], answer["score"], answer["comment"]) == ("answered", 9, COMMENT)
    page.goto(link)
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.get_by_role("radio").count() == 0


def test_the_page_is_used_by_keyboard_alone_and_changes_its_language(client: httpx.Client, page: Page) -> None:
    asked, link = link_of(client, "CSAT", "en")
    page.goto(link)
    page.get_by_role("link", name=survey_texts()["ar"]["name"]).click()
    expect(page.locator("html")).to_have_css("direction", "rtl")
    texts = survey_texts()["ar"]
    first = page.get_by_role("radio").first
    for _ in range(3):
        page.keyboard.press("Tab")
        if first.evaluate("each => each === document.activeElement"):
            break
    expect(first).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_label(texts["comment"])).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text(texts["thanks"])
    assert client.get(asked["href"]).json()["score"] == 1


def test_another_site_can_neither_frame_the_page_nor_answer_with_it(client: httpx.Client, browser: Browser) -> None:
    asked, link = link_of(client, "CSAT", "en")
    token = link.partition("token=")[2]
    with browser.new_context() as context:
        page = context.new_page()
        foreign = f"""<iframe src="{link}"></iframe><form method="post" action="{link.partition("?")[0]}">
            <input name="token" value="{token}"><input name="score" value="1"><button>Win</button></form>"""
        page.route("http://attacker.test/**", lambda route: route.fulfill(content_type="text/html", body=foreign))
        page.goto("http://attacker.test/")
        assert page.frames[1].locator("form").count() == 0
        page.get_by_role("button", name="Win").click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.locator("form")).to_have_count(0)
    assert client.get(asked["href"]).json()["status"] == "asked"
