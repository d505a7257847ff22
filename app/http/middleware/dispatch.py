"""The layer of the Connexion stack that calls our handlers, in the place of its validation and handler layers."""

from collections.abc import Callable
from functools import partial
from typing import Any

from connexion.middleware.abstract import ROUTING_CONTEXT, RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from connexion.spec import Specification
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.messages import ClientGone, Request
from app.http.middleware.binding import Handler


def handling(max_body_bytes: int, actor_header: str) -> Callable[[ASGIApp], ASGIApp]:
    """The middleware that calls the bound handler of a routed operation; what is not routed goes on to the next app."""
    return partial(TmfMiddleware, max_body_bytes=max_body_bytes, actor_header=actor_header.lower().encode())


class TmfApi(RoutedAPI):  # type: ignore[misc]
    """The operations of one document. Connexion resolves each operationId to the handler that we bound."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_paths()

    def make_operation(self, spec_operation: AbstractOperation) -> Handler:
        handler: Handler = self.resolver.resolve_function_from_operation_id(spec_operation.operation_id)
        return handler


class TmfMiddleware(RoutedMiddleware):  # type: ignore[misc]
    """Calls handlers itself: Connexion's way, an ASGI application for each operation, takes one more coroutine."""

    api_cls = TmfApi

    def __init__(self, app: ASGIApp, max_body_bytes: int, actor_header: bytes) -> None:
        super().__init__(app)
        self._max_body_bytes = max_body_bytes
        self._actor_header = actor_header
        self._handlers: dict[tuple[str, str], Handler] = {}

    def add_api(self, specification: Specification, **options: Any) -> None:
        api = super().add_api(specification, **options)
        self._handlers |= {(api.base_path, id): handler for id, handler in api.operations.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = scope.get("extensions", {}).get(ROUTING_CONTEXT, {})
        handler = self._handlers.get((told.get("api_base_path"), told.get("operation_id")))
        if handler is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive, self._max_body_bytes, self._actor_header)
        request.require_json_accepted()
        try:
            response = await handler(request)
        except ClientGone:
            return
        await response.send(scope, send)
