# SPDX-License-Identifier: Apache-2.0
"""References to our own resources are kept once, and shown by every version with its own URL."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.reference_addresses import SCHEME, Addresses

ROOT = "https://crm.example.com/gateway"
ADDRESSES = Addresses(
    ROOT,
    {
        "v4": {"Individual": f"{ROOT}/party/v4/individual", "Customer": f"{ROOT}/customer/v4/customer"},
        "v5": {"Individual": f"{ROOT}/party/v5/individual"},
    },
)
OURS = ["/party/v4/individual/42", "/party/v5/individual/42"]
FOREIGN = [
    "",
    "https://elsewhere.example.com/party/v4/individual/42",
    f"{ROOT}/party/v4/individual",
    f"{ROOT}/party/v4/individual/",
    f"{ROOT}/party/v4/individual/42/note/1",
    f"{ROOT}/party/v3/individual/42",
    "individual/42",
    "urn:individual:42",
]


@pytest.mark.parametrize("path", OURS)
@pytest.mark.parametrize("root", [ROOT, ""])
def test_a_url_of_ours_names_its_target_in_every_version(path: str, root: str) -> None:
    assert ADDRESSES.target(root + path) == ("Individual", "42")


@pytest.mark.parametrize("href", FOREIGN)
def test_any_other_url_stays_as_it_is(href: str) -> None:
    assert ADDRESSES.target(href) is None
    assert ADDRESSES.to_stored(href) == href
    assert ADDRESSES.to_version(href, "v4") == href


@pytest.mark.parametrize("path", OURS)
def test_each_version_shows_its_own_url_of_what_was_kept(path: str) -> None:
    kept = ADDRESSES.to_stored(ROOT + path)
    assert ADDRESSES.to_version(kept, "v4") == f"{ROOT}/party/v4/individual/42"
    assert ADDRESSES.to_version(kept, "v5") == f"{ROOT}/party/v5/individual/42"


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_id_survives(id: str) -> None:
    url = f"{ROOT}/party/v5/individual/{quote(id, safe='')}"
    assert ADDRESSES.target(url) == ("Individual", id)
    assert ADDRESSES.to_version(ADDRESSES.to_stored(url), "v5") == url


def test_what_a_version_does_not_serve_is_shown_by_one_that_does() -> None:
    kept = ADDRESSES.to_stored("/customer/v4/customer/7")
    assert ADDRESSES.to_version(kept, "v5") == f"{ROOT}/customer/v4/customer/7"


def test_what_is_served_no_more_has_the_address_where_it_would_be() -> None:
    shown = ADDRESSES.to_version(f"{SCHEME}PartyRole/a%2Fb", "v5")
    assert shown == f"{ROOT}/partyRole/a%2Fb"
    assert ADDRESSES.target(shown) is None


@given(st.sampled_from(["Individual", "Customer", "PartyRole"]), st.sampled_from(["v4", "v5"]), st.text(min_size=1))
def test_no_version_shows_the_form_that_is_stored(resource: str, version: str, id: str) -> None:
    assert not ADDRESSES.to_version(f"{SCHEME}{resource}/{quote(id, safe='')}", version).startswith(SCHEME)


def test_every_reference_within_a_document_is_kept_and_shown_and_nothing_is_changed_in_place() -> None:
    document: dict[str, Any] = {
        "name": "Jane",
        "relatedParty": [{"href": ROOT + OURS[0], "note": {"href": 5}}, {"href": "https://elsewhere.example.com"}],
        "untouched": {"list": [[1, {"a": "href"}]]},
    }
    before = repr(document)
    kept = ADDRESSES.hrefs_to_stored(document)
    assert kept["relatedParty"][0]["href"] == "liaison:Individual/42"
    assert kept["relatedParty"][1] is document["relatedParty"][1]
    assert kept["untouched"] is document["untouched"]
    assert ADDRESSES.hrefs_to_version(kept, "v4") == document
    assert ADDRESSES.hrefs_to_version(kept, "v5")["relatedParty"][0]["href"] == ROOT + OURS[1]
    assert repr(document) == before
