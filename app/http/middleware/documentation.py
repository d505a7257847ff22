# SPDX-License-Identifier: Apache-2.0
"""The documentation page of each API: Swagger UI, readable on a telephone, too."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connexion.middleware.swagger_ui import SwaggerUIAPI, SwaggerUIMiddleware
from connexion.spec import Specification
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp

from app.http.headers.page_security import page_headers

_PAGE = (Path(__file__).parent / "templates" / "documentation.html").read_text(encoding="utf-8")


def documentation(metadata_url: str) -> Callable[[ASGIApp], ASGIApp]:
    """The middleware of all pages. They may call this server, and whoever tells how to get a token: `metadata_url`."""
    issuer = urlsplit(metadata_url)
    called = f"'self' {issuer.scheme}://{issuer.netloc}" if metadata_url else "'self'"
    headers = page_headers(
        _PAGE, "script-src 'self'", "style-src 'self'", "img-src 'self' data:", f"connect-src {called}"
    )
    return partial(Documentation, headers=headers)


class DocumentationPage(SwaggerUIAPI):  # type: ignore[misc]
    """The page of one API. Document and files have relative URLs in it, so that it works behind any proxy.

    `headers` go with it.
    """

    headers: Mapping[str, str] = {}

    def add_swagger_ui(self) -> None:
        """Add the page, and before it the redirect from the path without a trailing slash."""
        self.router.add_route(methods=["GET"], path="/ui", endpoint=self._get_swagger_ui_redirect)
        super().add_swagger_ui()

    async def _get_swagger_ui_redirect(self, _request: Request) -> Response:
        return RedirectResponse("ui/")

    async def _get_swagger_ui_home(self, _request: Request) -> Response:
        return Response(_PAGE, media_type="text/html", headers=self.headers)


class Documentation(SwaggerUIMiddleware):  # type: ignore[misc]
    """The middleware of all pages. It does not redirect base paths, which are the entry points of the APIs."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        """`headers` go with each page."""
        super().__init__(app)
        self._headers = headers
        self.router.redirect_slashes = False

    def add_api(self, specification: Specification, base_path: str | None = None, **options: Any) -> None:
        """Add the page of a document."""
        api = DocumentationPage(specification, base_path=base_path, default=self.default_fn, **options)
        api.headers = self._headers
        self.router.mount(api.base_path, app=api.router)
