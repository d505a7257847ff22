# SPDX-License-Identifier: Apache-2.0
"""Resources within others: their keys and URLs, and which declarations of a parent are refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.composition.api_resources import api_versions
from app.composition.served_apis import served_apis
from app.domain.dates import now
from app.domain.nested_keys import NestedUrl, nested_key, split_key
from app.domain.rules import Dependence, Rules
from app.errors import DocumentsError, StartError
from app.resources.conformance import violations
from app.settings import Settings
from app.storage.documents.rows import StoredDocument

TEXT = (Path(__file__).parents[1] / "contract" / "apis" / "work-plan-v4.yaml").read_text(encoding="utf-8")
URL = NestedUrl("http://localhost/base/workPlan/{workPlanId}/workStep")
IDS = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="/?#"), min_size=1)
"""As clients may choose them."""


@given(IDS, IDS)
def test_keys_and_urls_tell_both_ids_and_lead_back(parent_id: str, id: str) -> None:
    key = nested_key(parent_id, id)
    assert split_key(key) == (parent_id, id)
    assert URL.key(URL.item(key)) == key
    assert URL.parent_id(URL.item(key)) == URL.parent_id(URL.collection(parent_id)) == parent_id


@given(IDS, IDS, IDS, IDS)
def test_different_resources_have_different_keys(parent_id: str, id: str, other_parent: str, other: str) -> None:
    assert (nested_key(parent_id, id) == nested_key(other_parent, other)) == ((parent_id, id) == (other_parent, other))


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/base/workPlan/1/workStep",
        "http://localhost/base/workPlan/1/workStep/",
        "http://localhost/base/workPlan//workStep/2",
        "http://localhost/base/workPlan/workStep/2",
        "http://localhost/base/workPlan/1/2/workStep/3",
        "http://localhost/base/other/1/workStep/2",
        "http://example.com/base/workPlan/1/workStep/2",
    ],
)
def test_another_url_has_no_key(url: str) -> None:
    assert URL.key(url) is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "x-parent: WorkPlan",
            "x-parent: Flow",
            "WorkStep.x-parent: 'Flow' is no resource that is within none itself; name one of WorkPlan",
        ),
        ("x-parent: WorkPlan", "x-parent: WorkStep", "name one of WorkPlan"),
        ("x-indexes: [[name]]", "x-parent: WorkStep", "name one that is declared beside it"),
    ],
)
def test_a_parent_that_cannot_be_one_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in TEXT
    (tmp_path / "work-plan-v4.yaml").write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(DocumentsError) as refused:
        served_apis(Settings(apis=str(tmp_path)))
    assert told in str(refused.value)


def test_a_resource_is_within_the_same_one_in_each_version(tmp_path: Path) -> None:
    (tmp_path / "work-plan-v4.yaml").write_text(TEXT, encoding="utf-8")
    other = TEXT.replace("Management/v4", "Management/v6").replace("    x-parent: WorkPlan\n", "")
    other = other.replace("/workPlan/{workPlanId}/workStep", "/workStep")
    (tmp_path / "work-plan-v6.yaml").write_text(other, encoding="utf-8")
    (tmp_path / "work-plan.py").write_text("", encoding="utf-8")
    with pytest.raises(DocumentsError, match="WorkStep/x-parent should be WorkPlan, as in work-plan-v4"):
        served_apis(Settings(apis=str(tmp_path)))


def test_rules_that_need_what_an_id_does_not_tell_are_refused(tmp_path: Path) -> None:
    (tmp_path / "work-plan-v4.yaml").write_text(TEXT, encoding="utf-8")
    settings = Settings(apis=str(tmp_path))
    flows = served_apis(settings)[-1]
    needing = Rules(needs=(Dependence(("relatedParty", "id"), ("WorkStep",)),))
    wrong = replace(flows, rules={**flows.rules, "WorkPlan": needing})
    with pytest.raises(StartError, match="WorkPlan needs WorkStep, which is within another resource"):
        api_versions(settings, (wrong,))


def test_what_was_kept_before_the_resource_was_within_another_one_does_not_conform(tmp_path: Path) -> None:
    (tmp_path / "work-plan-v4.yaml").write_text(TEXT, encoding="utf-8")
    settings = Settings(apis=str(tmp_path))
    (version,) = api_versions(settings, served_apis(settings)[-1:])
    task, document = version.resources["WorkStep"], {"id": "2", "name": "Pack", "state": "active", "@type": "WorkStep"}
    assert violations(task, StoredDocument("1/2", 1, document, now())) == []
    (found,) = violations(task, StoredDocument("2", 1, document, now()))
    assert (found.place, "tells no WorkPlan that it is within" in found.message) == ("/id", True)
