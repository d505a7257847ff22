"""What is sent to listeners: the relay of a server's events, and trials. The server itself sends nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from app.factory import Liaison
from app.notify.callbacks import allowed_networks
from app.notify.delivery import Delivery
from app.notify.notices import Notices
from app.notify.reader import Renderers
from app.notify.relay import Relay
from app.notify.terms import Terms
from app.notify.trial import Trial
from app.served import ServedApi
from app.storage.event_log import EventLog
from app.storage.interventions import Interventions
from app.storage.retention import Retention
from app.storage.secrets import vault
from app.storage.states import States


def relay_of(liaison: Liaison) -> Relay:
    """The relay of the events of a server."""
    settings, database = liaison.settings, liaison.database
    delivery = Delivery(
        database,
        _renderers(liaison),
        Terms(settings.delivery_timeout_seconds, settings.delivery_retry_hours),
        vault=vault(settings.secrets_key),
        allowed=allowed_networks(settings.callback_networks),
        notices=_notices(liaison),
    )
    retention, states = Retention(database, days=settings.payload_days), States(database, liaison.states)

    async def tidy() -> None:
        await states.complete()
        await retention.run_once()

    return Relay(database, liaison.sources(), delivery, tidy=tidy)


def trial_of(liaison: Liaison) -> Trial:
    """What sends a listener an event for a test."""
    settings, database = liaison.settings, liaison.database
    return Trial(
        hubs=Interventions(database),
        log=EventLog(database),
        renderers=_renderers(liaison),
        notices=_notices(liaison),
        vault=vault(settings.secrets_key),
        allowed=allowed_networks(settings.callback_networks),
        timeout_seconds=settings.delivery_timeout_seconds,
    )


def _renderers(liaison: Liaison) -> Renderers:
    return {(api.name, api.version): _renderer(api) for api in liaison.apis}


def _notices(liaison: Liaison) -> dict[tuple[str, str], Notices]:
    return {(api.name, api.version): api.hub.notices for api in liaison.apis}


def _renderer(api: ServedApi) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def shown(entry: Mapping[str, Any]) -> dict[str, Any]:
        if api.topics:
            return api.topics.shown(entry["resourceId"], entry["document"])
        return api.engines[entry["resource"]].resource.shown(entry["resourceId"], entry["document"])

    return shown
