# SPDX-License-Identifier: Apache-2.0
"""Wiring of insight: what interactions have beside their documents for it, and who answers questions."""

from collections.abc import Mapping

from app.interactions.insight.insight import INTERACTION, InteractionInsight
from app.interactions.insight.packed_facts import FactPacker
from app.interactions.surveys import SURVEY
from app.interactions.tracking import Tracking
from app.resources.resource import Resource
from app.resources.restricted_engine import RestrictedCollection
from app.settings import Settings
from app.storage.interactions.fact_rows import FactRows
from app.storage.mongod.durable import Database

INSIGHT = "interaction-insight"
"""The API that tells of interactions."""


def fact_packer(settings: Settings, resource: Resource) -> FactPacker | None:
    """What makes the facts of a resource; None where nothing asks for them."""
    if not settings.insight or resource.name != INTERACTION or not isinstance(resource.tracking, Tracking):
        return None
    return FactPacker(resource.lifecycle, resource.tracking.types)


def insight_of(
    settings: Settings,
    database: Database,
    resources: Mapping[str, Resource],
    collections: Mapping[str, RestrictedCollection],
) -> InteractionInsight | None:
    """What answers questions; None where it is switched off, or no interactions are served."""
    pack = fact_packer(settings, resources[INTERACTION]) if INTERACTION in resources else None
    if pack is None:
        return None
    rows = FactRows(database, INTERACTION, pack, pack.digest, settings.query_timeout_ms)
    restrictions = [collections[name].restrictions for name in (INTERACTION, SURVEY) if name in collections]
    return InteractionInsight(database, rows, restrictions, settings.insight_answers, settings.query_timeout_ms)
