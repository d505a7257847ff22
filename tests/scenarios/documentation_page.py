# SPDX-License-Identifier: Apache-2.0
"""The documentation page of an API, as somebody uses it: opens an operation, tries it out and reads the answer."""

from playwright.sync_api import Locator, Page, Response, expect

SLOWEST = 30_000
"""Milliseconds that a loaded machine may take for one step."""


class DocumentationPage:
    """A page that Swagger UI makes of a document."""

    def __init__(self, page: Page, url: str) -> None:
        page.set_default_timeout(SLOWEST)
        expect.set_options(timeout=SLOWEST)
        self.page = page
        page.goto(url)
        page.locator(".opblock").first.wait_for()

    def operation(self, name: str) -> "Operation":
        """One of its operations, opened."""
        return Operation(self.page, self.page.locator(f'.opblock[id$="-{name}"]'))


class Operation:
    """An operation that is opened, with what it fills in to be sent."""

    def __init__(self, page: Page, block: Locator) -> None:
        self._page, self._block = page, block
        block.locator(".opblock-summary-control").click()
        block.get_by_role("button", name="Try it out").click()

    def fill(self, parameter: str, value: str) -> None:
        """Give a parameter a value."""
        self._block.get_by_placeholder(parameter, exact=True).fill(value)

    def execute(self) -> Response:
        """Send the request; gives the answer once the page shows it."""
        method = self._block.locator(".opblock-summary-method").inner_text()
        with self._page.expect_response(lambda response: response.request.method == method) as answer:
            self._block.get_by_role("button", name="Execute").click()
        shown = self._block.locator(".live-responses-table")
        expect(shown.locator("tbody td.response-col_status").first).to_contain_text(str(answer.value.status))
        expect(shown).to_contain_text(answer.value.header_value("x-correlation-id") or "no such header")
        return answer.value

    def close(self) -> None:
        """Close it again, so that the page shows the list of operations."""
        self._block.locator(".opblock-summary-control").click()
