# SPDX-License-Identifier: Apache-2.0
"""Wiring of the relay, and of test deliveries; the server processes themselves send nothing to listeners."""

from collections.abc import Mapping
from typing import Any

from app.composition.factory import Liaison
from app.composition.surveys import survey_expiry
from app.events.api_version import ConnectedApiVersion
from app.events.delivery.callback_addresses import allowed_networks
from app.events.delivery.deliveries import Delivery
from app.events.delivery.retry_policy import RetryPolicy
from app.events.delivery.test_delivery import DeliveryTrial
from app.events.notification_content import Notices
from app.events.relay.reader import Render, Renderers
from app.events.relay.relay import Relay
from app.storage.documents.state_backfill import States
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.retention import Retention
from app.storage.hubs.hub_administration import HubAdministration
from app.storage.hubs.vault import vault


def relay_of(liaison: Liaison) -> Relay:
    """The relay of a server's events."""
    settings, database = liaison.settings, liaison.database
    delivery = Delivery(
        database,
        renderers_of(liaison),
        RetryPolicy(settings.delivery_timeout_seconds, settings.delivery_retry_hours),
        vault=vault(settings.secrets_key),
        allowed=allowed_networks(settings.callback_networks),
        notices=_notices(liaison),
        entitlements=liaison.entitlements,
        payloads=liaison.payloads,
    )
    retention = Retention(database, days=settings.payload_days, holds=liaison.legal_holds)
    states = States(database, liaison.states)

    async def tidy() -> None:
        await states.complete()
        await liaison.unique.complete()
        for relationships in liaison.relationships.values():
            await relationships.complete()
        await retention.run_once()
        if liaison.archive:
            await liaison.archive.rows.sweep()
        await liaison.contents.sweep.run_once()

    return Relay(
        database,
        liaison.sources(),
        delivery,
        tidy=tidy,
        note=expiry.note if (expiry := survey_expiry(database, liaison.apis)) else None,
        follow=liaison.matching.search.step if liaison.matching else None,
        payloads=liaison.payloads,
        refresh=liaison.known_aliases.refresh,
    )


def trial_of(liaison: Liaison) -> DeliveryTrial:
    """The sender of test deliveries."""
    settings, database = liaison.settings, liaison.database
    return DeliveryTrial(
        hubs=HubAdministration(database),
        log=EventLog(database, liaison.payloads),
        renderers=renderers_of(liaison),
        notices=_notices(liaison),
        entitlements=liaison.entitlements,
        vault=vault(settings.secrets_key),
        allowed=allowed_networks(settings.callback_networks),
        timeout_seconds=settings.delivery_timeout_seconds,
    )


def renderers_of(liaison: Liaison) -> Renderers:
    """What shows the resources of the log in each version of each API."""
    return {(api.name, api.version): _renderer(api) for api in liaison.apis}


def _notices(liaison: Liaison) -> dict[tuple[str, str], Notices]:
    return {(api.name, api.version): api.hub.notices for api in liaison.apis if api.hub}


def _renderer(api: ConnectedApiVersion) -> Render:
    def render(entry: Mapping[str, Any]) -> dict[str, Any] | None:
        if api.topics:
            return api.topics.to_view(entry["resourceId"], entry["document"])
        engine = api.engines.get(entry["resource"])
        return engine.resource.to_view(entry["resourceId"], entry["document"]) if engine else None

    return render
