# SPDX-License-Identifier: Apache-2.0
"""What clients rely on: a create that is repeated is done once, and whatever goes wrong is told as a TMF Error."""

import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import httpx

from tests.paths import INDIVIDUAL
from tests.scenarios.operator import Operator
from tests.waiting import eventually

BODY = {"givenName": "Jane", "familyName": "Smith"}
KEY = {"Idempotency-Key": "order-4711"}
SEVERAL = 20


def test_a_create_repeated_after_a_crash_is_answered_as_the_first_time(operator: Operator) -> None:
    server = operator.serve()
    first = httpx.post(operator.url + INDIVIDUAL, json=BODY, headers=KEY)
    assert first.status_code == 201
    operator.kill(server)
    operator.serve()
    again = httpx.post(operator.url + INDIVIDUAL, json=BODY, headers=KEY)
    assert (again.status_code, again.content, again.headers["ETag"]) == (201, first.content, first.headers["ETag"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert httpx.get(operator.url + INDIVIDUAL).json() == [first.json()]


def test_many_repeats_at_once_are_one_resource_and_one_event(operator: Operator) -> None:
    operator.serve()

    def create(_: int) -> httpx.Response:
        return httpx.post(operator.url + INDIVIDUAL, json=BODY, headers=KEY, timeout=30)

    with ThreadPoolExecutor(SEVERAL) as clients:
        answers = list(clients.map(create, range(SEVERAL)))
    assert {each.status_code for each in answers} == {201}
    (id,) = {each.json()["id"] for each in answers}
    last = httpx.post(operator.url + INDIVIDUAL, json=BODY).json()["id"]
    eventually(lambda: operator.log_entries(resourceId=last), "the events are logged")
    logged = operator.log_entries(resource="Individual")
    assert [(entry["resourceId"], entry["eventType"]) for entry in logged] == [
        (id, "IndividualCreateEvent"),
        (last, "IndividualCreateEvent"),
    ]


def test_a_url_of_any_length_is_answered_by_the_server_as_it_is_deployed(operator: Operator) -> None:
    operator.serve()
    line = HTTPConnection("127.0.0.1", operator.port, timeout=30)
    try:
        line.request("GET", f"{INDIVIDUAL}?{'x' * 100_000}")
        answer = line.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (414, "67")
    finally:
        line.close()
