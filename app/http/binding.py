"""Binds the operations of a document to handlers, by method and path; what does not bind stops the start."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.errors import StartError
from app.http.exchange import Request, Response

Handler = Callable[[Request], Awaitable[Response]]

METHODS = ("get", "post", "patch", "put", "delete")
_VERBS = {
    ("get", False): "list",
    ("get", True): "retrieve",
    ("post", False): "create",
    ("patch", True): "patch",
    ("delete", True): "delete",
}


def bind(document: Mapping[str, Any], handlers: Mapping[str, object]) -> dict[str, Handler]:
    """The handler of every operationId. `handlers` are objects by the resource that `x-tmf-resource` names.

    Raises `StartError` for an operation that nothing handles.
    """
    bound: dict[str, Handler] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                bound[item[method]["operationId"]] = _handler(path, method, item, handlers)
    return bound


def _handler(path: str, method: str, item: Mapping[str, Any], handlers: Mapping[str, object]) -> Handler:
    verb = _VERBS.get((method, path.endswith("}")), "")
    handler: Handler | None = getattr(handlers.get(item.get("x-tmf-resource", "")), verb, None) if verb else None
    if handler is None:
        raise StartError(f"{method.upper()} {path} ({item[method]['operationId']}): nothing handles this operation")
    return handler


class AllowedMethods:
    """Which methods each path of the served documents takes, for the `Allow` header of a 405."""

    def __init__(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        """`documents` are the bundled documents by the base path at which they are served."""
        self._paths = [
            (re.compile(re.escape(base) + re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(path))), _methods(item))
            for base, document in documents.items()
            for path, item in document["paths"].items()
        ]

    def of(self, path: str) -> str:
        """The value of `Allow` for a request path."""
        return next((allowed for pattern, allowed in self._paths if pattern.fullmatch(path)), "")


def _methods(item: Mapping[str, Any]) -> str:
    declared = [method.upper() for method in METHODS if method in item]
    if "GET" in declared:
        declared.insert(declared.index("GET") + 1, "HEAD")
    return ", ".join(declared)
