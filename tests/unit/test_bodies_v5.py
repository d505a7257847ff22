# SPDX-License-Identifier: Apache-2.0
"""Bodies of version 5 as the server checks them: our examples, TM Forum's own, and what may be wrong with them."""

import copy
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from app.errors import MissingField
from app.spec.validation import Validator
from tests.served import DOCUMENT_OF, DOCUMENTS
from tests.specs import PUBLISHED, SPECS
from tests.unit.examples import COMPONENT, examples, full_example, published, told

Path = tuple[str | int, ...]

RESOURCES = [(name, resource) for (resource, version), name in DOCUMENT_OF.items() if version == "v5"]


@cache
def checks(schema: str, document: str) -> Validator:
    return Validator(DOCUMENTS[document], {"$ref": COMPONENT + schema}, lenient=("status",))


EXAMPLES = [(name, *example) for name, document in DOCUMENTS.items() for example in examples(document)]


@pytest.mark.parametrize(("document", "where", "schema", "value"), EXAMPLES)
def test_every_example_of_our_documents_passes(document: str, where: str, schema: str, value: Any) -> None:
    assert told(checks(schema, document), value) == ""


INDIVIDUAL = full_example(DOCUMENTS["party-v5"], "Individual")
INTERACTION = full_example(DOCUMENTS["party-interaction-v5"], "PartyInteraction")
ABSENT = object()


def changed(body: Any, path: Path, value: Any) -> Any:
    body = copy.deepcopy(body)
    within = body
    for step in path[:-1]:
        within = within[step]
    if value is ABSENT:
        del within[path[-1]]
    else:
        within[path[-1]] = value
    return body


