# SPDX-License-Identifier: Apache-2.0
"""The image runs without privileges, and the composed services start in the order in which they need each other."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import Settings, listing

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stages() -> list[list[tuple[str, str]]]:
    """The stages of the Dockerfile, each as its instructions (name, rest of the line)."""
    text = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found: list[list[tuple[str, str]]] = []
    for line in lines:
        name, rest = line.split(maxsplit=1)
        if name == "FROM":
            found.append([])
        found[-1].append((name, rest))
    return found


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    composed: dict[str, Any] = yaml.safe_load((ROOT / "docker/compose.yaml").read_text(encoding="utf-8"))
    named: dict[str, Any] = composed["services"]
    return named


def instruction(stage: list[tuple[str, str]], name: str) -> str:
    return [rest for each, rest in stage if each == name][-1]


def test_the_image_is_built_in_one_stage_and_runs_in_another_on_the_same_python(
    stages: list[list[tuple[str, str]]],
) -> None:
    bases = [instruction(stage, "FROM").split()[0] for stage in stages]
    assert bases == ["python:3.12-slim-bookworm"] * 2


def test_the_user_of_the_image_is_not_root(stages: list[list[tuple[str, str]]]) -> None:
    assert int(instruction(stages[-1], "USER")) > 0


def test_the_image_serves_on_every_address_and_leaves_the_relay_to_another_container(
    stages: list[list[tuple[str, str]]],
) -> None:
    assert json.loads(instruction(stages[-1], "ENTRYPOINT")) == ["liaison"]
    assert json.loads(instruction(stages[-1], "CMD")) == ["serve", "--host", "0.0.0.0", "--no-relay"]
    assert instruction(stages[-1], "EXPOSE") == str(Settings().port)


def test_the_health_check_is_python_that_asks_whether_the_server_is_ready(
    stages: list[list[tuple[str, str]]],
) -> None:
    command = json.loads(instruction(stages[-1], "HEALTHCHECK").partition("CMD")[2])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "health check", "exec")
    assert "/health/ready" in command[2]


def test_the_build_context_lets_in_just_what_the_image_copies(stages: list[list[tuple[str, str]]]) -> None:
    copied = {source for name, rest in stages[0] if name == "COPY" for source in rest.split()[:-1]}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == copied


def test_the_server_waits_for_mongodb_and_the_relay_for_both(services: dict[str, Any]) -> None:
    waits = {
        name: {needed: how["condition"] for needed, how in service.get("depends_on", {}).items()}
        for name, service in services.items()
    }
    assert waits == {
        "mongodb": {},
        "server": {"mongodb": "service_healthy"},
        "relay": {"mongodb": "service_healthy", "server": "service_healthy"},
    }


def test_mongodb_is_a_supported_version_and_the_replica_set_that_the_uri_names(services: dict[str, Any]) -> None:
    mongodb = services["mongodb"]
    version = re.fullmatch(r"mongo:(\d+)(\.\d+)*", mongodb["image"])
    assert version is not None
    assert 6 <= int(version[1]) <= 8
    name = mongodb["command"][mongodb["command"].index("--replSet") + 1]
    assert f'_id: "{name}"' in mongodb["healthcheck"]["test"][-1]
    assert f"replicaSet={name}" in services["server"]["environment"]["MONGODB_URI"]


def test_mongodb_keeps_its_files_in_a_named_volume(services: dict[str, Any]) -> None:
    assert services["mongodb"]["volumes"] == ["mongodb:/data/db"]


def test_only_the_server_is_reached_and_only_from_this_machine(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"server": ["127.0.0.1:8080:8080"]}


def test_the_relay_runs_the_same_image_with_the_same_settings(services: dict[str, Any]) -> None:
    server, relay = services["server"], services["relay"]
    assert relay["command"] == ["relay"]
    assert (relay["image"], relay["environment"]) == (server["image"], server["environment"])
    assert relay["healthcheck"] == {"disable": True}


def test_every_variable_of_the_services_is_a_setting(services: dict[str, Any]) -> None:
    known = {variable for variable, _, _ in listing()}
    assert set(services["server"]["environment"]) <= known


def test_requests_in_flight_may_finish_before_the_container_is_killed(services: dict[str, Any]) -> None:
    assert int(services["server"]["stop_grace_period"].removesuffix("s")) > Settings().shutdown_seconds
