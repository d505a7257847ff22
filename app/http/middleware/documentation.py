# SPDX-License-Identifier: Apache-2.0
"""The documentation page of each API: Swagger UI, readable on a telephone, too."""

from pathlib import Path
from typing import Any

from connexion.middleware.swagger_ui import SwaggerUIAPI, SwaggerUIMiddleware
from connexion.spec import Specification
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp

_PAGE = (Path(__file__).parent / "templates" / "documentation.html").read_text(encoding="utf-8")


class DocumentationPage(SwaggerUIAPI):  # type: ignore[misc]
    """The page of one API. Document and files have relative URLs in it, so that it works behind any proxy."""

    def add_swagger_ui(self) -> None:
        """Add the page, and before it the redirect from the path without a trailing slash."""
        self.router.add_route(methods=["GET"], path="/ui", endpoint=self._get_swagger_ui_redirect)
        super().add_swagger_ui()

    async def _get_swagger_ui_redirect(self, _request: Request) -> Response:
        return RedirectResponse("ui/")

    async def _get_swagger_ui_home(self, _request: Request) -> Response:
        return Response(_PAGE, media_type="text/html")


class Documentation(SwaggerUIMiddleware):  # type: ignore[misc]
    """The middleware of all pages. It does not redirect base paths, which are the entry points of the APIs."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.router.redirect_slashes = False

    def add_api(self, specification: Specification, base_path: str | None = None, **options: Any) -> None:
        """Add the page of a document."""
        api = DocumentationPage(specification, base_path=base_path, default=self.default_fn, **options)
        self.router.mount(api.base_path, app=api.router)
