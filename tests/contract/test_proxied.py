# SPDX-License-Identifier: Apache-2.0
"""Behind a proxy: paths and URLs are those that its clients call, and nobody else names them."""

from base64 import b64encode
from typing import Any

import httpx
import pytest

from tests.contract.conftest import Deploy
from tests.paths import CUSTOMER, INTERACTION, PARTY

JANE = {"givenName": "Jane", "familyName": "Smith"}
OUTSIDE = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.example.com", "X-Forwarded-Prefix": "/crm"}
NAMED = "https://api.example.com/crm"


@pytest.fixture(scope="module")
def trusting(deploy: Deploy) -> httpx.Client:
    """A server that believes the proxies of this machine."""
    return deploy(forwarded_from="127.0.0.0/8")


@pytest.fixture(scope="module")
def below(deploy: Deploy) -> httpx.Client:
    """A server whose public URL has a path, and whose APIs have a prefix of their own."""
    return deploy(public_url="https://tmf.example.com/crm", path_prefix="/r1")


@pytest.mark.parametrize("kept", ["", "/crm"])
def test_a_public_path_is_served_whether_the_proxy_keeps_it_or_not(below: httpx.Client, kept: str) -> None:
    base = f"/r1{PARTY}"
    made = below.post(f"{kept}{base}/individual", json=JANE)
    assert made.headers["location"] == f"https://tmf.example.com/crm{base}/individual/{made.json()['id']}"
    assert below.get(f"{kept}{base}/individual/{made.json()['id']}").json() == made.json()
    assert below.get(f"{kept}{base}/openapi.json").json()["servers"] == [{"url": f"/crm{base}"}]
    assert below.get(f"{kept}{base}/ui", follow_redirects=True).status_code == 200
    for health in ("/health/live", "/health/ready", "/r1/health/live", "/r1/health/ready"):
        assert below.get(kept + health).status_code == 200
    for front in (f"{kept}/", f"{kept}/r1", f"{kept}/r1/"):
        page = below.get(front).text
        assert f'href="/crm{base}/ui/"' in page
        assert "/crm/r1/health/live" in page or f"{kept}/" == front
    assert below.get("/crmx/health/live").status_code == 404


def test_everything_that_is_shown_has_the_name_that_the_proxy_says(trusting: httpx.Client) -> None:
    made = trusting.post(f"{PARTY}/individual", json=JANE, headers=OUTSIDE)
    href = f"{NAMED}{PARTY}/individual/{made.json()['id']}"
    assert made.json()["href"] == made.headers["location"] == href
    for path in (f"{PARTY}/individual", f"/crm{PARTY}/individual"):
        listed = trusting.get(path, params={"limit": 1}, headers=OUTSIDE)
        assert listed.json()[0]["href"].startswith(f"{NAMED}{PARTY}/individual/")
        assert listed.headers["link"].startswith(f"<{NAMED}{PARTY}/individual?")
        assert int(listed.headers["content-length"]) == len(listed.content)
    assert trusting.get(f"{PARTY}/individual", params={"href": href}, headers=OUTSIDE).json() == [made.json()]
    entry = trusting.get(PARTY, headers=OUTSIDE).json()
    assert entry["href"] == f"{NAMED}{PARTY}"
    assert entry["link"]["document"] == f"{NAMED}{PARTY}/openapi.json"
    document = trusting.get(f"{PARTY}/openapi.json", headers=OUTSIDE).json()
    assert document["servers"] == [{"url": f"/crm{PARTY}"}]
    hub = trusting.post(f"{PARTY}/hub", json={"callback": "http://127.0.0.1:9/x"}, headers=OUTSIDE)
    assert hub.headers["location"].startswith(f"{NAMED}{PARTY}/hub/")
    assert f'href="/crm{PARTY}/ui/"' in trusting.get("/", headers=OUTSIDE).text


def test_a_reference_under_the_name_that_the_proxy_says_is_one_to_a_resource_of_ours(trusting: httpx.Client) -> None:
    jane = trusting.post(f"{PARTY}/individual", json=JANE, headers=OUTSIDE).json()
    customer = {"name": "Jane", "engagedParty": {"id": jane["id"], "href": jane["href"], "@referredType": "Individual"}}
    made = trusting.post(CUSTOMER, json=customer, headers=OUTSIDE)
    assert made.json()["engagedParty"]["href"] == jane["href"]
    own = trusting.get(f"/tmf-api/customerManagement/v5/customer/{made.json()['id']}").json()
    assert own["engagedParty"]["href"] == f"{trusting.base_url}/tmf-api/party/v5/individual/{jane['id']}"


def test_the_url_of_bytes_has_the_name_that_the_proxy_says(trusting: httpx.Client) -> None:
    attached = {"attachmentType": "note", "mimeType": "text/plain", "content": b64encode(b"Hello").decode()}
    said = {"reason": "bill", "direction": "inbound", "channel": [{"id": "email"}], "attachment": [attached]}
    made = trusting.post(INTERACTION, json=said, headers=OUTSIDE).json()
    url = made["attachment"][0]["url"]
    assert url.startswith(f"{NAMED}{INTERACTION}/{made['id']}/attachment/")
    assert trusting.get(url.removeprefix(NAMED), headers=OUTSIDE).content == b"Hello"


def test_no_request_sees_the_name_of_another(trusting: httpx.Client) -> None:
    id = trusting.post(f"{PARTY}/individual", json=JANE).json()["id"]
    names = [OUTSIDE, {}, {**OUTSIDE, "X-Forwarded-Host": "other.example.com"}, OUTSIDE, {}]
    for path in (f"{PARTY}/individual?id={id}", f"{PARTY}/individual/{id}", f"{PARTY}/openapi.json", PARTY, "/"):
        texts = [trusting.get(path, headers=headers).text for headers in names]
        assert texts[0] == texts[3]
        assert texts[1] == texts[4]
        assert "example.com/crm" not in texts[1]
        assert "other.example.com" not in texts[0]


def test_text_that_looks_like_an_address_stays_what_it_is(trusting: httpx.Client) -> None:
    own = str(trusting.base_url)
    said: dict[str, Any] = {
        **JANE,
        "title": f'"href":"{own}{PARTY}/individual/1"',
        'a,"href': f"{own}{PARTY}/individual/1",
        "url": f"{own}{PARTY}/individual/1",
    }
    made = trusting.post(f"{PARTY}/individual", json=said, headers=OUTSIDE).json()
    assert said.items() <= made.items()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-Host", "user@evil.example.com"),
        ("X-Forwarded-Proto", "javascript"),
        ("X-Forwarded-Prefix", "//evil.example.com"),
        ("Forwarded", "host=evil.example.com/x"),
    ],
)
def test_what_makes_no_url_is_400_from_a_proxy_and_nothing_from_others(
    trusting: httpx.Client, connection: httpx.Client, name: str, value: str
) -> None:
    refused = trusting.post(f"{PARTY}/individual", json=JANE, headers={name: value})
    assert (refused.status_code, refused.json()["@type"]) == (400, "Error")
    assert "x-correlation-id" in refused.headers
    made = connection.post(f"{PARTY}/individual", json=JANE, headers={name: value, **({} if "X" in name else OUTSIDE)})
    assert made.json()["href"].startswith(str(connection.base_url))


def test_a_proxy_that_is_not_named_is_not_believed(deploy: Deploy) -> None:
    elsewhere = deploy(forwarded_from="10.0.0.0/8,fd00::/8")
    made = elsewhere.post(f"{PARTY}/individual", json=JANE, headers=OUTSIDE)
    assert made.json()["href"].startswith(f"{elsewhere.base_url}{PARTY}/")
