# SPDX-License-Identifier: Apache-2.0
"""Routing: from method and path to an operation of a document; and dispatch to its handler."""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from urllib.parse import unquote

from connexion.middleware.abstract import (
    ROUTING_CONTEXT,
    AbstractRoutingAPI,
    RoutedAPI,
    RoutedMiddleware,
    SpecMiddleware,
)
from connexion.operations import AbstractOperation
from connexion.spec import Specification
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.query.parameters import refuse_unknown
from app.errors import MethodNotAllowed, StartError
from app.http.messages import ClientGone, Request, Response, StreamedResponse
from app.http.middleware.request_context import canonical, raw_path
from app.spec.operations import METHODS

Handler = Callable[[Request], Awaitable[Response | StreamedResponse]]
Answering = TypeVar("Answering", bound=Callable[..., Any])


def handling(max_body_bytes: int, actor_header: str) -> Callable[[ASGIApp], ASGIApp]:
    """The middleware that calls the handler of a routed operation; other requests go on to the next application."""
    return partial(TmfMiddleware, max_body_bytes=max_body_bytes, actor_header=actor_header.lower().encode())


def strict(handler: Handler, parameters: Collection[str]) -> Handler:
    """The handler, behind a check that refuses query parameters other than `parameters`."""

    def handle(request: Request) -> Awaitable[Response | StreamedResponse]:
        if request.query:
            refuse_unknown(request.query, parameters)
        return handler(request)

    return of_bytes(handle) if answers_bytes(handler) else handle


_OF_BYTES = "answers_bytes"


def of_bytes(handler: Answering) -> Answering:
    """The handler, marked as one that answers bytes of any media type, whatever `Accept` says (RFC 9110 §12.5.1)."""
    setattr(handler, _OF_BYTES, True)
    return handler


def answers_bytes(handler: Callable[..., Any]) -> bool:
    """Whether a handler is marked so."""
    return bool(getattr(handler, _OF_BYTES, False))


class TmfApi(RoutedAPI):  # type: ignore[misc]
    """The operations of one document, for each of which Connexion resolves the operationId to the bound handler."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_paths()

    def make_operation(self, spec_operation: AbstractOperation) -> Handler:
        handler: Handler = self.resolver.resolve_function_from_operation_id(spec_operation.operation_id)
        return handler


class TmfMiddleware(RoutedMiddleware):  # type: ignore[misc]
    """The middleware that calls handlers directly, without Connexion's ASGI application for each operation."""

    api_cls = TmfApi

    def __init__(self, app: ASGIApp, max_body_bytes: int, actor_header: bytes) -> None:
        super().__init__(app)
        self._max_body_bytes = max_body_bytes
        self._actor_header = actor_header
        self._handlers: dict[tuple[str, str], Handler] = {}
        self._of_bytes: set[tuple[str, str]] = set()

    def add_api(self, specification: Specification, **options: Any) -> None:
        api = super().add_api(specification, **options)
        self._handlers |= {(api.base_path, id): handler for id, handler in api.operations.items()}
        self._of_bytes |= {(api.base_path, id) for id, handler in api.operations.items() if answers_bytes(handler)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = scope.get("extensions", {}).get(ROUTING_CONTEXT, {})
        operation = (context.get("api_base_path"), context.get("operation_id"))
        handler = self._handlers.get(operation)
        if handler is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive, self._max_body_bytes, self._actor_header)
        if operation not in self._of_bytes:
            request.require_json_accepted()
        try:
            response = await handler(request)
        except ClientGone:
            return
        await response.send(scope, send)


ALLOWED = [name for method in METHODS for name in ((method.upper(), "HEAD") if method == "get" else (method.upper(),))]
"""The methods in the order of the header `Allow`; HEAD behind GET, which implies it."""

_PARAMETER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class RoutePlace:
    """A path of a document: the names of its path parameters, and its operations by method."""

    parameters: tuple[str, ...]
    operations: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def operation(self, method: str) -> Mapping[str, str]:
        """The operation of that method. Raises `MethodNotAllowed`."""
        if method not in self.operations:
            allowed = ", ".join(name for name in ALLOWED if name in self.operations)
            raise MethodNotAllowed(f"This path takes {allowed}", {"Allow": allowed})
        return self.operations[method]


@dataclass
class _Step:
    """A node of the tree of paths: the segments that may follow, and the place if a path ends here."""

    place: RoutePlace | None = None
    literal: dict[str, "_Step"] = field(default_factory=dict)
    parameter: "_Step | None" = None


