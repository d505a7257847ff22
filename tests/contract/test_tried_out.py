# SPDX-License-Identifier: Apache-2.0
"""What the documentation page fills in works as it is, at the first click and at the second."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.documents import DOCUMENTS, EACH_COLLECTION, Collection, base_path

FILLED_IN_NEVER = {"Idempotency-Key", "at", "filter", "offset", "cursor", "If-None-Match"}
"""What would make the second click, or the first on other data, answer otherwise than the page leads to expect."""


def parameters(document: dict[str, Any], path: str, method: str) -> Iterator[dict[str, Any]]:
    """The parameters of an operation, as the page shows them."""
    item = document["paths"][path]
    for declared in (*item.get("parameters", ()), *item[method].get("parameters", ())):
        reference = declared.get("$ref", "").rpartition("/")[2]
        yield document["components"]["parameters"][reference] if reference else declared


def filled_in(document: dict[str, Any], path: str, method: str) -> dict[str, dict[str, str]]:
    """The examples of the parameters in the query and in the headers."""
    found: dict[str, dict[str, str]] = {"query": {}, "header": {}, "path": {}}
    for parameter in parameters(document, path, method):
        if "example" in parameter:
            found[parameter["in"]][parameter["name"]] = str(parameter["example"])
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_is_filled_in_that_works_only_once(name: str) -> None:
    document = DOCUMENTS[name]
    for path, item in document["paths"].items():
        for method in {"get", "post", "patch", "delete"} & item.keys():
            filled = filled_in(document, path, method)
            assert not FILLED_IN_NEVER & {*filled["query"], *filled["header"]}, f"{method} {path}"
            for parameter in parameters(document, path, method):
                assert "examples" not in parameter


@EACH_COLLECTION
def test_what_is_filled_in_works_twice(client: httpx.Client, collection: Collection) -> None:
    document, one = DOCUMENTS[collection.document], f"{collection.template}/{{id}}"

    def click(method: str, template: str, url: str, body: Any = None, media_type: str = "application/json") -> Any:
        filled = filled_in(document, template, method)
        headers = {**filled["header"], **({} if body is None else {"Content-Type": media_type})}
        return client.request(method, url, params=filled["query"], headers=headers, json=body)

    made = [click("post", collection.template, collection.path, body) for body in collection.creates.values()]
    made += [click("post", collection.template, collection.path, body) for body in collection.creates.values()]
    assert {answer.status_code for answer in made} == {201}
    assert len({answer.json()["id"] for answer in made}) == len(made)
    for _ in range(2):
        listed = click("get", collection.template, collection.path)
        assert listed.status_code in (200, 206)
        assert len(listed.json()) == len(made)
        read = click("get", one, made[0].json()["href"])
        assert (read.status_code, read.json()["id"]) == (200, made[0].json()["id"])
        for patch in collection.patches.values():
            assert click("patch", one, made[1].json()["href"], patch).status_code == 200
    assert click("delete", one, made[0].json()["href"]).status_code == 204


def test_what_is_filled_in_works_for_topics(client: httpx.Client) -> None:
    document, base = DOCUMENTS["event-v4"], base_path("event-v4")
    for path in (path for path, item in document["paths"].items() if "get" in item and "{id}" not in path):
        filled = filled_in(document, path, "get")
        url = base + path.format(**filled["path"])
        for _ in range(2):
            answer = client.get(url, params=filled["query"], headers=filled["header"])
            assert answer.status_code in (200, 206), f"{url} {answer.text}"
