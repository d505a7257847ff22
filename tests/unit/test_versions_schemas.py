# SPDX-License-Identifier: Apache-2.0
"""What one version wrote is schema-valid in the other: bodies are drawn from the documents' full examples."""

import os
import re
from functools import cache
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.composition.api_resources import api_versions
from app.domain import dates
from app.errors import TmfError
from app.resources.resource import Resource
from app.settings import Settings
from app.spec.bundle import bundle
from tests.specs import SPECS
from tests.unit.examples import OF_AN_EXTENSION, full_example, violations

EXAMPLES = int(os.environ.get("HYPOTHESIS_MAX_EXAMPLES", "15"))
LAW = settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])

FILES = {
    "party": "TMF632-Party_Management-v5.0.0.oas.yaml",
    "customer": "TMF629-Customer_Management-v5.0.1.oas.yaml",
    "party-interaction": "TMF683-Party_Interaction-v5.0.0.oas.yaml",
}
RESOURCES = {
    "Individual": "party",
    "Organization": "party",
    "Customer": "customer",
    "PartyInteraction": "party-interaction",
}
EACH = pytest.mark.parametrize("resource", RESOURCES)

LEFT_OUT = re.compile(
    r"'(creditProfileDate|validFor|mediumType|id|relationshipType|@referredType)' is a required property"
)
"""What one version calls mandatory within, and the other may leave out: nothing sensible could be invented for it."""


@cache
def served() -> dict[tuple[str, str], Resource]:
    return {
        (part.contract.version, name): each
        for part in api_versions(Settings())
        for name, each in part.resources.items()
    }


document = cache(bundle)


def thinned(value: Any) -> st.SearchStrategy[Any]:
    """`value` with some of its members and elements left out."""
    if isinstance(value, dict):
        return st.fixed_dictionaries({}, optional={name: thinned(member) for name, member in value.items()})
    if isinstance(value, list) and value:
        return st.lists(st.sampled_from(value).flatmap(thinned), max_size=3)
    return st.just(value)


def bodies(version: str, resource: str) -> st.SearchStrategy[Any]:
    """Valid bodies of a create: whole examples with attributes left out, some of them thinned."""
    whole = full_example(document(f"{RESOURCES[resource]}-{version}"), resource)
    attributes = {name: st.just(member) | thinned(member) for name, member in whole.items()}
    return st.fixed_dictionaries({}, optional=attributes).map(
        lambda some: {name: whole[name] for name in MANDATORY[resource] if name in whole} | some
    )


MANDATORY = {
    "Individual": ("@type", "givenName", "familyName"),
    "Organization": ("@type", "name", "tradingName"),
    "Customer": ("@type", "name", "engagedParty"),
    "PartyInteraction": ("@type", "reason", "direction", "channel", "relatedChannel"),
}


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
def published(api: str) -> dict[str, Any]:
    with (SPECS / FILES[api]).open(encoding="utf-8") as file:
        found: dict[str, Any] = yaml.load(file, yaml.CSafeLoader)
    return found


def wrong(said: dict[str, Any], resource: str, shown: dict[str, Any]) -> list[str]:
    """What is wrong with an answer by the schema of a document, but for what may be."""
    found = violations(said, {"$ref": f"#/components/schemas/{resource}"}, shown)
    return [each for each in found if not LEFT_OUT.search(each) and OF_AN_EXTENSION not in each]


@EACH
@LAW
@given(data=st.data())
def test_what_v4_wrote_is_valid_in_v5(resource: str, data: st.DataObject) -> None:
    older, newer = served()["v4", resource], served()["v5", resource]
    newer.whole.check(read(newer, written(older, data.draw(bodies("v4", resource)))))


@EACH
@LAW
@given(data=st.data())
def test_what_v5_wrote_is_valid_in_v4(resource: str, data: st.DataObject) -> None:
    older, newer = served()["v4", resource], served()["v5", resource]
    shown = read(older, written(newer, data.draw(bodies("v5", resource))))
    assert wrong(document(f"{RESOURCES[resource]}-v4"), resource, shown) == []


@pytest.mark.skipif(not SPECS.is_dir(), reason="TM Forum's documents are not here; TMF_SPECS names their folder")
@EACH
@LAW
@given(data=st.data())
def test_what_either_version_wrote_is_valid_by_tm_forums_own_v5(resource: str, data: st.DataObject) -> None:
    version = data.draw(st.sampled_from(["v4", "v5"]))
    shown = read(served()["v5", resource], written(served()[version, resource], data.draw(bodies(version, resource))))
    assert wrong(published(RESOURCES[resource]), resource, shown) == []
