# SPDX-License-Identifier: Apache-2.0
"""Settings: defaults, the environment, what the command line overrides, and which variable is wrong."""

import string
from dataclasses import Field, fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import validate

from app.errors import StartError
from app.settings import Settings, listing, variable

words = st.text(string.printable + "éß", min_size=1, max_size=12)


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.read({}) == Settings()


def test_variables_are_read_by_the_type_of_the_setting() -> None:
    read = Settings.read(
        {
            "LIAISON_PORT": "9000",
            "LIAISON_HOST": "0.0.0.0",
            "LIAISON_RELAY": "false",
            "LIAISON_DELIVERY_TIMEOUT_SECONDS": "2.5",
            "MONGODB_URI": "mongodb://db/",
            "LIAISON_REFERENCES": "strict",
        }
    )
    assert (read.port, read.host, read.relay) == (9000, "0.0.0.0", False)
    assert (read.delivery_timeout_seconds, read.mongodb_uri, read.references) == (2.5, "mongodb://db/", "strict")


@pytest.mark.parametrize("environment", [{"LIAISON_PORT": ""}, {"PORT": "1"}, {"LIAISON_NOTHING": "1"}, {"PATH": "/"}])
def test_empty_and_foreign_variables_change_nothing(environment: dict[str, str]) -> None:
    assert Settings.read(environment) == Settings()


@pytest.mark.parametrize(("text", "on"), [("true", True), ("1", True), ("no", False), ("off", False), ("0", False)])
def test_a_switch_may_be_written_in_the_usual_ways(text: str, on: bool) -> None:
    assert Settings.read({"LIAISON_RELAY": text}).relay is on


def test_overrides_win_over_the_environment_unless_they_are_none() -> None:
    environment = {"LIAISON_PORT": "9000", "LIAISON_HOST": "here"}
    read = Settings.read(environment, port=9001, host=None, relay=False)
    assert (read.port, read.host, read.relay) == (9001, "here", False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIAISON_PORT", "http"),
        ("LIAISON_PORT", "65536"),
        ("LIAISON_PORT", "-1"),
        ("LIAISON_WORKERS", "1.5"),
        ("LIAISON_RELAY", "perhaps"),
        ("LIAISON_REFERENCES", "Local"),
        ("LIAISON_LOG_LEVEL", "chatty"),
        ("LIAISON_DEFAULT_LIMIT", "0"),
        ("LIAISON_MAX_LIMIT", "0"),
        ("LIAISON_MAX_BODY_BYTES", "1000"),
        ("LIAISON_MAX_URL_BYTES", "65536"),
        ("LIAISON_MAX_CONCURRENCY", "-1"),
        ("LIAISON_RATE", "-1"),
        ("LIAISON_RATE", "nan"),
        ("LIAISON_RATE", "1e7"),
        ("LIAISON_BURST", "0.5"),
        ("LIAISON_CLIENT_CONCURRENCY", "-1"),
        ("LIAISON_REQUIRE_IF_MATCH", "always"),
        ("LIAISON_IDEMPOTENCY_HOURS", "0"),
        ("LIAISON_QUERY_TIMEOUT_MS", "0"),
        ("LIAISON_DELIVERY_TIMEOUT_SECONDS", "nan"),
        ("LIAISON_DELIVERY_TIMEOUT_SECONDS", "0"),
        ("LIAISON_DELIVERY_RETRY_HOURS", "-1"),
        ("LIAISON_DATABASE", "x" * 64),
        ("LIAISON_ACTOR_HEADER", "X-User: alice"),
        ("LIAISON_ACTOR_HEADER", "X-User\n"),
        ("LIAISON_PAYLOAD_DAYS", "-1"),
        ("LIAISON_PAYLOAD_DAYS", "36501"),
    ],
)
def test_a_wrong_value_is_told_with_its_variable(name: str, value: str) -> None:
    with pytest.raises(StartError) as wrong:
        Settings.read({name: value})
    assert str(wrong.value).startswith(f"{name}={value!r}: ")


def test_a_wrong_override_is_told_with_its_variable() -> None:
    with pytest.raises(StartError, match=r"^LIAISON_PORT=70000: "):
        Settings.read({}, port=70000)


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(StartError, match=r"LIAISON_PORT='a': .*; LIAISON_WORKERS='b': "):
        Settings.read({"LIAISON_PORT": "a", "LIAISON_WORKERS": "b"})


def values(of: "Field[Any]") -> st.SearchStrategy[Any]:
    """What a setting may be."""
    check = of.metadata["check"]
    if isinstance(check, validate.OneOf):
        return st.sampled_from(list(check.choices))
    if isinstance(check, validate.Regexp):
        return st.from_regex(check.regex, fullmatch=True)
    if of.type is bool:
        return st.booleans()
    if of.type is str:
        return words
    least, most = check.min or 0, check.max or 10**9
    return st.integers(least, most) if of.type is int else st.floats(least, most)


@given(st.fixed_dictionaries({}, optional={field.name: values(field) for field in fields(Settings)}))
def test_another_process_reads_the_same_settings_from_the_environment(chosen: dict[str, Any]) -> None:
    settings = Settings(**chosen)
    assert Settings.read(settings.environment()) == settings


def test_every_setting_is_listed_with_its_default_and_help() -> None:
    shown = listing()
    assert [name for name, _, _ in shown] == [variable(field) for field in fields(Settings)]
    assert {name: default for name, default, _ in shown} == Settings().environment()
    assert all(help.endswith(".") for _, _, help in shown)


def test_variables_bear_the_name_of_the_product_except_where_the_world_has_one() -> None:
    foreign = {name for name, _, _ in listing() if not name.startswith("LIAISON_")}
    assert foreign == {"MONGODB_URI"}


@pytest.mark.parametrize(
    ("chosen", "url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "db", "port": 1}, "http://db:1"),
        ({"public_url": "https://api.example/tmf/"}, "https://api.example/tmf"),
    ],
)
def test_the_root_of_all_urls_has_no_closing_slash(chosen: dict[str, Any], url: str) -> None:
    assert Settings(**chosen).root_url == url
