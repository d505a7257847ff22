# SPDX-License-Identifier: Apache-2.0
"""Pages beside the operations: front page, entry points of APIs, OpenAPI documents, health; a Flask application."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from flask import Flask, Response, render_template
from werkzeug.exceptions import HTTPException

from app import __version__
from app.domain.json_text import dump
from app.domain.media_types import JSON
from app.domain.nested_keys import is_template
from app.domain.reference_addresses import named_root
from app.errors import TmfError
from app.events.api_version import ConnectedApiVersion
from app.http.headers.page_security import page_headers
from app.http.middleware.disk_full import Disk
from app.http.middleware.error_answers import error_for_status
from app.settings import Settings
from app.spec.optional_classes import with_optional_classes
from app.spec.reach import in_use
from app.spec.security import declare_scheme, without_security

_TEMPLATES = Path(__file__).parent / "templates"
_FRONT_HEADERS = page_headers((_TEMPLATES / "front.html").read_text(encoding="utf-8"), "img-src data:")


def pages(
    apis: Sequence[ConnectedApiVersion],
    settings: Settings,
    ready: Callable[[], bool],
    disk: Disk | None = None,
    metadata_url: str = "",
) -> Flask:
    """The Flask application behind the APIs; `ready` tells whether the database answers, `disk` whether it is full.

    `metadata_url` is where clients learn how to get a token; empty where nobody is asked for one.
    The front page and the health are also below the prefix of the APIs, as a proxy may pass on nothing else.
    Every path that it does not know is a TMF Error.
    """
    app = Flask("app.http.handlers", template_folder="templates")
    root = partial(named_root, settings.root_url)

    def readiness() -> Response:
        return _readiness(ready(), disk is not None and disk.is_full())

    for prefix in dict.fromkeys(["", settings.path_prefix.rstrip("/")]):
        front = partial(_front, apis, settings.root_url, prefix, ready, bool(metadata_url))
        app.add_url_rule(prefix or "/", f"{prefix} front", lambda front=front: _page(front()))
        app.add_url_rule(f"{prefix}/health/live", f"{prefix} live", lambda: _json({"status": "live"}))
        app.add_url_rule(
            f"{prefix}/health/ready",
            f"{prefix} ready",
            lambda: _readiness(ready(), disk is not None and disk.is_full()),
        )
    for api in apis:
        _publish(app, api, root, metadata_url)
    app.register_error_handler(HTTPException, _error_response)
    return app


def _publish(app: Flask, api: ConnectedApiVersion, root: Callable[[], str], metadata_url: str) -> None:
    @cache  # Made when somebody first asks for it, as few do: nobody should wait for it at the start.
    def document() -> dict[str, Any]:
        # Components are left out that only operations need which this deployment does not offer.
        used = with_optional_classes(in_use(api.document))
        return declare_scheme(used, metadata_url) if metadata_url else without_security(used)

    @cache
    def own() -> bytes:
        return _render_document(document(), api, root())

    app.add_url_rule(api.base_path, api.base_path, lambda: _json(_entry_point(api, root())))
    app.add_url_rule(
        f"{api.base_path}/openapi.json",
        f"{api.base_path} document",
        lambda: Response(_render_document(document(), api, root()) if named_root("") else own(), mimetype=JSON),
    )


def _render_document(document: Mapping[str, Any], api: ConnectedApiVersion, root: str) -> bytes:
    """The document with the server's path as clients call it; a path without host holds for any host name."""
    return orjson.dumps({**document, "servers": [{"url": urlsplit(root).path + api.base_path}]})


def _entry_point(api: ConnectedApiVersion, root: str) -> dict[str, Any]:
    own = api.url.removesuffix(api.base_path)
    url = root + api.base_path
    hub = {"hub": f"{url}/hub"} if api.hub else {}
    return {
        "name": api.title,
        "number": api.number,
        "version": api.document["info"]["version"],
        "href": url,
        "resource": [
            {"name": name, "href": root + each.removeprefix(own)}
            for name, each in api.collections.items()
            if not is_template(each)
        ],
        "link": {"document": f"{url}/openapi.json", "documentation": f"{url}/ui/", **hub},
    }


def _page(content: Mapping[str, Any]) -> Response:
    return Response(render_template("front.html", **content), headers=_FRONT_HEADERS, mimetype="text/html")


def _front(
    apis: Sequence[ConnectedApiVersion], own: str, prefix: str, ready: Callable[[], bool], guarded: bool
) -> dict[str, Any]:
    """The content of the front page; paths are relative to the root by which clients call the server."""
    newest_first = sorted(apis, key=lambda api: api.version, reverse=True)
    path = urlsplit(named_root(own)).path
    collections = {api.key: [path + url.removeprefix(own) for url in api.collections.values()] for api in apis}
    return {
        "apis": newest_first,
        "collections": collections,
        "path": path,
        "health": f"{path}{prefix}/health",
        "ready": ready(),
        "guarded": guarded,
        "version": __version__,
    }


def _readiness(ready: bool, full: bool) -> Response:
    """The answer to the readiness probe. A full disk leaves the server ready, as it can read."""
    database = ("full" if full else "up") if ready else "down"
    told = {"status": "ready" if ready else "unavailable", "database": database}
    return _json(told, 200 if ready else 503)


def _error_response(error: HTTPException) -> Response:
    allow = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    told: TmfError = error_for_status(error.code or 500, error.description or "", allow)
    return _json(told.body(), told.status, told.headers)


def _json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(dump(content), status, headers, mimetype=JSON)
