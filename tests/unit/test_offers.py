# SPDX-License-Identifier: Apache-2.0
"""Which operations a deployment offers: the document names the setting that some depend on."""

from typing import Any

import pytest

from app.settings import Settings, listing
from app.spec.bundle import bundle, names
from app.spec.offered_operations import SETTING, answering, remove_disabled_operations
from app.spec.operations import METHODS
from tests.unit.test_reach import settings_named

OPENED = {("/topic", "post"), ("/topic/{id}", "delete"), ("/topic/{topicId}/event", "post")}


def operations(settings: Settings) -> set[tuple[str, str]]:
    """Path and method of each operation that TMF688 has under these settings."""
    document = remove_disabled_operations(bundle("event-v4"), settings.on)
    return {(path, method) for path, item in document["paths"].items() for method in METHODS if method in item}


def test_what_depends_on_a_setting_is_offered_where_that_is_on() -> None:
    assert operations(Settings(open_topics=True)) - operations(Settings()) == OPENED
    assert operations(Settings(open_topics=True)) > operations(Settings())
    assert remove_disabled_operations(bundle("event-v4"), Settings(open_topics=True).on) == bundle("event-v4")


@pytest.mark.parametrize("name", names())
def test_an_operation_depends_on_a_setting_that_is_on_or_off(name: str) -> None:
    items = bundle(name)["paths"].values()
    named = {item[method].get(SETTING) for item in items for method in METHODS if method in item} - {None}
    assert named <= {variable for variable, default, _ in listing() if default in ("true", "false")}


def test_some_operations_depend_on_a_setting() -> None:
    assert any(settings_named(bundle(name)) for name in names())


@pytest.mark.parametrize("name", names())
def test_where_a_part_of_a_list_is_200_no_document_has_another_answer_for_it(name: str) -> None:
    assert answering(bundle(name), 206) == bundle(name)
    before, after = (
        {(path, method): item[method]["responses"] for path, item in found["paths"].items() for method in item}
        for found in ({"paths": methods(bundle(name))}, {"paths": methods(answering(bundle(name), 200))})
    )
    assert any("206" in responses for responses in before.values()) or not bundle(name).get("x-tmf-resources")
    assert after == {of: {s: each for s, each in found.items() if s != "206"} for of, found in before.items()}


def methods(document: Any) -> Any:
    """The operations of each path."""
    return {path: {m: item[m] for m in METHODS if m in item} for path, item in document["paths"].items()}
