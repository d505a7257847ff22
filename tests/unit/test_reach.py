# SPDX-License-Identifier: Apache-2.0
"""What is served has no component that no operation leads to, whatever a deployment offers."""

import itertools
from typing import Any

import pytest

from app.spec.bundle import bundle, names
from app.spec.lint import problems
from app.spec.offered_operations import SETTING, remove_disabled_operations
from app.spec.operations import METHODS
from app.spec.reach import in_use, unused_components


def settings_named(node: Any) -> set[str]:
    """The settings that operations of a document depend on."""
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    own = {node[SETTING]} if isinstance(node, dict) and SETTING in node else set()
    return own.union(*map(settings_named, inner))


@pytest.mark.parametrize("name", names())
def test_a_served_document_is_whole_and_has_nothing_more_whatever_is_switched_on(name: str) -> None:
    settings = sorted(settings_named(bundle(name)))
    for number in range(len(settings) + 1):
        for on in itertools.combinations(settings, number):
            served = in_use(remove_disabled_operations(bundle(name), on))
            assert unused_components(served) == []
            assert problems(served) == []
            assert all(any(method in item for method in METHODS) for item in served["paths"].values())


def test_what_is_left_out_stays_in_the_document_that_it_is_left_out_of() -> None:
    document = remove_disabled_operations(bundle("event-v4"), ())
    served = in_use(document)
    assert "Topic_Create" in document["components"]["schemas"]
    assert "Topic_Create" not in served["components"]["schemas"]


def test_a_security_scheme_is_in_use_without_a_reference() -> None:
    schemes = {"securitySchemes": {"key": {"type": "apiKey"}}}
    assert in_use({"paths": {}, "components": {**schemes, "schemas": {"Tree": {}}}})["components"] == schemes
