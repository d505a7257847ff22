# SPDX-License-Identifier: Apache-2.0
"""Twice as large a body is twice the work, whatever it has many of: none of the size allowed keeps others waiting."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.json_text import dump, dump_sorted, parse
from app.domain.media_types import JSON_PATCH, JSON_PATCH_QUERY, MERGE
from app.domain.origin import UNKNOWN
from app.errors import TmfError
from app.resources.create import created_change, new_document, validated_body
from app.resources.engine import apply_update, validated_result
from app.resources.resource import Resource
from tests.served import DOCUMENT_OF, DOCUMENTS, EACH_SERVED, RESOURCES
from tests.unit.examples import minimal_example

Document = dict[str, Any]

AT = datetime(2024, 5, 1, 10, tzinfo=UTC)
MANY: dict[str, Callable[[int], Document]] = {
    "members": lambda n: {f"m{each}": each for each in range(n)},
    "nulls": lambda n: {f"m{each}": None for each in range(n)},
    "members within": lambda n: {"x": {f"m{each}": {"a": each} for each in range(n)}},
    "empty objects": lambda n: {"x": [{}] * n},
    "media": lambda n: {
        "contactMedium": [{"@type": "Other", "mediumType": "a", "characteristic": {"z": each}} for each in range(n)]
    },
    "characteristics": lambda n: {
        "partyCharacteristic": [{"@type": "Characteristic", "name": f"n{each}", "value": each} for each in range(n)]
    },
    "notes": lambda n: {"note": [{"@type": "Note", "text": "a", "author": f"b{each}"} for each in range(n)]},
    "ill-typed": lambda n: {"note": [{"text": each} for each in range(n)]},
}


def steps(work: Callable[[], object]) -> int:
    """How many functions it takes, those of the interpreter included."""
    count = 0

    def counted(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        work()
    except TmfError:
        pass
    finally:
        sys.setprofile(None)
    return count


def document_of(resource: Resource) -> Document:
    """A new document of the resource."""
    return new_document(resource, validated_body(resource, least(resource)), AT)


def least(resource: Resource) -> Document:
    """The body of as little as a create takes."""
    body: Document = minimal_example(DOCUMENTS[DOCUMENT_OF[resource.name, resource.version]], resource.name)
    return body


def is_linear(work: Callable[[int], Callable[[], object]]) -> bool:
    """Whether four times as much takes at most about four times as many steps."""
    few, many = steps(work(100)), steps(work(400))
    return many <= 5 * few


@pytest.mark.parametrize("family", MANY)
@EACH_SERVED
def test_a_create_is_work_by_its_size(name: str, version: str, family: str) -> None:
    served = RESOURCES[name, version]

    def create(number: int) -> Callable[[], object]:
        raw = dump({**least(served), **MANY[family](number)})

        def work() -> None:
            body = parse(raw)
            dump_sorted(body)
            document = new_document(served, validated_body(served, body), AT)
            created_change(served, document, AT, UNKNOWN)
            served.to_view("1", document)

        return work

    assert is_linear(create)


@pytest.mark.parametrize("family", MANY)
@EACH_SERVED
def test_a_merge_patch_is_work_by_its_size(name: str, version: str, family: str) -> None:
    served = RESOURCES[name, version]

    def patch(number: int) -> Callable[[], object]:
        raw = dump(MANY[family](number))
        before = document_of(served)
        shown = served.to_view("1", before)

        def work() -> None:
            document = apply_update(served, before, shown, validated_result(served, shown, parse(raw), MERGE), AT)
            served.refresh_view(shown, before, document)

        return work

    assert is_linear(patch)


@pytest.mark.parametrize(
    ("media_type", "operations"),
    [
        (JSON_PATCH, lambda n: [{"op": "add", "path": f"/x/m{each}", "value": each} for each in range(n)]),
        (JSON_PATCH, lambda n: [{"op": "test", "path": "/x", "value": {}} for _ in range(n)]),
        (JSON_PATCH_QUERY, lambda n: [{"op": "add", "path": f"$.x.m{each}", "value": each} for each in range(n)]),
        (JSON_PATCH_QUERY, lambda n: [{"op": "add", "path": "$.x", "value": {f"m{each}": 1 for each in range(n)}}]),
        (JSON_PATCH_QUERY, lambda n: [{"op": "remove", "path": "$.many[?(@.a>=0)]"}]),
        (JSON_PATCH_QUERY, lambda n: [{"op": "replace", "path": "/many/a?many.b=1", "value": 1}]),
    ],
)
def test_operations_are_work_by_their_number(media_type: str, operations: Callable[[int], Any]) -> None:
    served = RESOURCES["Customer", "v4"]

    def patch(number: int) -> Callable[[], object]:
        many = [{"a": each, "b": 1} for each in range(number)]
        before = {**document_of(served), "x": {}, "many": many}
        shown = served.to_view("1", before)
        return lambda: apply_update(
            served, before, shown, validated_result(served, shown, operations(number), media_type), AT
        )

    assert is_linear(patch)
