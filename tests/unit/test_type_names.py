# SPDX-License-Identifier: Apache-2.0
"""The names that the server knows by itself are those that the documents and the APIs have, and no others."""

from app.apis import APIS
from app.domain.mapping.type_names import TYPE_NAMES
from app.spec.contents import content_names
from app.spec.lint import UNDECLARED, has_own_handler
from app.spec.schemas import discriminator_mapping
from app.spec.track_records import change_name
from tests.served import DOCUMENTS


def test_types_in_any_letter_case_are_parties_their_roles_and_what_references_are_checked_by() -> None:
    schemas = DOCUMENTS["party-v5"]["components"]["schemas"]
    classes = {name for base in ("Party", "PartyRole") for name in discriminator_mapping(schemas[base])}
    by_type = {name for api in APIS if api.referred_by_type for name in api.rules}
    assert set(TYPE_NAMES.values()) == classes | by_type


def test_what_is_served_without_a_declaration_is_what_no_document_declares() -> None:
    paths = [path for document in DOCUMENTS.values() for path in document["paths"].values()]
    served = {path["x-tmf-resource"] for path in paths if not has_own_handler(path)}
    declared = {name for document in DOCUMENTS.values() for name in document.get("x-tmf-resources", ())}
    recorded = {change_name(name) for name in declared}
    contents = {name for document in DOCUMENTS.values() for name in content_names(document.get("x-tmf-resources", {}))}
    assert served - declared - recorded - contents == UNDECLARED
