# SPDX-License-Identifier: Apache-2.0
"""Binding of the operations of a document to handlers, by method and path; an unbound operation stops the start."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from app.errors import NotSupported, StartError
from app.http.messages import Request, Response
from app.http.middleware.routing import Handler, strict
from app.spec.operations import METHODS
from app.spec.unsupported_operations import is_unsupported

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
                if is_unsupported(item[method]):
                    bound[item[method]["operationId"]] = partial(_refuse, f"{method.upper()} {path}")
                    continue
                handler, parameters = _handler(path, method, item, handlers), _parameters(document, item, method)
                # Lists take the names of attributes as parameters, too, so they check these themselves.
                open = "limit" in parameters
                bound[item[method]["operationId"]] = handler if open else strict(handler, parameters)
    return bound


async def _refuse(operation: str, _request: Request) -> Response:
    """The handler of a declared operation that is none of the standard ones: raises the error for it."""
    raise NotSupported(f"{operation} is in the document of this API, but this server does not offer it")


def _parameters(document: Mapping[str, Any], item: Mapping[str, Any], method: str) -> list[str]:
    """The names of the query parameters that an operation declares."""
    declared = [*item.get("parameters", ()), *item[method].get("parameters", ())]
    shared = document.get("components", {}).get("parameters", {})
    whole = [shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in declared]
    return [each["name"] for each in whole if each["in"] == "query"]


def _handler(path: str, method: str, item: Mapping[str, Any], handlers: Mapping[str, object]) -> Handler:
    verb = _VERBS.get((method, path.endswith("}")), "")
    handler: Handler | None = getattr(handlers.get(item.get("x-tmf-resource", "")), verb, None) if verb else None
    if handler is None:
        raise StartError(f"{method.upper()} {path} ({item[method]['operationId']}): nothing handles this operation")
    return handler
