# SPDX-License-Identifier: Apache-2.0
"""The front page and the documentation page, as a person sees them in a browser."""

import re
import struct
from pathlib import Path

import httpx

from app.apis import APIS
from app.settings import Settings
from app.storage.mongod.embedded_mongod import EmbeddedMongod
from tests.browser import NEEDED, rendered, screenshot
from tests.serving import free_port, serving

pytestmark = NEEDED


def test_the_front_page_names_every_api(server: str, tmp_path: Path) -> None:
    page = rendered(server, tmp_path)
    for api in APIS:
        assert api.number in page
    assert ">ready<" in page


def test_the_front_page_needs_no_scripts(client: httpx.Client) -> None:
    page = client.get("/").text
    assert "TMF632" in page
    assert "<script" not in page


def test_every_link_of_the_front_page_leads_somewhere(client: httpx.Client, tmp_path: Path) -> None:
    links = re.findall(r'<a[^>]+href="([^"]+)"', rendered(str(client.base_url), tmp_path))
    assert len(links) >= 12
    for link in links:
        assert client.get(link).status_code == 200, link


def test_the_front_page_fits_a_telephone_and_a_desk(server: str, tmp_path: Path) -> None:
    for size in ("1200,800", "500,900"):
        picture = screenshot(server, tmp_path / f"{size}.png", tmp_path / "profile", size)
        width, height = struct.unpack(">II", picture.read_bytes()[16:24])
        assert f"{width},{height}" == size


def test_the_front_page_says_when_the_database_is_away(tmp_path: Path) -> None:
    mongod = EmbeddedMongod(tmp_path / "data", cache_gigabytes=0.25)
    settings = Settings(mongodb_uri=mongod.start(), port=free_port(), log_level="warning")
    try:
        with serving(settings) as url:
            mongod.stop()
            assert "database unavailable" in rendered(url, tmp_path / "profile")
            assert httpx.get(f"{url}/health/ready").status_code == 503
            assert httpx.get(f"{url}/health/live").status_code == 200
    finally:
        mongod.stop()


def test_the_documentation_page_shows_the_operations(server: str, tmp_path: Path) -> None:
    page = rendered(f"{server}/tmf-api/party/v4/ui/", tmp_path)
    assert "Party Management" in page
    assert "/individual/{id}" in page
