# SPDX-License-Identifier: Apache-2.0
"""Behind a real nginx, which keeps a prefix or strips it, with the configurations that docs/proxies.md shows."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from tests.serving import free_port, serving
from tests.waiting import eventually

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
REQUIRED = os.environ.get("LIAISON_TEST_REQUIRE_NGINX") == "1"
"""Whether a missing nginx fails the tests, instead of skipping them."""
PAGE = Path(__file__).parents[2] / "docs" / "proxies.md"
CONFIGURATIONS = dict(re.findall(r"<!-- (\w+) -->\n+```nginx\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
WHOLE = """
daemon off; pid {folder}/pid; error_log stderr; worker_processes 1;
events {{ }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; {locations} }}
}}
"""

pytestmark = pytest.mark.skipif(not NGINX and not REQUIRED, reason="no nginx found; on Debian: apt-get install nginx")


@pytest.fixture(params=sorted(CONFIGURATIONS))
def public(
    request: pytest.FixtureRequest, mongodb_uri: str, clean_database: str, tmp_path: Path
) -> Iterator[httpx.Client]:
    """A client of the server's public URL, which is that of an nginx before it."""
    assert NGINX, "nginx is required here and not installed; on Debian: apt-get install nginx"
    port, public = free_port(), free_port()
    forwarding = request.param == "forwarded"
    changes = {"forwarded_from": "127.0.0.0/8"} if forwarding else {"public_url": f"http://127.0.0.1:{public}/liaison"}
    settings = Settings(
        mongodb_uri=mongodb_uri,
        database=clean_database,
        port=port,
        log_level="warning",
        **changes,  # type: ignore[arg-type]
    )
    locations = CONFIGURATIONS[request.param].replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(WHOLE.format(folder=tmp_path, port=public, locations=locations), encoding="utf-8")
    with serving(settings), httpx.Client(base_url=f"http://127.0.0.1:{public}/liaison") as client:
        proxy = subprocess.Popen([NGINX, "-c", str(configuration), "-p", str(tmp_path)], stderr=subprocess.PIPE)
        try:
            eventually(lambda: answers(client), "nginx passes requests on")
            yield client
        finally:
            proxy.terminate()
            proxy.communicate(timeout=20)


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def test_everything_is_reached_by_its_public_url(public: httpx.Client) -> None:
    base = "/tmf-api/party/v5"
    made = public.post(f"{base}/individual", json={"@type": "Individual", "givenName": "J", "familyName": "S"})
    assert made.status_code == 201, made.text
    assert (
        made.headers["location"] == made.json()["href"] == f"{public.base_url}{base[1:]}/individual/{made.json()['id']}"
    )
    assert public.get(made.json()["href"]).json() == made.json()
    public.post(f"{base}/individual", json={"@type": "Individual", "givenName": "K", "familyName": "S"})
    first = public.get(f"{base}/individual", params={"limit": 1})
    assert public.get(first.links["next"]["url"]).status_code == 206

    documentation = public.get(f"{base}/ui", follow_redirects=True)
    assert documentation.status_code == 200
    assert str(documentation.url) == f"{public.base_url}{base[1:]}/ui/"
    for file in re.findall(r'(?:src|href|new URL\()="?"?(\.[^"]+)"', documentation.text):
        assert public.get(documentation.url.join(file)).status_code == 200, file
    document = public.get(documentation.url.join("../openapi.json"))
    server = document.url.join(document.json()["servers"][0]["url"])
    assert public.get(f"{server}/individual/{made.json()['id']}").json() == made.json()

    page = public.get("/")
    links = re.findall(r'<a[^>]+href="([^"]+)"', page.text)
    assert len(links) > 20
    for link in links:
        assert public.get(page.url.join(link)).status_code == 200, link
