# SPDX-License-Identifier: Apache-2.0
"""Wiring of satisfaction surveys: the further parts of their engine, and who answers them by link."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from app.domain import dates
from app.domain.rules import Rules
from app.events.api_version import ConnectedApiVersion
from app.interactions.survey_engine import SurveyEngine
from app.interactions.survey_expiry import SurveyExpiry
from app.interactions.survey_links import SurveyTokens
from app.interactions.survey_policies import read_survey_policies
from app.interactions.surveys import SURVEY, Surveys
from app.resources.restricted_engine import Collections
from app.settings import Settings
from app.storage.hubs.vault import vault
from app.storage.mongod.durable import Database

PARTIES, PROFILE = ("Individual", "Organization"), "PartyPrivacyProfile"


def survey_parts(settings: Settings, database: Database, collections: Collections, rules: Rules) -> dict[str, Any]:
    """What the engine of surveys has beside the parts of any. Raises `StartError` for wrong policies."""
    kinds = [kind for each in rules.ranges for kind in each.bounds]
    return {
        "policies": read_survey_policies(settings.survey_policies, kinds),
        "database": database,
        "parties": {name: collections[name].documents for name in PARTIES if name in collections},
        "profiles": collections.get(PROFILE),
    }


def surveys_of(settings: Settings, apis: Iterable[ConnectedApiVersion]) -> Surveys | None:
    """The surveys of a server; None on one that serves none."""
    page = f"{settings.root_url}{settings.path_prefix.rstrip('/')}/survey"
    engine = _engine(apis)
    return Surveys(engine, SurveyTokens(vault(settings.secrets_key)), page) if engine else None


def survey_expiry(
    database: Database, apis: Iterable[ConnectedApiVersion], clock: Callable[[], datetime] = dates.now
) -> SurveyExpiry | None:
    """What notes that surveys were not answered in time; None on a server that serves none."""
    engine = _engine(apis)
    return SurveyExpiry(database, engine, clock) if engine else None


def _engine(apis: Iterable[ConnectedApiVersion]) -> SurveyEngine | None:
    engines = (each.engines[SURVEY] for each in apis if SURVEY in each.engines)
    return next((engine for engine in engines if isinstance(engine, SurveyEngine)), None)
