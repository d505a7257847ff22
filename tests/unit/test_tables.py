# SPDX-License-Identifier: Apache-2.0
"""The tables of APIs in the pages are those of the APIs that are served, and of their documents."""

import re
from pathlib import Path

import pytest

from app.apis import APIS, Api
from app.domain.events import lower_camel
from app.spec.bundle import bundle

ROOT = Path(__file__).parents[2]


def rows(page: str, begin: str) -> list[list[str]]:
    """The cells of each row of the tables in a page that begins so."""
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith(begin)]


def test_the_page_of_the_documents_lists_each() -> None:
    expected = []
    for api in APIS:
        for version in api.versions.values():
            document = bundle(version.document)
            info = document["info"]
            title = f"{api.number} {info['title']} {info['version']}".strip()
            expected.append([f"`{version.document}.yaml`", title, f"`{document['servers'][0]['url']}`"])
    assert sorted(row for row in rows("openapi/README.md", "| `") if row[0].endswith(".yaml`")) == sorted(expected)


@pytest.mark.parametrize("api", APIS, ids=lambda api: str(api.name))
def test_the_first_page_tells_of_each_api(api: Api) -> None:
    documents = [bundle(version.document) for version in api.versions.values()]
    (told,) = rows("README.md", f"| {api.number} {documents[-1]['info']['title']}".replace("|  ", "| "))
    for name, document in zip(api.versions, documents, strict=True):
        base = document["servers"][0]["url"]
        assert f"`{base}`" in told[1] or f"`…/{name}`" in told[1], told
    assert {f"`{lower_camel(name)}`" for name in api.rules} <= set(told[2].split(", "))


def test_the_first_page_tells_of_no_other() -> None:
    told = {row[0].partition(" ")[0] for row in rows("README.md", "| TMF") if re.match(r"TMF\d{3} ", row[0])}
    assert told == {api.number for api in APIS if api.number}