PARTY: Path = ("relatedParty", 0, "partyOrPartyRole")
NOT_A_BOOLEAN = "24 /partyCharacteristic/0/value must be a boolean, not 'yes'"


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ((*PARTY, "@type"), ABSENT, "23 /relatedParty/0/partyOrPartyRole/@type is mandatory"),
        ((*PARTY, "id"), ABSENT, "23 /relatedParty/0/partyOrPartyRole/id is mandatory"),
        ((*PARTY, "id"), "", "23 /relatedParty/0/partyOrPartyRole/id is mandatory and may not be blank"),
        ((*PARTY, "@type"), "Robot", ""),
        (PARTY, {"@type": "Robot", "id": 5}, ""),
        (
            PARTY,
            {"@type": "Individual", "givenName": "A"},
            "23 /relatedParty/0/partyOrPartyRole/familyName is mandatory",
        ),
        (
            PARTY,
            {"@type": "Individual", "givenName": "A", "familyName": "B", "status": "asleep"},
            "24 /relatedParty/0/partyOrPartyRole/status must be one of initialized, validated, deceased, not 'asleep'",
        ),
        (("status",), "asleep", ""),
        (("partyCharacteristic", 0, "value"), "yes", NOT_A_BOOLEAN),
        (
            ("partyCharacteristic", 0, "@type"),
            "StringCharacteristic",
            "24 /partyCharacteristic/0/value must be a string",
        ),
        (("partyCharacteristic", 0, "@type"), "MoodCharacteristic", ""),
        (("partyCharacteristic", 0, "@type"), ABSENT, "23 /partyCharacteristic/0/@type is mandatory"),
        (("partyCharacteristic", 1, "value"), 4.0, "24 /partyCharacteristic/1/value must be an integer, not 4.0"),
        (("partyCharacteristic", 2, "value"), ["a", 1], "24 /partyCharacteristic/2/value/1 must be a string, not 1"),
        (("partyCharacteristic", 2, "value"), ABSENT, "23 /partyCharacteristic/2/value is mandatory"),
        (("contactMedium", 0, "emailAddress"), "nowhere", "24 /contactMedium/0/emailAddress must be an e-mail address"),
        (("contactMedium", 1, "emailAddress"), "nowhere", ""),
        (
            ("contactMedium", 2, "geographicAddress", "id"),
            ABSENT,
            "23 /contactMedium/2/geographicAddress/id is mandatory",
        ),
        (
            ("individualIdentification", 0, "attachment", "mimeType"),
            ABSENT,
            "23 /individualIdentification/0/attachment/mimeType is mandatory",
        ),
        (
            ("individualIdentification", 0, "attachment", "@type"),
            "AttachmentRef",
            "23 /individualIdentification/0/attachment/id is mandatory",
        ),
        (("taxExemptionCertificate", 0, "attachment", "@type"), "Painting", ""),
    ],
)
def test_a_wrong_individual_is_told_where_and_why(path: Path, value: Any, expected: str) -> None:
    said = told(checks("Individual_FVO", "party-v5"), changed(INDIVIDUAL, path, value))
    assert said.startswith(expected)
    assert bool(said) == bool(expected)


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """The way to everything within a value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in pairs:
        yield (*path, step)
        yield from places(inner, (*path, step))


INTERNAL = re.compile(r"@\"|[A-Za-z]@|\b(if|then|else|anyOf|allOf|oneOf|const|schema|writtenWhole)\b")


@pytest.mark.parametrize(("document", "resource"), RESOURCES)
def test_whatever_is_wrong_is_told_at_its_own_place_in_few_plain_words(document: str, resource: str) -> None:
    body, refusals = full_example(DOCUMENTS[document], resource), 0
    for path in places(body):
        left_out = [ABSENT] if isinstance(path[-1], str) else []
        for value in (*left_out, None, 5, 1.5, "", [], {}, [{}], [5]):
            if said := told(checks(f"{resource}_FVO", document), changed(body, path, value)):
                refusals += 1
                place = "/" + "/".join(map(str, path))
                assert said[:3] in ("23 ", "24 ")
                assert all(part.startswith((place, "and ")) for part in said[3:].split("; ")), said
                assert not INTERNAL.search(said)
                assert len(said) < 400
    assert refusals > 500


def test_a_body_too_large_to_be_weighed_is_told_its_first_violation_only() -> None:
    party = {"@type": "RelatedPartyOrPartyRole", "role": "x", "partyOrPartyRole": {"@type": "PartyRef"}}
    with pytest.raises(MissingField, match=r"^/relatedParty/0/partyOrPartyRole/id is mandatory$"):
        checks("Individual_FVO", "party-v5").check({**INDIVIDUAL, "relatedParty": [party] * 1000})


def test_an_item_may_be_about_an_entity_of_any_class() -> None:
    entity = INTERACTION["interactionItem"][0]["item"]
    assert (
        told(
            checks("PartyInteraction_FVO", "party-interaction-v5"),
            changed(INTERACTION, ("interactionItem", 0, "item"), {**entity, "entity": {"@type": "ProductOrder"}}),
        )
        == ""
    )


ERRATA = {
    "Organization_update_example_JSON_Patch_response": "23 /organizationIdentification/1/@type is mandatory",
    "Organization_update_example_JSON_Patch_Query_response": "23 /organizationIdentification/1/@type is mandatory",
    "Party_Interaction_partialupdate_example_json_patch_query_json_request": (
        '24 /0 {"op":"delete","path":"/interactionItem?id=5678"} is not valid under any of the schemas listed in the'
        " 'oneOf' keyword"
    ),
    "PartyPrivacyAgreement_list_example_response": (
        "23 /agreementItem/0/productOffering/0/@type is mandatory, such as 'ProductOfferingRef'"
    ),
    **{
        f"{name}_json_{kind}_request": "24 the body must be an array, not an object"
        for name, kind in (
            ("PartyPrivacyProfile_partialupdate_application", "patch"),
            ("PartyPrivacyProfile_partialupdate_application", "patch_query"),
            ("privacy_profile_agreement_partialupdate_example_application", "patch"),
            ("privacy_profile_agreement_partialupdate_example_application", "patch_query"),
        )
    },
    **{
        f"privacy_profile_spec_partialupdate_example_application_{kind}_json_request": (
            "24 the body must be an array, not an object"
        )
        for kind in ("patch", "patch_query")
    },
}
"""What is wrong with TM Forum's own examples."""
RENAMED = {"PartyInteractionStatusChange": "PartyInteractionStatusChangeEvent"}
"""Its schemas that its own events and examples call otherwise."""
NOT_SERVED = "PartyRoleSpecification"
"""A resource of TMF669 that this server does not have."""


@pytest.mark.skipif(not SPECS.is_dir(), reason="TM Forum's documents are not here; TMF_SPECS names their folder")
@pytest.mark.parametrize("document", PUBLISHED)
def test_the_examples_that_tm_forum_publishes_pass_but_for_their_errata(document: str) -> None:
    found = [each for each in published(PUBLISHED[document]) if not each[1].startswith(NOT_SERVED)]
    assert len(found) >= 9
    said = [(name, told(checks(RENAMED.get(schema, schema), document), value)) for name, schema, value in found]
    assert {name: wrong for name, wrong in said if wrong} == {name: ERRATA[name] for name, _ in said if name in ERRATA}
