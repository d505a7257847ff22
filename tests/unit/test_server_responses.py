# SPDX-License-Identifier: Apache-2.0
"""What the server may answer to any operation is declared of each, in every document, by the bundler alone."""

from typing import Any

import pytest

from app.spec.operations import METHODS
from app.spec.server_responses import with_server_responses
from tests.served import DOCUMENTS

EVERYWHERE = {"408", "429", "431"}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_operation_says_what_the_server_may_answer_of_itself(name: str) -> None:
    for path, item in DOCUMENTS[name]["paths"].items():
        for method in METHODS:
            responses = item.get(method, {}).get("responses", {"default": {}})
            expected = set() if "default" in responses else EVERYWHERE | (set() if method == "get" else {"507"})
            assert responses.keys() & {*EVERYWHERE, "507"} == expected, (path, method)


def test_a_documents_own_response_and_its_default_stay() -> None:
    own = {"description": "Ours"}
    paths: dict[str, Any] = {
        "/a": {"get": {"responses": {"200": own, "429": own}}, "parameters": []},
        "/b": {"post": {"responses": {"201": own, "default": own}}},
        "/c": {"delete": {"responses": {"204": own}}},
    }
    found = with_server_responses(paths, "shared/v4.yaml", {"HeadersTooLarge"})
    assert found["/a"]["get"]["responses"]["429"] is own
    assert found["/b"] == paths["/b"]
    assert {status: each.get("$ref") for status, each in found["/c"]["delete"]["responses"].items()} == {
        "204": None,
        "408": "shared/v4.yaml#/components/responses/RequestTimeout",
        "429": "shared/v4.yaml#/components/responses/TooManyRequests",
        "431": "#/components/responses/HeadersTooLarge",
        "507": "shared/v4.yaml#/components/responses/InsufficientStorage",
    }
