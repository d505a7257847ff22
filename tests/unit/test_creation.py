# SPDX-License-Identifier: Apache-2.0
"""A created resource: the answer shows just what is stored, though it is not made of that again."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.domain.json_values import equal
from app.domain.nulls import without_nulls
from app.errors import BadRequest
from app.resources.create import draft
from tests.served import EACH_SERVED, RESOURCES, share
from tests.unit.drawn import documents

AT = datetime(2024, 5, 1, 10, tzinfo=UTC)
OUR_HREFS = ("http://127.0.0.1:8080/tmf-api/party/v5/individual/1", "/tmf-api/party/v4/organization/1", "urn:1")


@EACH_SERVED
@settings(max_examples=share(800, RESOURCES), suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=st.data())
def test_what_a_create_answers_is_what_is_shown_of_the_stored_document(
    name: str, version: str, data: st.DataObject
) -> None:
    resource = RESOURCES[name, version]
    body: Any = data.draw(documents(name, version))
    referring = {"relatedParty": [{"id": "1", "href": data.draw(st.sampled_from(OUR_HREFS)), "role": "owner"}]}
    sent = without_nulls({**body, **data.draw(st.sampled_from(({}, referring)))}, resource.attributes)
    if not isinstance(sent.get("@type", ""), str):
        del sent["@type"]  # of the whole, the schema refuses another
    sent = resource.view.normalise(sent)
    try:
        new = draft(resource, resource.attributes.with_valid_instants(sent), AT)
    except BadRequest:
        assume(False)
    assert equal(resource.draft_to_view("42", new), resource.to_view("42", new.document))
