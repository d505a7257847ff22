# SPDX-License-Identifier: Apache-2.0
"""The middleware stack: Connexion's operations and documentation, our own handlers, and Flask for pages.

Connexion's validation and handler layers are left out, as they parse a body twice and build a validator for each
request, and so is its routing, which tries documents one after the other (ADR 0002 and 0013).
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TYPE_CHECKING, Any

from a2wsgi import WSGIMiddleware
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.options import SwaggerUIOptions
from starlette.types import ASGIApp

from app.events.api_version import ConnectedApiVersion
from app.events.topics.topics import Topics
from app.http.denials import Denials
from app.http.handlers.changes import ChangeHandlers
from app.http.handlers.contents import ContentHandlers
from app.http.handlers.hubs import HubHandlers
from app.http.handlers.insight import InsightHandlers
from app.http.handlers.lists import Lists
from app.http.handlers.match import MatchHandlers
from app.http.handlers.nested_resources import NestedHandlers
from app.http.handlers.pages import pages
from app.http.handlers.resources import ResourceHandlers
from app.http.handlers.survey_links import SurveyLinkHandlers
from app.http.handlers.topics import EventHandlers, TopicHandlers, TopicHubHandlers
from app.http.middleware.binding import bind
from app.http.middleware.client_limits import client_limits
from app.http.middleware.connexion_spec import connexion_spec
from app.http.middleware.cors import cors
from app.http.middleware.deprecation_headers import deprecation_headers
from app.http.middleware.disk_full import Disk, DiskFullMiddleware
from app.http.middleware.documentation import documentation
from app.http.middleware.request_context import ErrorMiddleware, RequestContext, health_paths, limits
from app.http.middleware.reverse_proxy import reverse_proxy
from app.http.middleware.routing import Routing, handling
from app.http.middleware.survey_answers import survey_answers
from app.interactions.surveys import SURVEY, Surveys
from app.resources.engine import Engine
from app.resources.nested_engine import NestedEngine
from app.settings import Settings
from app.spec.contents import SUFFIX
from app.spec.schemas import Schemas
from app.spec.track_records import CHANGE, change_name

if TYPE_CHECKING:
    from app.access.tokens import Tokens
    from app.http.headers.possession import Possession

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]

HUB = ("EventSubscription", "Hub")
"""The names in the documents of the resource at `/hub`, in v4 and v5."""


def stack(
    apis: Sequence[ConnectedApiVersion],
    settings: Settings,
    ready: Callable[[], bool],
    lifespan: Lifespan,
    disk: Disk | None = None,
    tokens: "Tokens | None" = None,
    denials: Denials | None = None,
    possession: "Possession | None" = None,
    surveys: Surveys | None = None,
) -> ConnexionMiddleware:
    """The ASGI application that serves `apis`; `ready` tells whether the database answers, `disk` whether it is full.

    `tokens` tells who a request speaks for; without it, anybody may do all. `possession` requires proofs of who sends a
    token that is bound to a key. `denials` is told whom it turned away. `surveys` are answered by link.

    Raises `StartError` for an operation that nothing handles.
    """
    denials = denials or Denials()
    metadata_url = tokens.metadata_url if tokens else ""
    app = ConnexionMiddleware(
        WSGIMiddleware(pages(apis, settings, ready, disk, metadata_url)),
        import_name="app",
        lifespan=lifespan,
        middlewares=[
            RequestContext,
            *filter(
                None,
                [
                    cors(apis, settings),
                    reverse_proxy(apis, settings),
                    deprecation_headers(apis, settings),
                    client_limits(settings, tokens, denials, health_paths(settings.path_prefix)),
                ],
            ),
            partial(ErrorMiddleware, denials=denials),
            *limits(settings.max_url_bytes, settings.max_concurrency),
            *([partial(DiskFullMiddleware, disk=disk)] if disk else []),
            Routing,
            *_authorization(tokens, possession),
            handling(settings.max_body_bytes, settings.actor_header),
            *([survey_answers(surveys, settings.path_prefix, settings.max_body_bytes)] if surveys else []),
            # Behind the operations, as its own routing is slower.
            documentation(metadata_url),
            LifespanMiddleware,
        ],
        swagger_ui_options=SwaggerUIOptions(serve_spec=False),
    )
    for api in apis:
        bound = bind(api.document, _handlers(api, settings, surveys))
        app.add_api(connexion_spec(api.document), base_path=api.base_path, resolver=bound.__getitem__)
    # Connexion warns several times per request about operations with several media types, which are intended.
    logging.getLogger("connexion.operations").setLevel(logging.ERROR)
    return app


def _authorization(tokens: "Tokens | None", possession: "Possession | None") -> list[Callable[[ASGIApp], ASGIApp]]:
    if tokens is None:
        return []
    from app.http.middleware.authorization import Authorization

    return [partial(Authorization, tokens=tokens, possession=possession)]


def _handlers(api: ConnectedApiVersion, settings: Settings, surveys: Surveys | None) -> dict[str, object]:
    lists = Lists(settings.default_limit, settings.max_limit, settings.max_response_bytes, settings.partial_status)
    resources = {name: _of_resource(engine, lists, settings.require_if_match) for name, engine in api.engines.items()}
    hubs = dict.fromkeys(HUB, HubHandlers(api.hub, f"{api.url}/hub", lists)) if api.hub else {}
    matches = {"Match": MatchHandlers(api.matching)} if api.matching else {}
    figures = {"InteractionInsight": InsightHandlers(api.insight)} if api.insight else {}
    changes = {
        change_name(name): ChangeHandlers(engine, lists, Schemas(api.document).tree(CHANGE))
        for name, engine in api.engines.items()
        if engine.resource.track_record is not None
    }
    contents = {
        name + SUFFIX: ContentHandlers(engine, engine.contents, settings.require_if_match)
        for name, engine in api.engines.items()
        if engine.contents
    }
    topics = _of_topics(api.topics, lists) if api.topics else {}
    asked = api.engines.get(SURVEY)
    links = {"SurveyLink": SurveyLinkHandlers(asked, surveys)} if surveys and asked else {}
    return {**resources, **changes, **contents, **hubs, **topics, **matches, **figures, **links}


def _of_resource(engine: Engine, lists: Lists, require_if_match: bool) -> object:
    if isinstance(engine, NestedEngine):
        return NestedHandlers(engine, lists, require_if_match)
    return ResourceHandlers(engine, lists, require_if_match)


def _of_topics(topics: Topics, lists: Lists) -> dict[str, object]:
    return {
        "Topic": TopicHandlers(topics, lists),
        "Event": EventHandlers(topics, lists),
        "Hub": TopicHubHandlers(topics, lists),
    }
