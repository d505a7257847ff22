# SPDX-License-Identifier: Apache-2.0
"""What schemathesis has to be told of this API: which refusals no schema can foresee, and what a whole answer is."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData, Failure, ServerError
from schemathesis.openapi.checks import EnsureResourceAvailability, RejectedPositiveData

from tests.contract.documents import violations
from tests.unit.examples import OF_AN_EXTENSION

LANGUAGES = {"fields", "sort", "filter", "cursor"}
"""Query parameters that are texts in a language of their own; code 28 says that a text is not of it."""

QUERIES = {"query", "headerQuery", "contentQuery"}
"""Attributes that are texts in that language, too."""

MOST_LOOKED_AT = 3
"""Items of a list; to look at them all would take most of the time, and each is looked at when it is read alone."""

UNFORESEEN = (
    "cannot be kept",  # The names of attributes that no document declares: none begins with `$`.
    "out of range",  # Their integers have at most 64 bits.
    "will not do",  # An id that a client chooses ends up in a URL.
    "does not belong into this collection",  # There `@type` names the resource of another collection.
    "is not a known ",  # The states are those of the lifecycle, however spelt.
    "lies before",  # The end of a period does not come before its start.
    "may not be there where status is",  # A survey that is only asked has no answer yet.
    "as its valueType",  # A characteristic says itself of what type its value is.
    "which does not exist here",  # A reference leads somewhere,
    "but an href of",  # and to one thing only.
    "is no class of registrations",  # Registrations have no classes of their own.
    "does not meet the topic's",  # A topic takes the events that it asks for,
    "tells what happened to a resource here",  # and none that only the server may tell.
)
"""What messages of code 24 say of bodies that only more than a schema can refuse."""

WAITING = "changes that wait for the event log would exceed"
"""What a 503 says of a document with more changes than a row may hold."""

Case: TypeAlias = "schemathesis.Case[Any]"

repeated: set[str] = set()
"""Ids in answers that were given once more, for their `Idempotency-Key`; what they tell of may be gone."""


@schemathesis.hook
def after_call(context: schemathesis.HookContext, case: Case, response: schemathesis.Response) -> None:
    """Remember which answers were repeated."""
    if "idempotency-replayed" in response.headers:
        repeated.add(response.json()["id"])


@schemathesis.hook
def filter_failure(
    context: schemathesis.HookContext, failure: Failure, case: Case, response: schemathesis.Response
) -> bool:
    """Whether a failure counts: one that follows from what OpenAPI cannot say does not."""
    match failure:
        case RejectedPositiveData():
            return not is_beyond_the_schema(case, response.json())
        case ServerError():  # No relay runs beside, which would move changes into the log.
            return WAITING not in response.text
        case AcceptedNegativeData():
            return not is_meant_otherwise(case)
        case EnsureResourceAvailability():
            return case.path_parameters.get("id") not in repeated
        case _:
            return True


def is_beyond_the_schema(case: Case, error: dict[str, Any]) -> bool:
    """Whether a valid request is refused for what its schema has no words for."""
    match error["code"]:
        case "26":
            return True  # Entity tags and keys have a grammar of their own.
        case "23":
            return None in values_in(case.body)  # Null is absence, also where a value may be anything.
        case "28" if "lies in the future" in error["message"]:
            return True
        case "28":
            speaks = isinstance(case.body, dict) and not QUERIES.isdisjoint(case.body)
            return speaks or not LANGUAGES.isdisjoint(case.query or {})
        case "24":
            return any(told in error["message"] for told in UNFORESEEN)
        case _:
            return False


def is_meant_otherwise(case: Case) -> bool:
    """Whether what breaks the schema of a body has a meaning that the schema cannot give it."""
    values = list(values_in(case.body))
    if isinstance(case.body, dict) and None in values:
        return True  # Null is no value: in a create it is absence, in a merge patch it removes one.
    classes = case.operation.schema.raw_schema["components"]["schemas"]
    named = {str(value["@type"]) for value in values if isinstance(value, dict) and "@type" in value}
    # Where `@type` decides, a name that no document knows is a class of an extension, which may be as it likes.
    return any("discriminator" in schema for schema in classes.values()) and not named <= classes.keys()


def values_in(value: Any) -> Iterator[Any]:
    """A JSON value and all that it holds."""
    yield value
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in within:
        yield from values_in(each)


@schemathesis.check
def whole_resource(context: schemathesis.CheckContext, response: schemathesis.Response, case: Case) -> None:
    """An answer of which `fields` selects nothing holds all that is mandatory, each object as its class demands."""
    whole = response.status_code in (200, 201, 206) and "fields" not in (case.query or {})
    if whole and "json" in response.headers["content-type"][0]:  # An attachment is answered as its bytes.
        answered, document = response.json(), case.operation.schema.raw_schema
        looked_at = answered[:MOST_LOOKED_AT] if isinstance(answered, list) else answered
        wrong = violations(document, case.operation.path, case.method.lower(), response.status_code, looked_at)
        assert all(OF_AN_EXTENSION in each for each in wrong), wrong[:3]
