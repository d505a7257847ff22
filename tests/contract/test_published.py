# SPDX-License-Identifier: Apache-2.0
"""TM Forum's own v5 examples, where they are at hand: posted, they come back, through v4 as well as through v5."""

from typing import Any

import httpx
import pytest

from app.apis import APIS
from app.domain.events import lower_camel
from tests.contract.answers import created, patched
from tests.contract.documents import DOCUMENTS, base_path, violations
from tests.contract.meaning import meaning
from tests.served import SHARED
from tests.specs import PUBLISHED, SPECS
from tests.unit.examples import OF_AN_EXTENSION, published

GIVEN_BY_THE_SERVER = ("id", "href", "lastUpdate", "lastUpdateDate")
PATCHES = ("merge", "patch", "patch_query")
NOT_AS_ITS_SCHEMA = {
    "Organization_update_example_JSON_Patch_response",
    "Organization_update_example_JSON_Patch_Query_response",
    "PartyPrivacyProfileSpecification_retrieve_example_response",
    "privacy_profile_partialupdate_example_application_json_response",
    *(f"privacy_profile_spec_partialupdate_example_application_{kind}_json_response" for kind in PATCHES),
}
"""Examples that lack an `@type` which their own schema demands, or a `valueType` that a create of them does."""
VIEWS = {name: view for api in APIS if "v5" in api.versions for name, view in api.versions["v5"].views.items()}

EXAMPLES = [
    pytest.param(document, schema.removesuffix("_FVO"), value, id=f"{name} {number}")
    for document, file in PUBLISHED.items()
    for number, (name, schema, value) in enumerate(published(file))
    if schema.removesuffix("_FVO") in VIEWS and name not in NOT_AS_ITS_SCHEMA and "list" not in name
]

pytestmark = pytest.mark.skipif(
    not SPECS.is_dir(), reason="TM Forum's documents are not here; TMF_SPECS names their folder"
)


@pytest.mark.parametrize(("document", "resource", "example"), EXAMPLES)
def test_an_example_comes_back_also_after_v4_if_it_has_such_has_patched_it(
    client: httpx.Client, document: str, resource: str, example: dict[str, Any]
) -> None:
    body = {name: value for name, value in example.items() if name not in GIVEN_BY_THE_SERVER}
    path = f"/{lower_camel(resource)}"
    base = base_path(document)
    shown = created(client, base + path, body)
    wrong = violations(DOCUMENTS[document], path, "post", 201, shown)
    assert [each for each in wrong if OF_AN_EXTENSION not in each] == []
    assert missing(VIEWS[resource].normalise(body), shown) == []

    if resource in SHARED:
        older = client.get(f"{base.replace('v5', 'v4')}{path}/{shown['id']}").json()
        patched(client, older, {"remark": "seen by v4"})
    again = client.get(shown["href"]).json()
    changed = {name for name in shown.keys() | again.keys() if shown.get(name) != again.get(name)}
    assert changed <= {"remark", "lastUpdate"}


def missing(sent: Any, told: Any, place: str = "") -> list[str]:
    """The places of `sent` that `told` does not hold with the same meaning; `told` may hold more."""
    if isinstance(sent, dict) and isinstance(told, dict):
        return [each for name, value in sent.items() for each in missing(value, told.get(name), f"{place}/{name}")]
    if isinstance(sent, list) and isinstance(told, list) and len(sent) == len(told):
        pairs = enumerate(zip(sent, told, strict=True))
        return [each for index, (one, other) in pairs for each in missing(one, other, f"{place}/{index}")]
    return [] if meaning(sent) == meaning(told) else [place]
