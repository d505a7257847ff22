# SPDX-License-Identifier: Apache-2.0
"""HTTP as it goes over the wire (RFC 9112): what is malformed, pipelined, half closed or not waited for."""

import json

import httpx
import pytest

from tests.contract.bodies import individual
from tests.paths import INDIVIDUAL
from tests.raw import Answer, asked, line, request

BODY = json.dumps(individual()).encode()
JSON = "Content-Type: application/json"
GET = request("GET", INDIVIDUAL)


def refused(answer: Answer, status: int, code: str) -> str:
    """The message of an answer, which is a TMF Error with a correlation id."""
    told = answer.json()
    assert (answer.status, told["code"], told["status"], told["@type"]) == (status, code, str(status), "Error")
    assert answer.headers["x-correlation-id"]
    assert answer.headers["content-type"] == "application/json"
    return str(told["message"])


MALFORMED = [
    pytest.param(
        f"GET {INDIVIDUAL}?givenName=A B HTTP/1.1\r\nHost: a\r\n\r\n".encode(), "'%20'", id="blank in the URL"
    ),
    pytest.param(request("GET", f"{INDIVIDUAL}?givenName=Zoë"), "'%C3%AB'", id="UTF-8 in the URL"),
    pytest.param(b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", "percent-encoded", id="Latin-1 in the URL"),
    pytest.param(request("FOO", "/"), "method", id="unknown method"),
    pytest.param(request("get", "/"), "method", id="method in small letters"),
    pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "no HTTP request", id="TLS"),
    pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1", id="HTTP/2"),
    pytest.param(b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "HTTP/1.1", id="another version"),
    pytest.param(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "Name: value", id="blank before a colon"),
    pytest.param(request("GET", "/", "A: b\r\n c"), "Name: value", id="a folded header"),
    pytest.param(request("GET", "/", "A: b\x01"), "Name: value", id="a control character"),
    pytest.param(request("POST", INDIVIDUAL, "Content-Length: -1"), "length", id="negative length"),
    pytest.param(request("POST", INDIVIDUAL, "Content-Length: 2", "Content-Length: 3"), "length", id="two lengths"),
    pytest.param(
        request("POST", INDIVIDUAL, "Transfer-Encoding: chunked", "Content-Length: 3"), "length", id="length and chunks"
    ),
    pytest.param(request("POST", INDIVIDUAL, "Transfer-Encoding: chunked", body=b"zz\r\n"), "chunk", id="no chunk"),
    pytest.param(request("POST", INDIVIDUAL, "Transfer-Encoding: gzip", body=b"x"), "chunk", id="unknown coding"),
]


@pytest.mark.parametrize(("sent", "told"), MALFORMED)
def test_what_cannot_be_read_is_a_tmf_error_too(client: httpx.Client, server: str, sent: bytes, told: str) -> None:
    with line(server) as spoken:
        spoken.send(sent)
        answer = spoken.answer()
        assert told in refused(answer, 400, "20")
        assert answer.headers["connection"] == "close"
        assert spoken.ends()
    assert client.get(INDIVIDUAL).json() == []


