# SPDX-License-Identifier: Apache-2.0
"""What an operator relies on: requests in flight are finished, and log lines tell of which request they are."""

import json
import signal
import socket
from typing import Any

import httpx

from tests.listening import Listener
from tests.paths import INDIVIDUAL
from tests.scenarios.operator import Operator
from tests.waiting import eventually

BODY = b'{"givenName":"Jane","familyName":"Smith"}'
HEAD = "\r\n".join(
    [
        f"POST {INDIVIDUAL} HTTP/1.1",
        "Host: liaison",
        "Content-Type: application/json",
        f"Content-Length: {len(BODY)}",
        "",
        "",
    ]
)


def test_a_request_in_flight_at_shutdown_is_finished(operator: Operator) -> None:
    server = operator.serve()
    with socket.create_connection(("127.0.0.1", operator.port), timeout=30) as connection:
        connection.sendall(HEAD.encode() + BODY[:10])
        server.send_signal(signal.SIGTERM)
        eventually(lambda: _refuses(operator.port), "no new connection is taken")
        connection.sendall(BODY[10:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 201")
    assert server.wait(30) == 0


def test_the_correlation_id_of_a_request_is_in_its_log_line_and_its_event(
    operator: Operator, listener: Listener
) -> None:
    operator.serve()
    with httpx.Client(base_url=operator.url, headers={"X-Correlation-ID": "order-4711"}) as client:
        client.post("/tmf-api/party/v4/hub", json={"callback": listener.url}).raise_for_status()
        answer = client.post(INDIVIDUAL, content=BODY)
    assert answer.headers["X-Correlation-ID"] == "order-4711"
    event = eventually(lambda: listener.received, "the event arrives")[0]
    assert event["correlationId"] == "order-4711"
    line = eventually(lambda: _logged(operator, INDIVIDUAL), "the request is logged")[0]
    assert (line["method"], line["status"], line["correlation_id"]) == ("POST", 201, "order-4711")


def _logged(operator: Operator, path: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in operator.log.splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("path") == path]


def _refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False
