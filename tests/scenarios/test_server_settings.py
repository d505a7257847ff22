# SPDX-License-Identifier: Apache-2.0
"""Commands that work beside a server do as it does, though nobody tells them its settings."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import click
import httpx
import pytest

from app.cli import main
from app.domain.events import lower_camel
from app.settings import Settings, variable
from app.storage.mongod.noted_settings import NOTED, noted_values
from tests.contract.performing import TERMINATE, flow_body
from tests.listening import Listener, listening
from tests.scenarios.operator import Operator
from tests.served import CREATED
from tests.waiting import eventually

PUBLIC_URL = "https://api.operator.example/liaison"
SERVED = {
    "LIAISON_PUBLIC_URL": PUBLIC_URL,
    "LIAISON_PATH_PREFIX": "/r1",
    "LIAISON_BASE_PATHS": "party-v4=/tmf-api/partyManagement/v4",
    "LIAISON_REFERENCES": "strict",
    "LIAISON_LIFECYCLES": "lifecycles.yaml",
    "LIAISON_CALLBACK_NETWORKS": "127.0.0.0/8",
    "LIAISON_PAYLOAD_DAYS": "7",
    "LIAISON_MAX_BODY_BYTES": "2048",
}
PARTY = "/r1/tmf-api/partyManagement/v4"
LIFECYCLE = "Customer: {initial: Lead, moves: {Lead: [Active], Active: []}}"
JANE: dict[str, object] = {"givenName": "Jane", "familyName": "Smith"}
CUSTOMER: dict[str, object] = {"name": "Ann", "engagedParty": {"id": "nobody", "@referredType": "Individual"}}
SECONDS = 90
WHO_MAY_CALL = "who may call over HTTP: it changes nothing of what data mean"
ALONE = {
    "LIAISON_HOST": "part of the root of URLs",
    "LIAISON_PORT": "part of the root of URLs",
    "LIAISON_WORKERS": "how the server runs",
    "MONGODB_URI": "where the note is",
    "LIAISON_DATABASE": "where the note is",
    "LIAISON_DATA": "where the note is",
    "LIAISON_RESERVED_MEGABYTES": "how the server runs",
    "LIAISON_RELAY": "how the server runs",
    "LIAISON_ACCEPT_DATA": "how the server starts",
    "LIAISON_DEPRECATION": "headers of answers",
    "LIAISON_SUNSET": "headers of answers",
    "LIAISON_INSIGHT_ANSWERS": "answers over HTTP",
    "LIAISON_DEFAULT_LIMIT": "lists over HTTP",
    "LIAISON_MAX_LIMIT": "lists over HTTP",
    "LIAISON_PARTIAL_STATUS": "lists over HTTP",
    "LIAISON_MAX_RESPONSE_BYTES": "lists over HTTP",
    "LIAISON_LISTS_MEGABYTES": "how the server runs",
    "LIAISON_FORWARDED_FROM": "requests over HTTP",
    "LIAISON_MAX_URL_BYTES": "requests over HTTP",
    "LIAISON_MAX_HEADER_BYTES": "requests over HTTP",
    "LIAISON_MAX_CONNECTIONS": "requests over HTTP",
    "LIAISON_REQUEST_SECONDS": "requests over HTTP",
    "LIAISON_IDLE_SECONDS": "requests over HTTP",
    "LIAISON_MAX_CONCURRENCY": "requests over HTTP",
    "LIAISON_RATE": "requests over HTTP",
    "LIAISON_BURST": "requests over HTTP",
    "LIAISON_CLIENT_CONCURRENCY": "requests over HTTP",
    "LIAISON_CORS_ORIGINS": WHO_MAY_CALL,
    "LIAISON_REQUIRE_IF_MATCH": "requests over HTTP",
    "LIAISON_ACTOR_HEADER": "requests over HTTP",
    "LIAISON_ISSUERS": WHO_MAY_CALL,
    "LIAISON_AUDIENCE": WHO_MAY_CALL,
    "LIAISON_ACCESS": WHO_MAY_CALL,
    "LIAISON_INSECURE": WHO_MAY_CALL,
    "LIAISON_SHUTDOWN_SECONDS": "how the server runs",
    "LIAISON_SECRETS_KEY": "secret",
    "LIAISON_NOTICE_HOOK_SECRET": "secret",
    "LIAISON_SMTP_PASSWORD": "secret",
    "LIAISON_LOG_LEVEL": "of each process",
}
"""The settings that are not noted, and why."""


@dataclass
class Beside:
    """A server, and commands on its data from another directory with another environment."""

    operator: Operator
    directory: Path
    listener: Listener
    hub: str
    individual: str

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command of somebody who knows where the data are, and nothing else."""
        foreign = ("LIAISON_", "MONGODB_")
        bare = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        command = [sys.executable, "-m", "app.cli", *arguments, "--data", str(self.operator.directory)]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, env={**bare, **environment}, cwd=self.directory
        )

    def file(self, *bodies: dict[str, object]) -> str:
        """A file with these lines."""
        file = self.directory / f"lines-{len(list(self.directory.iterdir()))}.ndjson"
        file.write_text("".join(json.dumps(body) + "\n" for body in bodies))
        return str(file)

    def rejects(self, resource: str, body: dict[str, object]) -> str:
        """Why an import of the body is refused."""
        file = self.file(body)
        assert self.run("import", file, "--resource", resource, "--version", "v4").returncode == 3
        return Path(f"{file}.rejects.ndjson").read_text()


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    directory = tmp_path_factory.mktemp("served")
    lifecycles = directory / SERVED["LIAISON_LIFECYCLES"]
    lifecycles.write_text(LIFECYCLE)
    operator = Operator(directory / "data", chosen={**SERVED, "LIAISON_LIFECYCLES": os.path.relpath(lifecycles)})
    with listening() as listener:
        try:
            operator.serve("--no-relay")
            with httpx.Client(base_url=operator.url + PARTY) as client:
                hub = client.post("/hub", json={"callback": listener.url}).json()["id"]
                individual = client.post("/individual", json=JANE).json()["href"]
            yield Beside(operator, tmp_path_factory.mktemp("elsewhere"), listener, hub, individual)
        finally:
            operator.stop()


