# SPDX-License-Identifier: Apache-2.0
"""Documents that are OpenAPI 3.0, and such that are not and stop the start."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from app.errors import StartError
from app.spec.bundle import bundle, names
from app.spec.structure import refuse_malformed

Document = dict[str, Any]


@pytest.mark.parametrize("name", names())
def test_the_served_documents_are_as_they_should_be(name: str) -> None:
    refuse_malformed(bundle(name), name)


def _without_info(document: Document) -> None:
    del document["info"]


def _of_another_version(document: Document) -> None:
    document["openapi"] = "3.1.0"


def _without_answers(document: Document) -> None:
    del document["paths"]["/customer"]["get"]["responses"]


def _with_a_schema_that_is_none(document: Document) -> None:
    document["components"]["schemas"]["Customer"] = {"type": "thing"}


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_without_info, "customer-v4: the document: "),
        (_of_another_version, "customer-v4: /openapi: "),
        (_without_answers, "customer-v4: /paths/~1customer/get: "),
        (_with_a_schema_that_is_none, "customer-v4: /components/schemas/Customer: "),
    ],
)
def test_a_document_that_is_no_openapi_stops_the_start_naming_the_place(
    spoil: Callable[[Document], None], told: str
) -> None:
    document = copy.deepcopy(bundle("customer-v4"))
    spoil(document)
    with pytest.raises(StartError, match=f"^{told}"):
        refuse_malformed(document, "customer-v4")
