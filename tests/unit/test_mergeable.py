# SPDX-License-Identifier: Apache-2.0
"""What can be merged (`x-mergeable`): the bundler declares 301 for its reads by id, and refuses what leads nowhere."""

from typing import Any

import pytest

from app.domain.events import lower_camel
from app.errors import StartError
from app.spec.mergeable import refuse_wrong_mergeable
from tests.served import DOCUMENTS


def test_exactly_what_can_be_merged_declares_301() -> None:
    for document in DOCUMENTS.values():
        for name, declared in document["x-tmf-resources"].items():
            item = document["paths"].get(f"/{lower_camel(name)}/{{id}}", {})
            assert ("301" in item.get("get", {}).get("responses", {})) is bool(declared.get("x-mergeable")), name


def test_parties_and_customers_can_be_merged_in_every_version() -> None:
    mergeable = {
        (name, version.rpartition("-")[2])
        for version, document in DOCUMENTS.items()
        for name, declared in document["x-tmf-resources"].items()
        if declared.get("x-mergeable")
    }
    names = ("Individual", "Organization", "Customer")
    assert mergeable == {(name, version) for name in names for version in ("v4", "v5")}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"x-parent": "Order"}, "what has x-parent is never merged; take one of both out"),
        ({"x-hook": "https://rules.example/"}, "what has x-hook is never merged; take one of both out"),
        ({"x-source": "roles"}, "what has x-source is never merged; take one of both out"),
        ({"x-acyclic": {"relation": "kind"}}, "what has x-acyclic is never merged; take one of both out"),
        ({"x-process": "flow"}, "what has x-process is never merged; take one of both out"),
        ({"x-operations": ["create"]}, "nobody could follow an alias; offer retrieve, or take it out"),
    ],
)
def test_what_is_never_merged_says_so(more: dict[str, Any], reason: str) -> None:
    refuse_wrong_mergeable({"Item": more})
    with pytest.raises(StartError) as wrong:
        refuse_wrong_mergeable({"Item": {"x-mergeable": True, **more}})
    assert str(wrong.value) == f"x-tmf-resources.Item.x-mergeable: {reason}"
