"""How the server reads HTTP: as uvicorn does with httptools, but no URL is too long to reach the application."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST = 65_535
"""Bytes of a URL that httptools can take apart; more than `max_url_bytes` may allow."""


class HttpProtocol(HttpToolsProtocol):
    """Cuts a longer URL there, where it is too long already, so that its sender gets a TMF Error and no bare 400."""

    def on_url(self, url: bytes) -> None:
        super().on_url(url[: LONGEST - len(self.url)])