HEAD_REFUSED = [
    pytest.param(b"HEAD /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="UTF-8 in the URL"),
    pytest.param(b"HEAD \xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="UTF-8 begins the URL"),
    pytest.param(b"HEAD  HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="no URL"),
    pytest.param(b"HEAD /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="blank in the URL"),
    pytest.param(b"HEAD / HTTP/9.9\r\nHost: a\r\n\r\n", 400, id="no version"),
    pytest.param(b"HEAD / HTTP/2.0\r\nHost: a\r\n\r\n", 400, id="another version"),
    pytest.param(b"HEAD / FOO\r\nHost: a\r\n\r\n", 400, id="no protocol"),
    pytest.param(request("HEAD", "/", host=""), 400, id="no host"),
    pytest.param(request("HEAD", "/", "A : b"), 400, id="blank before a colon"),
    pytest.param(request("HEAD", "/", "A: b\x01"), 400, id="a control character"),
    pytest.param(request("HEAD", "/", "Content-Length: 2", "Content-Length: 3"), 400, id="two lengths"),
    pytest.param(
        request("HEAD", f"{INDIVIDUAL}/none", "Transfer-Encoding: chunked", body=b"zz\r\n"), 404, id="no chunk"
    ),
    pytest.param(request("HEAD", "/" + "a" * 20_000), 414, id="long URL"),
    pytest.param(request("HEAD", "/" + "a" * 200_000), 414, id="very long URL"),
    pytest.param(request("HEAD", "/", "A: " + "a" * 200_000), 431, id="long header"),
    pytest.param(request("HEAD", "/", *["A: b"] * 200), 431, id="many headers"),
    pytest.param(request("HEAD", "/nowhere"), 404, id="unknown path"),
    pytest.param(request("HEAD", f"{INDIVIDUAL}/none"), 404, id="unknown id"),
    pytest.param(b"HEAD / HTTP/1.1\r\nHo", 400, id="cut off in a header"),
    pytest.param(b"HEAD /a", 400, id="cut off in the URL"),
    pytest.param(request("HEAD", f"{INDIVIDUAL}/none", "Content-Length: 9", body=b"x"), 404, id="cut off in the body"),
]


@pytest.mark.parametrize("before", [b"", GET], ids=["first", "behind another"])
@pytest.mark.parametrize("apart", [False, True], ids=["at once", "byte by byte"])
@pytest.mark.parametrize(("sent", "status"), HEAD_REFUSED)
def test_a_refused_head_has_no_body_either(
    client: httpx.Client, server: str, sent: bytes, status: int, apart: bool, before: bytes
) -> None:
    pieces = [sent[at : at + 1] for at in range(100)] + [sent[100:]] if apart else [sent]
    with line(server) as spoken:
        if before:
            spoken.send(before)
            assert spoken.answer().status == 200
        for piece in pieces:
            spoken.send(piece)
        spoken.end()
        answer = spoken.answer(head=True)
        assert answer.status == status
        assert int(answer.headers["content-length"]) > 0
        assert spoken.ends()


@pytest.mark.parametrize("sent", [b"\x16\x03", b"FOO / HTTP/1.1\r\n", b"HEX / HTTP/1.1\r\n", b"GET /\xc3", b"HE", b"G"])
def test_what_is_refused_behind_a_head_has_its_body(client: httpx.Client, server: str, sent: bytes) -> None:
    with line(server) as spoken:
        spoken.send(request("HEAD", INDIVIDUAL))
        assert spoken.answer(head=True).status == 200
        spoken.send(sent)
        spoken.end()
        assert spoken.answer().json()["status"] == "400"
        assert spoken.ends()


@pytest.mark.parametrize(
    "hosts",
    [
        pytest.param([], id="none"),
        pytest.param(["Host: a", "Host: a"], id="two"),
        pytest.param(["Host: a", "host: b"], id="two different ones"),
        *(
            pytest.param([f"Host: {host}"], id=host or "empty")
            for host in ["", "a b", "a/b", "a@b", "a:b", "a:1:2", "[::1", "[::1]x", "a,b", "ü", "a?", "%zz", "a" * 400]
            if host != "a,b"
        ),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT"])
def test_without_one_valid_host_nothing_is_done(
    client: httpx.Client, server: str, method: str, hosts: list[str]
) -> None:
    shown = client.post(INDIVIDUAL, json=individual()).json()
    sent = request(method, f"{INDIVIDUAL}/{shown['id']}", *hosts, JSON, body=b'{"title":"x"}', host="")
    created = request("POST", INDIVIDUAL, *hosts, JSON, body=BODY, host="")
    for each in (sent, created):
        with line(server) as spoken:
            spoken.send(each)
            answer = spoken.answer(head=each.startswith(b"HEAD"))
            assert answer.status == 400
            assert spoken.ends()
            if answer.body:
                assert "Host" in refused(answer, 400, "26")
    assert client.get(INDIVIDUAL).json() == [shown]


@pytest.mark.parametrize(
    "host", ["a", "A.b-c_d", "a:", "a:80", "127.0.0.1:8080", "[::1]", "[::1]:80", "xn--bcher-kva.example"]
)
def test_a_host_may_be_a_name_or_an_address(client: httpx.Client, server: str, host: str) -> None:
    assert asked(server, request("GET", INDIVIDUAL, host=host)).status == 200


def test_http_1_0_needs_no_host_and_is_told_to_continue_nothing(client: httpx.Client, server: str) -> None:
    head = f"POST {INDIVIDUAL} HTTP/1.0\r\nExpect: 100-continue\r\n{JSON}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    with line(server) as spoken:
        spoken.send(head.encode() + BODY)
        assert spoken.answer().status == 201
        assert spoken.ends()


HEADERS_DECIDE = [
    pytest.param("POST", INDIVIDUAL, [JSON, "Content-Length: 99999999"], 413, id="too large"),
    pytest.param("POST", INDIVIDUAL, ["Content-Type: text/plain", "Content-Length: 9"], 415, id="type"),
    pytest.param("POST", INDIVIDUAL, [JSON, "Content-Encoding: br", "Content-Length: 9"], 415, id="coding"),
    pytest.param("POST", INDIVIDUAL, [JSON, "Accept: text/html", "Content-Length: 9"], 406, id="answer's type"),
    pytest.param("POST", INDIVIDUAL, [JSON, "Idempotency-Key: ü", "Content-Length: 9"], 400, id="key"),
    pytest.param("PATCH", f"{INDIVIDUAL}/1", [JSON, "If-Match: x", "Content-Length: 9"], 400, id="tag"),
    pytest.param("POST", "/nope", [JSON, "Content-Length: 9"], 404, id="path"),
    pytest.param("PUT", f"{INDIVIDUAL}/1", [JSON, "Content-Length: 9"], 405, id="method"),
    pytest.param("POST", INDIVIDUAL, [JSON, "Transfer-Encoding: chunked", "Content-Encoding: br"], 415, id="chunked"),
]


@pytest.mark.parametrize(("method", "path", "headers", "status"), HEADERS_DECIDE)
@pytest.mark.parametrize("expecting", [["Expect: 100-continue"], []], ids=["expecting", "not expecting"])
def test_what_the_headers_decide_is_told_at_once(
    server: str, method: str, path: str, headers: list[str], status: int, expecting: list[str]
) -> None:
    with line(server) as spoken:
        spoken.send(request(method, path, *headers, *expecting))
        answer = spoken.answer()
        assert answer.status == status
        assert answer.json()["@type"] == "Error"
        if expecting:
            assert answer.headers["connection"] == "close"
            assert spoken.ends()


def test_who_may_send_the_body_is_told_to_continue(client: httpx.Client, server: str) -> None:
    with line(server) as spoken:
        for _ in range(2):
            spoken.send(request("POST", INDIVIDUAL, JSON, "Expect: 100-continue", f"Content-Length: {len(BODY)}"))
            assert spoken.answer().status == 100
            spoken.send(BODY)
            assert spoken.answer().status == 201


def test_a_chunked_body_is_refused_when_it_passes_the_limit(client: httpx.Client, server: str) -> None:
    with line(server) as spoken:
        spoken.send(request("POST", INDIVIDUAL, JSON, "Transfer-Encoding: chunked"))
        spoken.send(b"100001\r\n" + b" " * 0x100001 + b"\r\n")
        assert "1048576" in refused(spoken.answer(), 413, "66")
        spoken.send(b"10\r\n" + b" " * 16 + b"\r\n")
        assert spoken.ends()
    assert client.get(INDIVIDUAL).json() == []


def test_who_sends_on_all_the_same_gets_to_read_the_answer(server: str) -> None:
    with line(server) as spoken:
        spoken.send(request("POST", INDIVIDUAL, JSON, "Content-Length: 8000000", body=b" " * 8_000_000))
        assert refused(spoken.answer(), 413, "66")
        assert spoken.ends()


def test_a_body_that_nobody_reads_leaves_the_connection_open(server: str) -> None:
    with line(server) as spoken:
        spoken.send(request("POST", "/nope", JSON, "Content-Length: 5"))
        assert refused(spoken.answer(), 404, "60")
        spoken.send(b"[1,2]" + GET)
        assert spoken.answer().status == 200


def test_pipelined_requests_are_answered_in_their_order_before_garbage(client: httpx.Client, server: str) -> None:
    with line(server) as spoken:
        spoken.send(request("POST", INDIVIDUAL, JSON, body=BODY) + GET + request("GET", "/nope") + b"garbage\r\n\r\n")
        assert spoken.answer().status == 201
        assert len(spoken.answer().json()) == 1
        assert refused(spoken.answer(), 404, "60")
        assert refused(spoken.answer(), 400, "20")
        assert spoken.ends()


def test_what_is_pipelined_without_end_is_answered_up_to_a_bound(server: str) -> None:
    with line(server) as spoken:
        spoken.send(request("GET", "/health/live") * 2000)
        statuses: list[int] = []
        while not statuses or statuses[-1] == 200:
            statuses.append(spoken.answer().status)
        assert statuses[-1] == 503
        assert len(statuses) > 100
        assert spoken.ends()


def test_a_half_closed_request_is_answered(client: httpx.Client, server: str) -> None:
    with line(server) as spoken:
        spoken.send(request("POST", INDIVIDUAL, JSON, body=BODY) + GET)
        spoken.end()
        assert spoken.answer().status == 201
        assert len(spoken.answer().json()) == 1
        assert spoken.ends()


@pytest.mark.parametrize("sent", [b"GET / HT", request("POST", INDIVIDUAL, JSON, "Content-Length: 50", body=b'{"a":')])
def test_a_request_that_ends_before_it_is_complete_is_told_so(client: httpx.Client, server: str, sent: bytes) -> None:
    with line(server) as spoken:
        spoken.send(sent)
        spoken.end()
        assert "complete" in refused(spoken.answer(), 400, "20")
        assert spoken.ends()
    assert client.get(INDIVIDUAL).json() == []


def test_a_connection_that_says_nothing_ends_without_an_answer(server: str) -> None:
    with line(server) as spoken:
        spoken.end()
        assert spoken.ends()


@pytest.mark.parametrize("upgrade", ["h2c", "websocket", "TLS/1.0"])
def test_who_asks_for_another_protocol_is_answered_in_this_one(client: httpx.Client, server: str, upgrade: str) -> None:
    other = ["Connection: Upgrade, HTTP2-Settings", f"Upgrade: {upgrade}", "HTTP2-Settings: AAMAAABk"]
    with line(server) as spoken:
        spoken.send(request("GET", INDIVIDUAL, *other) * 2 + request("POST", INDIVIDUAL, *other, JSON, body=BODY) + GET)
        assert [spoken.answer().status for _ in range(4)] == [200, 200, 201, 200]


@pytest.mark.parametrize(("target", "status"), [("*", 404), ("http://test", 200), (f"http://other{INDIVIDUAL}", 200)])
def test_a_target_may_have_any_form_of_the_standard(server: str, target: str, status: int) -> None:
    assert asked(server, request("GET" if status == 200 else "OPTIONS", target)).status == status


def test_a_tunnel_is_refused(server: str) -> None:
    with line(server) as spoken:
        spoken.send(request("CONNECT", "test:80") + GET)
        assert spoken.answer().status in (404, 405)
        assert spoken.ends()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(["A: " + "x" * 32_768], id="a long one"),
        pytest.param(["A: " + "x" * 5_000_000], id="one without end"),
        pytest.param([f"A{number}: x" for number in range(101)], id="many"),
        pytest.param([f"A{number}: {'x' * 400}" for number in range(90)], id="together"),
    ],
)
def test_more_headers_than_are_read_are_refused(server: str, headers: list[str]) -> None:
    with line(server) as spoken:
        spoken.send(request("GET", INDIVIDUAL, *headers))
        assert "32768" in refused(spoken.answer(), 431, "101")
        assert spoken.ends()


def test_trailers_and_extensions_of_chunks_are_bounded_too(server: str) -> None:
    begun = request("POST", INDIVIDUAL, JSON, "Transfer-Encoding: chunked")
    for endless in (b"0\r\nA: ", b"1;a="):
        with line(server) as spoken:
            spoken.send(begun + endless + b"x" * 1_000_000)
            assert refused(spoken.answer(), 431, "101")
            assert spoken.ends()


def test_a_body_in_the_smallest_chunks_is_read(client: httpx.Client, server: str) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY + b" " * 50_000)
    assert (
        asked(
            server, request("POST", INDIVIDUAL, JSON, "Transfer-Encoding: chunked", body=chunks + b"0\r\n\r\n")
        ).status
        == 201
    )


def test_a_refusal_has_the_correlation_id_of_its_request(server: str) -> None:
    answer = asked(server, request("GET", "/", "X-Correlation-ID: mine", "A: b", "Bad header"))
    assert answer.headers["x-correlation-id"] == "mine"


def test_who_sends_no_more_gets_an_answer_that_is_made_in_the_same_turn(client: httpx.Client, server: str) -> None:
    for _ in range(100):  # it depends on what the system tells the server at a time
        with line(server) as spoken:
            spoken.send(request("GET", "/" + "a" * 20_000))
            spoken.end()
            assert spoken.answer().status == 414
            assert spoken.ends()
