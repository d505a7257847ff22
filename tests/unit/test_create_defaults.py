# SPDX-License-Identifier: Apache-2.0
"""What the server gives a new document, and what it notes at each change of one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.create_defaults import CreateDefaults, says_last_change
from app.domain.query.attributes import DATE_TIME, Attribute

AT = datetime(2024, 5, 1, 10, tzinfo=UTC)
LATER = datetime(2024, 6, 1, tzinfo=UTC)
DATE, TEXT = Attribute(DATE_TIME, False, dict), Attribute("string", False, dict)
MEMBERS = {"madeOn": DATE, "lastUpdate": DATE, "label": TEXT, "serviceDate": TEXT}
ATTRIBUTES = Attribute("object", False, lambda: MEMBERS)
DECLARED = {"madeOn": "now", "lastUpdate": "now", "label": "now", "isBundle": False, "part": [], "serviceDate": "now"}
DEFAULTS = CreateDefaults.read(DECLARED, ATTRIBUTES)

bodies = st.dictionaries(st.sampled_from(sorted(DECLARED)), st.integers())


def test_now_is_an_instant_in_a_date_time_and_a_word_in_a_text_that_does_not_say_when() -> None:
    document: dict[str, Any] = {}
    DEFAULTS.complete(document, AT)
    text = {"serviceDate": "2024-05-01T10:00:00Z"}
    assert document == {"madeOn": AT, "lastUpdate": AT, "label": "now", "isBundle": False, "part": [], **text}


def test_a_path_leads_into_objects_and_into_each_element_of_an_array() -> None:
    defaults = CreateDefaults.read({"item.state": "new", "item.item.state": "new", "only.state": "new"}, ATTRIBUTES)
    first: dict[str, Any] = {"item": [{}]}
    only = {"size": 1}
    document: dict[str, Any] = {"item": [first, {"state": "held"}, "text"], "only": only}
    defaults.complete(document, AT)
    assert document == {
        "item": [{"state": "new", "item": [{"state": "new"}]}, {"state": "held"}, "text"],
        "only": {"size": 1, "state": "new"},
    }
    assert (first, only) == ({"item": [{}]}, {"size": 1}), "what a client sent is not changed"
    other: dict[str, Any] = {"name": "a"}
    defaults.complete(other, AT)
    assert other == {"name": "a"}


def test_the_date_of_a_state_is_that_of_its_change() -> None:
    attributes = Attribute("object", False, lambda: {"statusDate": DATE, "stateChangeDate": TEXT, "status": TEXT})
    defaults = CreateDefaults.read({"statusDate": "now", "stateChangeDate": "now"}, attributes)
    document = {"status": "b", "statusDate": AT, "stateChangeDate": "then", "name": "b"}
    defaults.touch({"status": "b", "name": "a"}, document, LATER)
    assert (document["statusDate"], document["stateChangeDate"]) == (AT, "then")
    defaults.touch({"status": "a", "state": "c"}, document, LATER)
    assert (document["statusDate"], document["stateChangeDate"]) == (LATER, "2024-06-01T00:00:00Z")


@given(bodies)
def test_what_a_client_sends_stays(body: dict[str, int]) -> None:
    document: dict[str, Any] = dict(body)
    DEFAULTS.complete(document, AT)
    assert document.keys() == DECLARED.keys()
    assert {name: document[name] for name in body} == body


def test_no_two_documents_share_a_default() -> None:
    one: dict[str, Any] = {}
    other: dict[str, Any] = {}
    DEFAULTS.complete(one, AT)
    DEFAULTS.complete(other, AT)
    one["part"].append(1)
    assert other["part"] == []


def test_a_change_sets_the_time_of_the_last_change_and_no_other() -> None:
    document = {"madeOn": AT, "lastUpdate": AT}
    DEFAULTS.touch({}, document, LATER)
    assert document == {"madeOn": AT, "lastUpdate": LATER}


@pytest.mark.parametrize("before", [{"lastUpdate": AT}, {}])
def test_a_client_does_not_say_when_the_last_change_was(before: dict[str, Any]) -> None:
    after = {"lastUpdate": LATER, "madeOn": LATER}
    DEFAULTS.untouch(before, after)
    assert after == {**before, "madeOn": LATER}


@pytest.mark.parametrize(
    "name",
    ["lastUpdate", "lastUpdateDate", "lastUpdated", "lastModified", "lastModifiedDate", "modifiedDate", "updatedAt"],
)
def test_a_name_says_last_change(name: str) -> None:
    assert says_last_change(name)


@pytest.mark.parametrize("name", ["creationDate", "lastName", "statusChangeDate", "updateReason", "lastUpdateBy"])
def test_another_name_does_not(name: str) -> None:
    assert not says_last_change(name)
