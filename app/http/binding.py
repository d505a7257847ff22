"""Binds the operations of a document to handlers, by method and path; what does not bind stops the start."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.errors import StartError
from app.http.exchange import Request, Response
from app.http.outline import METHODS

Handler = Callable[[Request], Awaitable[Response]]

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
