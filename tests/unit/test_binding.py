# SPDX-License-Identifier: Apache-2.0
"""Operations bound to handlers."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from app.errors import StartError
from app.http.middleware.binding import bind
from app.spec.bundle import bundle, names

VERBS = ("list", "create", "retrieve", "patch", "delete")
THINGS: dict[str, Any] = {
    "paths": {
        "/thing": {
            "x-tmf-resource": "Thing",
            "get": {"operationId": "listThing"},
            "post": {"operationId": "createThing"},
        },
        "/thing/{id}": {
            "x-tmf-resource": "Thing",
            "parameters": [],
            "get": {"operationId": "retrieveThing"},
            "patch": {"operationId": "patchThing"},
            "delete": {"operationId": "deleteThing"},
        },
    }
}


class Handlers:
    """Handlers that are only told apart, by what they answer."""

    def __init__(self, verbs: tuple[str, ...] = VERBS) -> None:
        for verb in verbs:
            setattr(self, verb, lambda _request, verb=verb: f"the answer of {verb}")


def test_every_operation_is_bound_by_method_and_path() -> None:
    bound = bind(THINGS, {"Thing": Handlers()})
    request: Any = SimpleNamespace(query="")
    answers: dict[str, Any] = {id: handle(request) for id, handle in bound.items()}
    assert answers == {f"{verb}Thing": f"the answer of {verb}" for verb in VERBS}


@pytest.mark.parametrize("name", names())
def test_every_operation_of_the_served_documents_finds_its_verb(name: str) -> None:
    document = bundle(name)
    resources = {item["x-tmf-resource"] for item in document["paths"].values()}
    operations = {
        item[method]["operationId"]
        for item in document["paths"].values()
        for method in ("get", "post", "patch", "put", "delete")
        if method in item
    }
    assert bind(document, {resource: Handlers() for resource in resources}).keys() == operations


def unbound() -> Iterator[Any]:
    yield pytest.param(THINGS, {}, r"GET /thing \(listThing\)", id="no handlers of the resource")
    yield pytest.param(THINGS, {"Thing": Handlers(VERBS[:4])}, r"DELETE /thing/{id} \(deleteThing\)", id="no such verb")
    nameless = {"paths": {"/thing": {"get": {"operationId": "listThing"}}}}
    yield pytest.param(nameless, {"Thing": Handlers()}, r"GET /thing \(listThing\)", id="no resource")
    put = {"paths": {"/thing/{id}": {"x-tmf-resource": "Thing", "put": {"operationId": "putThing"}}}}
    yield pytest.param(put, {"Thing": Handlers()}, r"PUT /thing/{id} \(putThing\)", id="a method without a verb")
    post = {"paths": {"/thing/{id}": {"x-tmf-resource": "Thing", "post": {"operationId": "postThing"}}}}
    yield pytest.param(post, {"Thing": Handlers()}, r"POST /thing/{id} \(postThing\)", id="a method on the wrong path")


@pytest.mark.parametrize(("document", "handlers", "told"), list(unbound()))
def test_an_operation_that_nothing_handles_stops_the_start(document: Any, handlers: Any, told: str) -> None:
    with pytest.raises(StartError, match=rf"^{told}: nothing handles this operation$"):
        bind(document, handlers)
