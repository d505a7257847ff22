# SPDX-License-Identifier: Apache-2.0
"""Roles as permission specification sets (TMF672), and as an ODA component's manifest names them."""

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.access.permission_sets import component_roles, permission_specification_sets
from app.access.roles import DEFAULT_ROLES, Roles
from app.cli.roles import roles
from app.composition.factory import Liaison
from app.domain.query.predicates import Every
from app.domain.scopes import VERBS, covers
from app.errors import StartError
from app.resources.lists.pages import ListQuery
from app.settings import Settings
from app.spec.server_sources import refuse_wrong_sources
from app.storage.mongod.client import connect
from tests.served import DOCUMENTS, SERVED
from tests.unit.examples import violations

SET = "PermissionSpecificationSet"
GRANTS = st.builds("{}:{}".format, st.sampled_from(["*", "customer", "hub", "event"]), st.sampled_from([*VERBS, "*"]))


@given(st.dictionaries(st.text(min_size=1, max_size=9), st.lists(GRANTS).map(tuple), max_size=4))
def test_each_role_is_a_valid_set_with_just_what_it_grants(grants: dict[str, tuple[str, ...]]) -> None:
    told = permission_specification_sets(Roles(grants))
    assert told.keys() == grants.keys()
    for name, one in told.items():
        assert (one["id"], one["name"], one["involvementRole"]) == (name, name, name)
        assert [f"{each['function']}:{each['action']}" for each in one["permissionSpecification"]] == [*grants[name]]
        shown = SERVED[SET, "v5"].to_view(name, one)
        schema = {"$ref": "#/components/schemas/PermissionSpecificationSet_Representation"}
        assert violations(DOCUMENTS["permission-v5"], schema, shown) == []


@pytest.mark.parametrize(
    ("grants", "description"),
    [
        (("*:*",), "Read, create, update, delete and reveal every resource"),
        (("*:read", "hub:read", "topic:read"), "Read every resource but event, hub and topic; read hub and topic"),
        (("customer:update", "customer:read"), "Read and update customer"),
        (("*:delete", "*:*"), "Read, create, update, delete and reveal every resource"),
        ((), "Nothing"),
    ],
)
def test_a_description_says_in_words_what_a_role_may_do(grants: tuple[str, ...], description: str) -> None:
    assert permission_specification_sets(Roles({"clerk": grants}))["clerk"]["description"] == description


def test_who_may_read_everything_may_read_the_roles_and_a_partner_may_not() -> None:
    scope = "permissionSpecificationSet:read"
    allowed = {name for name, grants in DEFAULT_ROLES.grants.items() if covers(grants, scope)}
    assert allowed == DEFAULT_ROLES.grants.keys() - {"partner"}


def test_a_component_manifest_gets_each_role_with_its_description() -> None:
    printed = CliRunner().invoke(roles, ["--component"])
    assert yaml.safe_load(printed.output) == {"componentRole": component_roles(DEFAULT_ROLES)}
    assert [each["name"] for each in component_roles(DEFAULT_ROLES)] == [*DEFAULT_ROLES.grants]


def test_roles_are_printed_in_one_form() -> None:
    printed = CliRunner().invoke(roles, ["--component", "--yaml"])
    assert (printed.exit_code, "choose one" in printed.output) == (2, True)


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"x-source": "rolls", "x-operations": ["list", "retrieve"]}, "x-source: 'rolls' is none; there are roles"),
        ({"x-source": "roles"}, r"x-operations should be \[list, retrieve\]"),
        ({"x-source": "roles", "x-operations": ["list", "create"]}, r"x-operations should be \[list, retrieve\]"),
    ],
)
def test_what_the_server_makes_clients_only_read(declared: dict[str, object], told: str) -> None:
    with pytest.raises(StartError, match=told):
        refuse_wrong_sources({"Thing": declared})


@pytest.mark.anyio
async def test_roles_are_told_without_a_database() -> None:
    unreachable = Settings(mongodb_uri="mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1")
    liaison = Liaison(unreachable, connect(unreachable))
    engine = next(api.engines[SET] for api in liaison.apis if SET in api.engines)
    page = await engine.find(ListQuery(Every(()), offset=0, limit=100))
    assert [each["id"] for each in page.items] == sorted(DEFAULT_ROLES.grants)
    assert [(await engine.get(each["id"])).view for each in page.items] == page.items
