# SPDX-License-Identifier: Apache-2.0
"""Individuals and organizations in v4: each line of the mapping of their attributes."""

import json

import pytest

from app.apis.party_v4 import INDIVIDUAL, ORGANIZATION
from tests.specs import SPECS
from tests.unit.within import shown_in, stored_in

SAMPLES = {"Individual": INDIVIDUAL, "Organization": ORGANIZATION}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.skipif(not (SPECS / "samples").is_dir(), reason="the official samples are not here")
def test_the_official_sample_comes_back(name: str) -> None:
    sample = json.loads((SPECS / "samples" / f"{name}.example.json").read_text())
    view = SAMPLES[name]
    mended = view.normalise(sample)
    assert view.to_version(view.to_stored(mended)) == mended
    assert json.dumps(mended).lower() == json.dumps(sample).lower()
    assert mended["@type"] == name


def test_the_full_name_is_stored_as_name() -> None:
    assert INDIVIDUAL.to_stored({"fullName": "Jane Smith"}) == {"name": "Jane Smith"}
    assert INDIVIDUAL.to_version({"name": "Jane Smith"}) == {"fullName": "Jane Smith"}
    assert INDIVIDUAL.path(("fullName",)) == ("name",)


def test_a_name_does_not_stand_for_the_full_name() -> None:
    assert INDIVIDUAL.normalise({"name": "Jane"}) == {"name": "Jane"}
    assert "name" not in INDIVIDUAL.to_stored({"name": "Jane"})
    assert INDIVIDUAL.to_version(INDIVIDUAL.to_stored({"name": "Jane"})) == {"name": "Jane"}


def test_both_names_come_back() -> None:
    sent = {"name": "J", "fullName": "Jane"}
    assert INDIVIDUAL.to_stored(sent)["name"] == "Jane"
    assert INDIVIDUAL.to_version(INDIVIDUAL.to_stored(sent)) == sent


def test_other_names_keep_their_full_name() -> None:
    assert INDIVIDUAL.to_stored({"otherName": [{"fullName": "J"}]}) == {"otherName": [{"fullName": "J"}]}


def test_deceaded_is_read_as_deceased() -> None:
    assert INDIVIDUAL.normalise({"status": "deceaded"}) == {"status": "deceased"}
    assert INDIVIDUAL.value(("status",), "deceaded") == "deceased"


def test_known_types_may_be_written_in_lower_case() -> None:
    sent = {"@type": "individual", "relatedParty": [{"@referredType": "organization"}]}
    mended = {"@type": "Individual", "relatedParty": [{"@referredType": "Organization"}]}
    assert INDIVIDUAL.normalise(sent) == mended
    assert INDIVIDUAL.value(("@type",), "individual") == "Individual"
    assert INDIVIDUAL.value(("relatedParty", "@referredType"), "organization") == "Organization"


def test_the_resource_shows_its_own_class() -> None:
    assert INDIVIDUAL.to_version({"@type": "Individual"}) == {"@type": "Individual"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("creditRating", "PartyCreditProfile"),
        ("individualIdentification", "IndividualIdentification"),
        ("taxExemptionCertificate", "TaxExemptionCertificate"),
    ],
)
def test_objects_within_get_their_class(name: str, kind: str) -> None:
    assert stored_in(name, {"x": 1}) == {"x": 1, "@type": kind}


@pytest.mark.parametrize("name", ["disability", "languageAbility", "skill", "otherName"])
def test_objects_without_class_are_stored_as_sent(name: str) -> None:
    assert stored_in(name, {"x": 1}) == {"x": 1}


def test_a_client_sees_the_default_class_that_it_sent() -> None:
    stored_in("creditRating", {"@type": "PartyCreditProfile"})


def test_a_tax_exemption_certificate_is_typed_throughout() -> None:
    sent = {"attachment": {"name": "a"}, "taxDefinition": [{"id": "96", "@referredType": "Tax"}]}
    assert stored_in("taxExemptionCertificate", sent) == {
        "@type": "TaxExemptionCertificate",
        "attachment": {"name": "a", "@type": "Attachment"},
        "taxDefinition": [{"id": "96", "@referredType": "Tax", "@type": "TaxDefinition"}],
    }


def test_a_tax_definition_of_another_class_keeps_it() -> None:
    certificate = {"@type": "TaxExemptionCertificate", "taxDefinition": [{"@type": "TaxDefinitionRef"}]}
    assert shown_in("taxExemptionCertificate", certificate) == {"taxDefinition": [{"@type": "TaxDefinitionRef"}]}


def test_the_names_of_an_organization_are_two() -> None:
    sent = {"name": "N", "tradingName": "T"}
    assert ORGANIZATION.to_stored(sent) == sent


def test_the_relations_of_an_organization_are_typed_throughout() -> None:
    relation = {"relationshipType": "juridical", "organization": {"id": "1"}}
    sent = {"organizationParentRelationship": relation, "organizationChildRelationship": [relation]}
    stored = ORGANIZATION.to_stored(sent)
    typed = {**relation, "organization": {"id": "1", "@type": "OrganizationRef"}}
    assert stored["organizationParentRelationship"] == {**typed, "@type": "OrganizationParentRelationship"}
    assert stored["organizationChildRelationship"] == [{**typed, "@type": "OrganizationChildRelationship"}]
    assert ORGANIZATION.to_version(stored) == sent


def test_attributes_that_only_v5_knows_are_shown_as_they_are() -> None:
    assert INDIVIDUAL.to_version({"somethingNew": {"a": 1}}) == {"somethingNew": {"a": 1}}
