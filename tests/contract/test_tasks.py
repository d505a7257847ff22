# SPDX-License-Identifier: Apache-2.0
"""Tasks are created and answered with what they came to; a hook of the deployment may compute that."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.composition.served_apis import served_apis
from app.errors import DocumentsError
from app.settings import Settings
from tests.contract.answers import refused
from tests.listening import answering
from tests.serving import free_port, serving

BASE = "/tmf-api/serviceProblemManagement/v4"
GROUPS, UNGROUPS = f"{BASE}/problemGroup", f"{BASE}/problemUngroup"
TEXT = (Path(__file__).parent / "apis" / "service-problem-v4.yaml").read_text(encoding="utf-8")
HOOK = "https://rules.example.com/problem-group"
SECONDS = 0.5
"""How long the hook may take."""
LONGEST_SECONDS = 20
"""How long a hook that takes longer waits, at most, for the answer that was given in its place."""

Answer = Callable[[dict[str, Any]], tuple[int, Any]]


@dataclass
class Rules:
    """What computes the groups: it answers as it is told to, and remembers what it was asked."""

    answer: Answer = lambda body: (200, {})
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture(scope="module")
def served(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Rules]]:
    """A client of a server with the tasks, and their rules."""
    rules = Rules()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            rules.asked.append((self.headers["X-Correlation-ID"], body))
            status, answer = rules.answer(body)
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with ExitStack() as running:
        port = running.enter_context(answering(Handler))
        document = tmp_path_factory.mktemp("apis") / "service-problem-v4.yaml"
        document.write_text(TEXT.replace(HOOK, f"http://127.0.0.1:{port}/group"), encoding="utf-8")
        own = replace(settings, port=free_port(), apis=str(document), delivery_timeout_seconds=SECONDS)
        url = running.enter_context(serving(own))
        yield running.enter_context(httpx.Client(base_url=url)), rules


@pytest.fixture
def client(served: tuple[httpx.Client, Rules], clean_database: str) -> httpx.Client:
    """That client; nothing is kept yet."""
    return served[0]


@pytest.fixture
def rules(served: tuple[httpx.Client, Rules]) -> Rules:
    """The rules, which were asked nothing yet."""
    served[1].asked.clear()
    return served[1]


def kept(mongo: MongoClient[dict[str, Any]], database: str) -> int:
    return mongo[database]["problemGroup"].count_documents({})


def test_without_a_hook_a_task_is_answered_with_what_the_server_sets(client: httpx.Client) -> None:
    answer = client.post(UNGROUPS, json={"parentProblem": "7"})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert {**made, "id": "", "href": ""} == {
        "id": "",
        "href": "",
        "parentProblem": "7",
        "state": "done",
        "affectedProblem": [],
        "@type": "ProblemUngroup",
    }
    assert client.get(made["href"]).status_code == 404
    assert client.get(UNGROUPS).status_code == 405


def test_a_hook_computes_the_result_which_is_answered_and_kept(client: httpx.Client, rules: Rules) -> None:
    rules.answer = lambda body: (201, {"id": "x", "affectedProblem": [body["parentProblem"], "8"], "more": {"a": None}})
    body = {"parentProblem": "7", "reason": "storm"}
    answer = client.post(GROUPS, json=body, headers={"x-correlation-id": "trace-1"})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["affectedProblem"], made["state"], made["reason"]) == (["7", "8"], "done", "storm")
    assert made["id"] != "x"
    assert rules.asked == [("trace-1", body)]
    assert client.get(made["href"]).json() == made


def test_a_repeat_is_answered_from_what_is_kept(client: httpx.Client, rules: Rules) -> None:
    rules.answer = lambda body: (200, {"affectedProblem": [str(len(rules.asked))]})
    answers = [
        client.post(GROUPS, json={"parentProblem": "7"}, headers={"idempotency-key": "k"}).json() for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(rules.asked) == 1


def test_a_wrong_body_asks_no_hook(client: httpx.Client, rules: Rules) -> None:
    assert client.post(GROUPS, json={"parentProblem": 7}).status_code == 400
    assert rules.asked == []


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (500, {}, "failed: HTTP status 500"),
        (302, {}, "failed: HTTP status 302"),
        (200, b"", "should answer a JSON object of at most 65536 bytes"),
        (200, [], "should answer a JSON object of at most 65536 bytes"),
        (200, b"{" + b" " * 70_000 + b"}", "should answer a JSON object of at most 65536 bytes"),
        (200, {}, "answered what the document does not allow: /affectedProblem is mandatory"),
        (200, {"affectedProblem": [7]}, "/affectedProblem/0 must be a string"),
        (200, {"affectedProblem": [], "state": "lost"}, "/state must be one of done, failed"),
    ],
)
def test_a_hook_that_fails_is_a_bad_gateway_and_nothing_is_kept(
    client: httpx.Client,
    rules: Rules,
    mongo: MongoClient[dict[str, Any]],
    clean_database: str,
    status: int,
    answer: Any,
    told: str,
) -> None:
    rules.answer = lambda body: (status, answer)
    message = refused(client.post(GROUPS, json={"parentProblem": "7"}), 502, "8")
    assert told in message
    assert kept(mongo, clean_database) == 0


def test_a_hook_that_takes_too_long_is_a_gateway_timeout(
    client: httpx.Client, rules: Rules, mongo: MongoClient[dict[str, Any]], clean_database: str
) -> None:
    answered = Event()

    def wait_for_the_answer(_body: dict[str, Any]) -> tuple[int, Any]:
        answered.wait(LONGEST_SECONDS)
        return 200, {"affectedProblem": []}

    rules.answer = wait_for_the_answer
    message = refused(client.post(GROUPS, json={"parentProblem": "7"}), 504, "9")
    answered.set()
    assert message == "The hook that computes a ProblemGroup did not answer within 0.5 seconds"
    assert kept(mongo, clean_database) == 0


def test_the_document_says_what_a_task_may_be_answered(client: httpx.Client) -> None:
    paths = client.get(f"{BASE}/openapi.json").json()["paths"]
    assert {"502", "504"} <= paths["/problemGroup"]["post"]["responses"].keys()
    assert not {"502", "504"} & paths["/problemUngroup"]["post"]["responses"].keys()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            HOOK,
            "http://10.0.0.1/",
            "service-problem-v4.yaml: /x-tmf-resources/ProblemGroup/x-hook: 10.0.0.1 is no public address",
        ),
        (HOOK, "rules.example.com", "x-tmf-resources/ProblemGroup/x-hook must be an absolute http or https URL"),
        ("[create, retrieve]", "[retrieve]", "x-tmf-resources.ProblemGroup.x-hook: nothing is created"),
        ("x-hook:", "x-parent: ProblemUngroup\n    x-hook:", "x-hook: what is within another resource has none"),
    ],
)
def test_a_hook_that_nothing_may_call_stops_the_start(
    settings: Settings, tmp_path: Path, old: str, new: str, told: str
) -> None:
    document = tmp_path / "service-problem-v4.yaml"
    document.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DocumentsError) as stopped:
        served_apis(replace(settings, apis=str(document)))
    assert told in str(stopped.value)
