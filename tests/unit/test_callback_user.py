# SPDX-License-Identifier: Apache-2.0
"""A user in the URL of a callback: it is told apart from the URL, and the rest is as it was written."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidField
from app.events.hub.callback_user import User, user_of, without_user
from app.events.hub.credentials import read

TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters=":"), min_size=1, max_size=12)
RESTS = st.sampled_from(["listener.example", "listener.example:8443/a%2Fb?c=@d:e", "[::1]/x@y?z=http://a:b@c/"])


@given(TEXTS, st.none() | TEXTS, RESTS, st.sampled_from(["http", "https"]))
def test_name_and_password_come_out_of_a_url_and_leave_the_rest(
    username: str, password: str | None, rest: str, scheme: str
) -> None:
    userinfo = quote(username, safe="") + ("" if password is None else f":{quote(password, safe='')}")
    url = f"{scheme}://{userinfo}@{rest}"
    assert user_of(url) == User(username, password or "")
    assert without_user(url) == f"{scheme}://{rest}"
    assert read({}, user_of(url)).authentication == {
        "type": "basic",
        "username": username,
        "password": password or "",
    }


@given(RESTS)
def test_a_url_without_a_user_stays_as_it_is(rest: str) -> None:
    assert (user_of(f"https://{rest}"), without_user(f"https://{rest}")) == (None, f"https://{rest}")


def test_another_authentication_goes_before_the_user_of_the_url() -> None:
    bearer = {"type": "bearer", "token": "abc"}
    assert read({"authentication": bearer}, User("crm", "hush")).authentication == bearer


@pytest.mark.parametrize("user", [User("a:b", "hush"), User("", "hush"), User("crm", "hu\nsh")])
def test_a_user_that_no_header_can_tell_is_refused_without_being_repeated(user: User) -> None:
    with pytest.raises(InvalidField, match="/callback names a user whose") as refusal:
        read({}, user)
    assert "hush" not in refusal.value.message
