"""What is for people and machines but no TMF operation: the front page, entry points, documents, health."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from flask import Flask, Response, render_template
from werkzeug.exceptions import HTTPException

from app import __version__
from app.domain.json_text import dump
from app.domain.media_types import JSON
from app.errors import TmfError
from app.http.problems import translated
from app.http.room import Disk
from app.served import ServedApi
from app.spec.reach import in_use


def pages(apis: Sequence[ServedApi], ready: Callable[[], bool], disk: Disk | None = None) -> Flask:
    """The Flask application behind the APIs; `ready` tells whether the database answers, `disk` whether it is full.

    Every path that it does not know is a TMF Error.
    """
    app = Flask("app.http", template_folder="templates")
    app.add_url_rule("/", "front", lambda: render_template("front.html", **_front(apis, ready())))
    app.add_url_rule("/health/live", "live", lambda: _json({"status": "live"}))
    app.add_url_rule("/health/ready", "ready", lambda: _readiness(ready(), disk is not None and disk.is_full()))
    for api in apis:
        _publish(app, api)
    app.register_error_handler(HTTPException, _told)
    return app


def _publish(app: Flask, api: ServedApi) -> None:
    # What only operations need that this deployment does not offer is left out.
    document = orjson.dumps(in_use(api.document))
    app.add_url_rule(api.base_path, api.base_path, lambda: _json(_entry_point(api)))
    app.add_url_rule(
        f"{api.base_path}/openapi.json", f"{api.base_path} document", lambda: Response(document, mimetype=JSON)
    )


def _entry_point(api: ServedApi) -> dict[str, Any]:
    return {
        "name": api.title,
        "number": api.number,
        "version": api.document["info"]["version"],
        "href": api.url,
        "resource": [{"name": name, "href": url} for name, url in api.collections.items()],
        "link": {"document": f"{api.url}/openapi.json", "documentation": f"{api.url}/ui/", "hub": f"{api.url}/hub"},
    }


def _front(apis: Sequence[ServedApi], ready: bool) -> dict[str, Any]:
    newest_first = sorted(apis, key=lambda api: api.version, reverse=True)
    return {"apis": newest_first, "ready": ready, "version": __version__}


def _readiness(ready: bool, full: bool) -> Response:
    """A full disk leaves the server ready: it reads. Who sends no requests any more would make matters worse."""
    database = ("full" if full else "up") if ready else "down"
    told = {"status": "ready" if ready else "unavailable", "database": database}
    return _json(told, 200 if ready else 503)


def _told(error: HTTPException) -> Response:
    allow = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    told: TmfError = translated(error.code or 500, error.description or "", allow)
    return _json(told.body(), told.status, told.headers)


def _json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(dump(content), status, headers, mimetype=JSON)
