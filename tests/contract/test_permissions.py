# SPDX-License-Identifier: Apache-2.0
"""TMF672: the roles of the server, which clients only read."""

from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from app.access.roles import DEFAULT_ROLES
from app.composition.served_apis import served_apis
from app.errors import StartError
from app.settings import Settings
from tests.contract.answers import found, refused
from tests.contract.conftest import Deploy
from tests.contract.documents import DOCUMENTS, violations

SETS = "/tmf-api/rolesAndPermissionsManagement/v5/permissionSpecificationSet"
ROLES = sorted(DEFAULT_ROLES.grants)
ACCESS = "roles:\n  clerk: ['customer:*']\n  /telco/désk 1: ['*:read', 'hub:read']\n"


def test_there_is_a_set_for_each_role_with_a_permission_for_each_grant(client: httpx.Client) -> None:
    answer = client.get(SETS)
    assert violations(DOCUMENTS["permission-v5"], "/permissionSpecificationSet", "get", 200, answer.json()) == []
    granted = {
        each["id"]: tuple(f"{one['function']}:{one['action']}" for one in each["permissionSpecification"])
        for each in answer.json()
    }
    assert granted == DEFAULT_ROLES.grants
    assert [client.get(each["href"]).json() for each in answer.json()] == answer.json()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ROLES),
        ("name=agent,reader", ["agent", "reader"]),
        ("involvementRole.regex=or$", ["administrator", "auditor", "integrator", "supervisor"]),
        ("permissionSpecification.function=partyInteraction", ["partner"]),
        ("filter=permissionSpecification[?(@.function=='hub'%26%26@.action=='read')]", ["auditor"]),
        ("sort=-name", ROLES[::-1]),
        ("sort=-permissionSpecification.function,name&limit=3", ["auditor", "integrator", "supervisor"]),
        ("offset=5", ROLES[5:]),
        ("offset=2&limit=2&fields=name", ROLES[2:4]),
    ],
)
def test_lists_are_filtered_sorted_and_paged_as_all_are(client: httpx.Client, query: str, expected: list[str]) -> None:
    assert found(client, SETS, query) == expected


def test_what_a_list_cannot_do_is_refused_as_everywhere(client: httpx.Client) -> None:
    refused(client.get(SETS, params={"colour": "red"}), 400, "28")
    refused(client.get(SETS, params={"sort": "nmae"}), 400, "28")
    assert "is an object" in refused(client.get(SETS, params={"sort": "permissionSpecification"}), 400, "28")


def test_nobody_changes_them(client: httpx.Client) -> None:
    for method, path in (("POST", SETS), ("PATCH", f"{SETS}/reader"), ("DELETE", f"{SETS}/reader")):
        answer = client.request(method, path, json={})
        refused(answer, 405, "61")
        assert answer.headers["allow"] == "GET, HEAD"
    assert "nobody" in refused(client.get(f"{SETS}/nobody"), 404, "60")


def test_what_is_there_already_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get(f"{SETS}/reader")
    again = client.get(f"{SETS}/reader", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    part = client.get(f"{SETS}/reader?fields=name")
    assert set(part.json()) == {"id", "href", "@type", "name"}
    assert part.headers["etag"] != first.headers["etag"]


def test_the_roles_are_those_of_the_access_file_whatever_they_are_called(deploy: Deploy, tmp_path: Path) -> None:
    access = tmp_path / "access.yaml"
    access.write_text(ACCESS, encoding="utf-8")
    own = deploy(access=str(access))
    (desk, clerk) = own.get(SETS).json()
    assert (desk["id"], clerk["id"]) == ("/telco/désk 1", "clerk")
    assert desk["href"] == f"{own.base_url}{SETS}/{quote('/telco/désk 1', safe='')}"
    assert own.get(desk["href"]).json() == desk


def test_documents_of_a_deployment_have_no_such_source(tmp_path: Path) -> None:
    text = Path("openapi/permission-v5.yaml").read_text(encoding="utf-8")
    text = text.replace("PermissionSpecification", "Grant").replace("rolesAndPermissionsManagement", "grants")
    (tmp_path / "grant-v5.yaml").write_text(text.replace("permissionSpecification", "grant"), encoding="utf-8")
    with pytest.raises(StartError, match="GrantSet/x-source: the server makes none of GrantSet"):
        served_apis(Settings(apis=str(tmp_path)))