class Paths:
    """All paths of the served documents, as a tree of their segments. A parameter is one segment, and not empty.

    Collections and their items, which nearly all requests are for, are looked up without a walk through the tree.
    """

    def __init__(self) -> None:
        self._root = _Step()
        self._collections: dict[str, RoutePlace] = {}
        self._items: dict[str, RoutePlace] = {}

    def add(self, template: str, method: str, operation: Mapping[str, str]) -> None:
        """Add an operation. Raises `StartError` for a segment that is only partly a parameter."""
        step = self._root
        for segment in template.split("/"):
            if _PARAMETER.fullmatch(segment):
                step.parameter = step.parameter or _Step()
                step = step.parameter
            elif "{" in segment:
                raise StartError(f"{template}: '{segment}' should be a parameter as a whole, such as '{{id}}', or none")
            else:
                step = step.literal.setdefault(segment, _Step())
        step.place = step.place or RoutePlace(tuple(_PARAMETER.findall(template)))
        step.place.operations[method] = operation
        self._note(template, step.place)

    def find(self, path: str) -> tuple[RoutePlace, dict[str, str]] | None:
        """The place of a request's path, with the values of its parameters; None for an unknown path."""
        if (collection := self._collections.get(path)) is not None:
            return collection, {}
        before, _, last = path.rpartition("/")
        if last and (item := self._items.get(before)) is not None:
            return item, {item.parameters[0]: last}
        return self._walk(path.split("/"))

    def find_encoded(self, path: str) -> tuple[RoutePlace, dict[str, str]] | None:
        """As `find`, for a path that is percent-encoded: an encoded slash is part of a segment (RFC 3986 §2.2)."""
        return self._walk([unquote(segment) for segment in path.split("/")])

    def _walk(self, segments: Sequence[str]) -> tuple[RoutePlace, dict[str, str]] | None:
        values: list[str] = []
        place = _place(self._root, segments, 0, values)
        return None if place is None else (place, dict(zip(place.parameters, reversed(values), strict=True)))

    def _note(self, template: str, place: RoutePlace) -> None:
        before, _, _ = template.rpartition("/")
        if not place.parameters:
            self._collections[template] = place
        elif "{" not in before:
            self._items[before] = place


def _place(step: _Step, segments: Sequence[str], at: int, values: list[str]) -> RoutePlace | None:
    """The place that the segments from `at` lead to; adds the `values` of its parameters, the last one first.

    A concrete segment is matched before a parameter (OpenAPI 3.0, Paths Object).
    """
    if at == len(segments):
        return step.place
    segment = segments[at]
    if (following := step.literal.get(segment)) and (place := _place(following, segments, at + 1, values)):
        return place
    if segment and step.parameter and (place := _place(step.parameter, segments, at + 1, values)):
        values.append(segment)
        return place
    return None


class _Document(AbstractRoutingAPI[Mapping[str, str]]):  # type: ignore[misc]
    """The operations of one document, which Connexion lists."""

    def __init__(self, specification: Specification, *, paths: Paths, **options: Any) -> None:
        self._paths = paths
        super().__init__(specification, **options)

    def make_operation(self, operation: AbstractOperation) -> Mapping[str, str]:
        return {"api_base_path": self.base_path, "operation_id": operation.operation_id}

    @staticmethod
    def _framework_path_and_name(_operation: AbstractOperation, path: str) -> tuple[str, str]:
        return path, path

    def _add_operation_internal(
        self, method: str, path: str, operation: Mapping[str, str], name: str | None = None
    ) -> None:
        for taken in ("GET", "HEAD") if method == "get" else (method.upper(),):
            self._paths.add(self.base_path + path, taken, operation)


class Routing(SpecMiddleware):  # type: ignore[misc]
    """Puts the operation and the path parameters of a request into its scope, as Connexion's own routing does.

    Connexion tries documents and their paths one after the other, which took a third of the time of all layers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._paths = Paths()

    def add_api(self, specification: Specification, **options: Any) -> None:
        _Document(specification, paths=self._paths, **options)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            operation: Mapping[str, str] = {}
            if match := self._find(scope):
                place, scope["path_params"] = match
                operation = place.operation(scope["method"])
            scope["extensions"] = {**scope.get("extensions", {}), ROUTING_CONTEXT: operation}
        return self._app(scope, receive, send)

    def _find(self, scope: Scope) -> tuple[RoutePlace, dict[str, str]] | None:
        raw = raw_path(scope)
        if b"%" in raw:
            return self._paths.find_encoded(canonical(raw.decode("latin-1")))
        return self._paths.find(scope["path"])