def export(beside: Beside) -> None:
    """An export writes the server's URLs."""
    exported = beside.run("export", "individual", "--version", "v4")
    assert beside.individual.startswith(PUBLIC_URL + PARTY)
    assert beside.individual in [json.loads(line)["href"] for line in exported.stdout.splitlines()], exported.stderr
    assert exported.stderr == ""


def import_(beside: Beside) -> None:
    """An import checks references and lifecycles as the server does, and refuses lines that are too long for it."""
    assert "nobody" in beside.rejects("customer", CUSTOMER)
    known = {"id": beside.individual.rpartition("/")[2], "@referredType": "Individual"}
    assert "Lead" in beside.rejects("customer", {**CUSTOMER, "engagedParty": known, "status": "Approved"})
    assert "2048" in beside.rejects("individual", {**JANE, "title": "x" * 3000})


def check_data(beside: Beside) -> None:
    """Stored documents are held to the server's own lifecycles."""
    known = {"id": beside.individual.rpartition("/")[2], "@referredType": "Individual"}
    path = f"{beside.operator.url}/r1/tmf-api/customerManagement/v4/customer"
    assert httpx.post(path, json={**CUSTOMER, "engagedParty": known}).json()["status"] == "Lead"
    checked = beside.run("spec", "check-data")
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout


def seed(beside: Beside) -> None:
    """Seeded data are what the server takes for such, and a summary says how many there are."""
    seeded = beside.run("seed", "--customers", "1", "--seed", "5")
    assert "Lead" in seeded.stdout + seeded.stderr


def hub_test(beside: Beside) -> None:
    """A trial may call whom the server may."""
    tested = beside.run("hub", "test", beside.hub)
    assert (tested.returncode, "answer: HTTP status 204" in tested.stdout) == (0, True), tested.stderr


def retain(beside: Beside) -> None:
    """Payloads stay as long as the server says."""
    assert beside.run("audit", "retain").stdout == "0 payloads dropped\n"


def relay(beside: Beside) -> None:
    """A relay of its own calls whom the server may, with the server's URLs."""
    heard = len(beside.listener.received)
    process = beside.operator.start_bare("relay")
    try:
        eventually(lambda: len(beside.listener.received) > heard, "an event arrives", SECONDS)
    finally:
        process.terminate()
        process.wait(SECONDS)
    hrefs = [each["event"]["individual"]["href"] for each in beside.listener.received if "individual" in each["event"]]
    assert beside.individual in hrefs


