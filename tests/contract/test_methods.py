# SPDX-License-Identifier: Apache-2.0
"""Methods that a path does not take: 405, and the ones that it does take in `Allow`."""

import httpx
import pytest

from tests.contract.answers import refused
from tests.contract.documents import PATHS

ASKED = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
PAGES = ("/", "/health/live", "/health/ready", "/tmf-api/party/v4", "/tmf-api/party/v4/openapi.json")


def allowed(path: str) -> set[str]:
    """The methods that a document declares for a path, and HEAD wherever there is GET."""
    declared = {method.upper() for method in PATHS[path]}
    return declared | ({"HEAD"} if "GET" in declared else set())


WRONG = [
    pytest.param(method, path, id=f"{method} {path}")
    for path in PATHS
    for method in ASKED
    if method not in allowed(path)
]


@pytest.mark.parametrize(("method", "path"), WRONG)
def test_an_undeclared_method_is_refused_naming_the_declared_ones(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert set(answer.headers["allow"].split(", ")) == allowed(path)
    if method == "HEAD":
        assert (answer.status_code, answer.content) == (405, b"")
    else:
        assert all(name in refused(answer, 405, "61") for name in allowed(path))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_a_page_takes_no_writes(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, path)
    refused(answer, 405, "61")
    assert "GET" in answer.headers["allow"].split(", ")


def test_a_wrong_method_on_a_path_with_a_closing_slash_is_told_the_same(client: httpx.Client) -> None:
    bare, slashed = (client.put(f"/tmf-api/party/v4/individual{end}") for end in ("", "/"))
    assert bare.headers["allow"] == slashed.headers["allow"] == "GET, HEAD, POST"
    assert bare.json() == slashed.json()
