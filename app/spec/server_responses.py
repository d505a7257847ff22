# SPDX-License-Identifier: Apache-2.0
"""Responses that the server gives whatever an operation does: they are declared of each of them in every document."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from app.spec.operations import METHODS

_ALL = {"408": "RequestTimeout", "429": "TooManyRequests", "431": "HeadersTooLarge"}
_WRITES = {**_ALL, "507": "InsufficientStorage"}
"""By status, the shared component of the response; while the disk is full, only what writes is refused."""


def with_server_responses(paths: Mapping[str, Any], shared: str, own: Collection[str]) -> dict[str, Any]:
    """The paths of a document with these responses, out of the `shared` file or its `own` of the same name.

    What an operation says itself stays, and one that leaves errors to `default` leaves these, too.
    """
    return {path: {**item, **dict(_operations(item, shared, own))} for path, item in paths.items()}


def _operations(item: Mapping[str, Any], shared: str, own: Collection[str]) -> Iterator[tuple[str, Any]]:
    for method in METHODS:
        operation = item.get(method)
        responses = operation.get("responses") if isinstance(operation, Mapping) else None
        if not responses or "default" in responses:
            continue
        names = _ALL if method == "get" else _WRITES
        added = {
            status: {"$ref": f"{'' if name in own else shared}#/components/responses/{name}"}
            for status, name in names.items()
            if status not in responses
        }
        yield method, {**item[method], "responses": dict(sorted({**responses, **added}.items()))}