def process_show(beside: Beside) -> None:
    """A flow is shown with the server's URLs."""
    root = f"{beside.operator.url}/r1/tmf-api"
    # A party of its own, as one is one customer at a time.
    parties = beside.individual.rpartition("/")[0].replace(PUBLIC_URL, beside.operator.url)
    party = httpx.post(parties, json={"givenName": "Ngozi", "familyName": "Okafor"}).json()
    known = {"id": party["id"], "@referredType": "Individual"}
    customer = httpx.post(f"{root}/customerManagement/v4/customer", json={**CUSTOMER, "engagedParty": known}).json()
    flow = httpx.post(
        f"{root}/processFlowManagement/v4/processFlow", json=flow_body(TERMINATE, customer, reason="customerWish")
    ).json()
    shown = json.loads(beside.run("process", "show", flow["id"], "--json").stdout)
    assert shown["processFlow"]["href"] == flow["href"]
    assert flow["href"].startswith(f"{PUBLIC_URL}/r1/")


def nothing(_beside: Beside) -> None:
    """It shows what is stored as it is stored."""


COMMANDS: dict[str, Callable[[Beside], None]] = {
    **dict.fromkeys((f"export {lower_camel(resource)}" for resource in CREATED), export),
    "import": import_,
    "hub test": hub_test,
    "audit retain": retain,
    "relay": relay,
    "seed": seed,
    "spec check-data": check_data,
    "process show": process_show,
    **dict.fromkeys(
        [
            "archive list",
            "archive show",
            "archive verify",
            "archive put",
            "archive restore",
            "archive purge",
            "retention check",
            "retention due",
            "retention list",
            "audit verify",
            "audit reseal",
            "audit show",
            "export events",
            "export interactions",
            "identity collisions",
            "identity scan",
            "hub list",
            "hub show",
            "hub pause",
            "hub resume",
            "hub replay",
            "mail receive",
            "policy check",
            "policy preview",
            "process list",
            "process cancel",
            "process retry",
        ],
        nothing,
    ),
    **dict.fromkeys(
        [
            "retention check",
            "retention list",
            "roles",
            "serve",
            "settings",
            "spec adopt",
            "spec bundle",
            "spec indexes",
            "spec lint",
            "templates preview",
        ],
        nothing,
    ),
}
"""Every command, and what shows that it knows what it must of the server's settings."""


def commands(group: click.Group, before: str = "") -> Iterator[str]:
    """The names of all commands."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name


def test_each_command_is_in_the_table() -> None:
    assert sorted(commands(main)) == sorted(COMMANDS)


def test_each_setting_is_noted_or_there_is_a_reason_why_not() -> None:
    assert sorted([*NOTED, *ALONE]) == sorted(variable(each) for each in fields(Settings))


def test_nothing_secret_is_noted() -> None:
    secret = Settings(mongodb_uri="mongodb://user:pass@db.example/", secrets_key="key")
    assert not {"mongodb://user:pass@db.example/", "key"} & set(noted_values(secret).values())


@pytest.mark.parametrize("shows", dict.fromkeys(COMMANDS.values()), ids=lambda shows: shows.__name__)
def test_a_command_beside_a_server_does_as_it_does(beside: Beside, shows: Callable[[Beside], None]) -> None:
    shows(beside)


def test_what_a_command_is_told_itself_holds_and_the_difference_is_told(beside: Beside) -> None:
    own = "http://other.example"
    exported = beside.run(
        "export", "individual", "--version", "v4", LIAISON_PUBLIC_URL=own, LIAISON_REFERENCES="strict"
    )
    assert json.loads(exported.stdout.splitlines()[0])["href"].startswith(f"{own}{PARTY}/individual/")
    (line,) = exported.stderr.splitlines()
    assert line.startswith(f"LIAISON_PUBLIC_URL is '{own}' here and '{PUBLIC_URL}' at the server")
    assert line.endswith(f"'{own}' is used")


def test_a_trial_that_may_call_fewer_says_why(beside: Beside) -> None:
    tested = beside.run("hub", "test", beside.hub, LIAISON_CALLBACK_NETWORKS="10.0.0.0/8")
    assert tested.returncode == 1
    assert "LIAISON_CALLBACK_NETWORKS is '10.0.0.0/8' here and '127.0.0.0/8' at the server" in tested.stderr
