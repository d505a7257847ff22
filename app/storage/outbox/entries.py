# SPDX-License-Identifier: Apache-2.0
"""Pending changes as entries of the event log: one for each event of a change."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.storage.documents.rows import OMISSION
from app.storage.outbox.outbox import OutboxBatch, in_order


def entries(batches: Iterable[OutboxBatch]) -> Iterator[dict[str, Any]]:
    """The entries of the log for pending changes, in order; without number and hashes."""
    for each, change in in_order(batches):
        for event in change["events"]:
            # During an upgrade, servers of an earlier release write neither an actor nor former values.
            yield {
                "eventId": event["id"],
                "eventType": event.get("type") or each.source.event_type(event["kind"]),
                "kind": event["kind"],
                "api": change.get("topic") or each.source.api,
                "resource": each.source.resource,
                "resourceId": each.id,
                "revision": change["revision"],
                "at": change["at"],
                "correlationId": change["correlationId"],
                "actor": change.get("actor"),
                **({"client": change["client"]} if "client" in change else {}),
                "changed": event["changed"],
                **_payload(event, change),
            }


def _payload(event: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    if OMISSION in change:
        return {OMISSION: change[OMISSION]}
    return {"before": event.get("before", {}), "document": change["document"]}
