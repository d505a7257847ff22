# SPDX-License-Identifier: Apache-2.0
"""Issuers and roles of a deployment: what the settings and the access file say, and what of it is refused."""

from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.issuers import Access, Issuer, metadata_urls, read_access
from app.access.roles import DEFAULT_ROLES, Roles
from app.composition.access import refuse_open_server
from app.domain.scopes import NAMED_ALONE, VERBS, covers, is_grant, is_scope
from app.errors import StartError
from app.settings import Settings

REALM = "https://id.example.com/realms/telco"


def access_of(tmp_path: Path, text: str) -> Access:
    file = tmp_path / "access.yaml"
    file.write_text(text)
    return read_access("", "", str(file))


def test_without_settings_nobody_is_asked_for_a_token() -> None:
    assert read_access("", "", "") == Access()


def test_two_settings_are_enough_for_usual_issuers() -> None:
    access = read_access(f"{REALM}, http://127.0.0.1:9000", "liaison,tmf", "")
    audiences = frozenset({"liaison", "tmf"})
    assert access.issuers == (Issuer(REALM, audiences), Issuer("http://127.0.0.1:9000", audiences))
    assert access.roles is DEFAULT_ROLES


@pytest.mark.parametrize(
    ("issuers", "text"),
    [
        ("https://crm:hush@id.example.com", ""),
        ("crm:hush@id.example.com", ""),
        ("", "issuers: {'https://crm:hush@id.example.com': {audience: [a]}}"),
        ("", f"issuers: {{'{REALM}': {{audience: [a], jwks: 'https://crm:hush@keys.example.com/'}}}}"),
    ],
)
def test_no_url_has_a_password_and_the_refusal_does_not_repeat_it(tmp_path: Path, issuers: str, text: str) -> None:
    file = tmp_path / "access.yaml"
    file.write_text(text)
    with pytest.raises(StartError) as refusal:
        read_access(issuers, "a" if issuers else "", str(file) if text else "")
    assert "user" in str(refusal.value)
    assert "hush" not in str(refusal.value)


def test_a_file_says_all_there_is_to_say(tmp_path: Path) -> None:
    access = access_of(
        tmp_path,
        f"""
        issuers:
          {REALM}:
            audience: [liaison]
            typ: at+jwt
            algorithms: [ES256]
            jwks: http://keys.internal:8080/telco.json
            skew_seconds: 5
            claims: {{roles: resource_access.liaison.roles}}
        roles:
          clerk: ['customer:*', '*:read']
        """,
    )
    (issuer,) = access.issuers
    assert (issuer.typ, issuer.algorithms, issuer.skew_seconds) == ("at+jwt", ("ES256",), 5)
    assert issuer.claims.roles == ("resource_access.liaison.roles",)
    assert access.roles.allow("clerk", "customer:delete")
    assert not access.roles.allow("agent", "customer:read")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[]", "access.yaml"),
        ("a: {", "no YAML"),
        ("people: {}", "people: Unknown field"),
        (f"issuers: {{{REALM}: {{}}}}", f"issuers.{REALM}: audience: Missing data"),
        (f"issuers: {{{REALM}: {{audience: []}}}}", "audience: Shorter than minimum"),
        (f"issuers: {{{REALM}: {{audience: [a], algorithms: [none]}}}}", "algorithms.0: Must be one of"),
        (f"issuers: {{{REALM}: {{audience: [a], algorithms: [HS256]}}}}", "algorithms.0: Must be one of"),
        (f"issuers: {{{REALM}: {{audience: [a], skew_seconds: 3600}}}}", "skew_seconds"),
        ("issuers: {'http://id.example.com': {audience: [a]}}", "should be the https URL"),
        ("roles: {clerk: 'customer:read'}", "roles.clerk: should be a list"),
        ("roles: {'..': ['customer:read']}", "'..': should be neither empty nor '.' nor '..'"),
        ("roles: {'': ['customer:read']}", "'': should be neither empty"),
        ("roles: {clerk: ['customer:buy'], boss: ['all']}", "roles.clerk: 'customer:buy' should be"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(StartError) as refusal:
        access_of(tmp_path, text)
    assert place in str(refusal.value)


@pytest.mark.parametrize(
    ("issuers", "audience", "file", "told"),
    [
        (REALM, "", "", "LIAISON_AUDIENCE"),
        ("http://id.example.com", "a", "", "should be the https URL"),
        ("id.example.com", "a", "", "should be the https URL"),
        ("", "", "nowhere.yaml", "cannot be read"),
    ],
)
def test_settings_that_say_too_little_are_refused(issuers: str, audience: str, file: str, told: str) -> None:
    with pytest.raises(StartError) as refusal:
        read_access(issuers, audience, file)
    assert told in str(refusal.value)


def test_the_metadata_are_where_either_standard_puts_them() -> None:
    assert metadata_urls(f"{REALM}/") == (
        f"{REALM}/.well-known/openid-configuration",
        "https://id.example.com/.well-known/oauth-authorization-server/realms/telco",
    )


RESOURCES = st.sampled_from(["customer", "individual", *sorted(NAMED_ALONE)])
GRANTS = st.builds("{}:{}".format, st.sampled_from(["*", "customer", "hub"]), st.sampled_from(["*", *VERBS]))


@given(st.lists(GRANTS), RESOURCES, st.sampled_from(VERBS))
def test_a_grant_covers_a_scope_that_it_names_or_has_a_star_for(grants: list[str], resource: str, verb: str) -> None:
    def by(grant: str) -> bool:
        of, _, what = grant.partition(":")
        named = of == resource or (of == "*" and (resource not in NAMED_ALONE or what == "*"))
        return named and what in ("*", verb)

    assert covers(grants, f"{resource}:{verb}") == any(map(by, grants))


@given(st.text(max_size=12))
def test_a_scope_is_a_grant_without_a_star(text: str) -> None:
    assert is_scope(text) == (is_grant(text) and "*" not in text)


def test_a_role_that_is_not_known_grants_nothing() -> None:
    roles = Roles({"reader": ("*:read",)})
    assert roles.grants_of(["reader", "owner"], ["hub:read"]) == {"*:read", "hub:read"}


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        ({}, False),
        ({"host": "::1"}, False),
        ({"host": "localhost"}, False),
        ({"host": "0.0.0.0"}, True),
        ({"host": "192.168.1.7"}, True),
        ({"host": "server.internal"}, True),
        ({"host": "0.0.0.0", "insecure": True}, False),
        ({"host": "0.0.0.0", "issuers": REALM, "audience": "liaison"}, False),
    ],
)
def test_a_server_that_asks_for_no_token_is_for_this_machine_alone(settings: dict[str, object], refused: bool) -> None:
    with pytest.raises(StartError, match="--insecure") if refused else nullcontext():
        refuse_open_server(Settings(**settings))  # type: ignore[arg-type]
