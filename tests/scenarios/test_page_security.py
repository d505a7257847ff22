# SPDX-License-Identifier: Apache-2.0
"""What somebody puts into a page does not run, and the page itself works, also where tokens are asked for."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.settings import Settings
from tests.browser import NEEDED, POLICY, without_complaints
from tests.contract.documents import base_path
from tests.identity_provider import AUDIENCE, identity_provider
from tests.scenarios.documentation_page import DocumentationPage
from tests.serving import free_port, serving

pytestmark = NEEDED

PUT_IN = """() => {
    const [script, image] = [document.createElement("script"), document.createElement("img")];
    script.textContent = "window.ran = true";
    image.setAttribute("onerror", "window.ran = true");
    image.src = "data:,";
    document.body.append(script, image);
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        yield context.new_page()


def test_the_front_page_has_its_style_and_no_complaint(client: httpx.Client, page: Page) -> None:
    with without_complaints(page):
        page.goto(str(client.base_url))
        expect(page.locator(".apis")).to_have_css("display", "grid")


@pytest.mark.parametrize("path", ["/", f"{base_path('party-v5')}/ui/"])
def test_what_is_put_into_a_page_does_not_run(client: httpx.Client, page: Page, path: str) -> None:
    page.goto(f"{client.base_url}{path}")
    with page.expect_console_message(lambda message: POLICY in message.text):
        page.evaluate(PUT_IN)
    assert page.evaluate("window.ran") is None


def test_no_page_can_be_shown_in_a_frame(client: httpx.Client) -> None:
    for path in ("/", f"{base_path('party-v5')}/ui/"):
        answer = client.get(path)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert (answer.headers["referrer-policy"], "unsafe" in answer.headers["content-security-policy"]) == (
            "no-referrer",
            False,
        )


def test_the_page_of_a_guarded_server_works_too(settings: Settings, page: Page) -> None:
    with identity_provider() as provider:
        guarded = replace(settings, port=free_port(), issuers=provider.url, audience=AUDIENCE)
        with serving(guarded) as url, without_complaints(page):
            shown = DocumentationPage(page, f"{url}{base_path('customer-v4')}/ui/")
            assert shown.operation("listCustomer").execute().status == 401
