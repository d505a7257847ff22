"""The layer of the Connexion stack that calls our handlers, in the place of its validation and handler layers."""

from collections.abc import Callable
from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.binding import Handler
from app.http.exchange import ClientGone, Request

Operation = Callable[[Scope, Receive, Send], Any]


def handling(max_body_bytes: int, actor_header: str) -> Callable[[ASGIApp], ASGIApp]:
    """The middleware that calls the bound handler of a routed operation; what is not routed goes on to the next app."""

    def operation(handler: Handler) -> Operation:
        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive, max_body_bytes, actor_header)
            request.require_json_accepted()
            try:
                response = await handler(request)
            except ClientGone:
                return
            await response.send(scope, send)

        return call

    class TmfApi(RoutedAPI):  # type: ignore[misc]
        """The operations of one document. Connexion resolves each operationId to the handler that we bound."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.add_paths()

        def make_operation(self, spec_operation: AbstractOperation) -> Operation:
            return operation(self.resolver.resolve_function_from_operation_id(spec_operation.operation_id))

    class TmfMiddleware(RoutedMiddleware):  # type: ignore[misc]
        api_cls = TmfApi

    return TmfMiddleware
