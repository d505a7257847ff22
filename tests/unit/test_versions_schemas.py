# SPDX-License-Identifier: Apache-2.0
"""What one version wrote is schema-valid in the other: bodies are drawn from the documents' full examples."""

import re
from functools import cache
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.domain import dates
from app.errors import TmfError
from app.resources.resource import Resource
from tests.served import DOCUMENT_OF, DOCUMENTS, EACH_RESOURCE, EACH_SHARED, NEWEST, RESOURCES, share, versions_of
from tests.specs import PUBLISHED, SPECS
from tests.unit.drawn import bodies
from tests.unit.examples import OF_AN_EXTENSION, violations

LAW = settings(
    max_examples=share(60, NEWEST), suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


LEFT_OUT = re.compile(
    r"'(creditProfileDate|validFor|mediumType|id|relationshipType|@referredType)' is a required property"
    r"|partyPrivacyProfileCharacteristic\[\d+\]: '(name|value)' is a required property"
)
"""What one version calls mandatory within, and the other may leave out: nothing sensible could be invented for it."""


def written(resource: Resource, body: dict[str, Any]) -> dict[str, Any]:
    """What is stored of a body that this version takes; others are not looked at."""
    body = resource.view.normalise(body)
    try:
        resource.new.check(body)
    except TmfError:
        assume(False)
    return resource.to_stored(resource.attributes.with_instants(body))


def read(resource: Resource, stored: dict[str, Any]) -> dict[str, Any]:
    """The JSON that this version answers."""
    shown: dict[str, Any] = dates.with_text_dates(resource.to_view("42", stored))
    return shown


@cache
def published(document: str) -> dict[str, Any]:
    with (SPECS / PUBLISHED[document]).open(encoding="utf-8") as file:
        found: dict[str, Any] = yaml.load(file, yaml.CSafeLoader)
    return found


def wrong(said: dict[str, Any], resource: str, shown: dict[str, Any]) -> list[str]:
    """What is wrong with an answer by the schema of a document, but for what may be."""
    found = violations(said, {"$ref": f"#/components/schemas/{resource}"}, shown)
    return [each for each in found if not LEFT_OUT.search(each) and OF_AN_EXTENSION not in each]


@EACH_SHARED
@LAW
@given(data=st.data())
def test_what_v4_wrote_is_valid_in_v5(name: str, data: st.DataObject) -> None:
    older, newer = RESOURCES[name, "v4"], RESOURCES[name, "v5"]
    newer.whole.check(read(newer, written(older, data.draw(bodies(name, "v4")))))


@EACH_SHARED
@LAW
@given(data=st.data())
def test_what_v5_wrote_is_valid_in_v4(name: str, data: st.DataObject) -> None:
    older, newer = RESOURCES[name, "v4"], RESOURCES[name, "v5"]
    shown = read(older, written(newer, data.draw(bodies(name, "v5"))))
    assert wrong(DOCUMENTS[DOCUMENT_OF[name, "v4"]], name, shown) == []


@pytest.mark.skipif(not SPECS.is_dir(), reason="TM Forum's documents are not here; TMF_SPECS names their folder")
@EACH_RESOURCE
@LAW
@given(data=st.data())
def test_what_either_version_wrote_is_valid_by_tm_forums_own_v5(name: str, data: st.DataObject) -> None:
    version = data.draw(st.sampled_from(versions_of(name)))
    shown = read(RESOURCES[name, "v5"], written(RESOURCES[name, version], data.draw(bodies(name, version))))
    assert wrong(published(DOCUMENT_OF[name, "v5"]), name, shown) == []
