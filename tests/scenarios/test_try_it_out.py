# SPDX-License-Identifier: Apache-2.0
"""The documentation page tries operations out when somebody clicks, at the first click and at the second.

Whatever is done on a page, its Content Security Policy has no complaint.
"""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser import NEEDED, without_complaints
from tests.contract.documents import COLLECTIONS, DOCUMENTS, OFFERED, Collection, base_path
from tests.scenarios.documentation_page import DocumentationPage

pytestmark = NEEDED

ONE_OF_EACH = {each.version: each for each in reversed(COLLECTIONS)}.values()
"""A collection of each version, as the page knows no more of it than its document says; what that fills in works twice
in each collection (`contract/test_tried_out.py`)."""
TELEPHONE: ViewportSize = {"width": 375, "height": 667}
SMALLEST = 12
"""Pixels that text has at least."""
SMALL = """smallest => [...document.body.querySelectorAll("*")].flatMap(element => {
    const written = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const drawn = pseudo => /\\w/.test(getComputedStyle(element, pseudo).content.replace(/^(none|normal)$/, ""));
    const styles = [written && null, drawn("::before") && "::before", drawn("::after") && "::after"];
    const sizes = styles.filter(style => style !== false)
        .map(style => parseFloat(getComputedStyle(element, style).fontSize));
    return element.checkVisibility() && sizes.some(size => size < smallest) ? [element.outerHTML] : [];
})"""
"""Every visible element with text of its own, or before or after it, that is smaller."""


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context, without_complaints(context.new_page()) as page:
        yield page


@pytest.fixture
def telephone(browser: Browser) -> Iterator[Page]:
    on_telephone = browser.new_context(viewport=TELEPHONE, is_mobile=True, has_touch=True)
    with on_telephone as context, without_complaints(context.new_page()) as page:
        yield page


def page_of(document: str, client: httpx.Client) -> str:
    return f"{client.base_url}{base_path(document)}/ui/"


@pytest.mark.parametrize("collection", ONE_OF_EACH, ids=str)
def test_try_it_out_works_twice(collection: Collection, client: httpx.Client, desk: Page) -> None:
    page = DocumentationPage(desk, page_of(collection.document, client))
    create = page.operation(f"create{collection.resource}")
    made = [create.execute() for _ in range(2)]
    assert [answer.status for answer in made] == [201, 201]
    first, second = (answer.json()["id"] for answer in made)
    assert first != second
    create.close()

    find = page.operation(f"list{collection.resource}")
    for _ in range(2):
        answer = find.execute()
        assert answer.status in (200, 206)
        assert {each["id"] for each in answer.json()} == {first, second}
    find.close()

    read = page.operation(f"retrieve{collection.resource}")
    for id in (first, second):
        read.fill("id", id)
        answer = read.execute()
        assert (answer.status, answer.json()["id"]) == (200, id)


def fits(page: Page) -> None:
    """Whether nothing is beside the screen of a telephone, nor too small to read on it."""
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    assert page.evaluate("window.visualViewport.scale") == 1
    assert page.evaluate(SMALL, SMALLEST) == []


def test_the_front_page_is_readable_on_a_telephone(client: httpx.Client, telephone: Page) -> None:
    telephone.goto(str(client.base_url))
    fits(telephone)


@pytest.mark.parametrize("document", OFFERED)
def test_the_documentation_page_is_readable_on_a_telephone(
    document: str, client: httpx.Client, telephone: Page
) -> None:
    page = DocumentationPage(telephone, page_of(document, client))
    fits(telephone)
    method = "post" if document != "event-v4" else "get"
    item = next(item for item in DOCUMENTS[document]["paths"].values() if method in item)
    operation = page.operation(item[method]["operationId"])
    fits(telephone)
    assert operation.execute().ok
    fits(telephone)
