# SPDX-License-Identifier: Apache-2.0
"""The diagrams of the processes, as clients get them: valid by the schema of BPMN 2.0, and drawn whole by bpmn-js."""

import shutil
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import fromstring

import httpx
import pytest
from playwright.sync_api import Page
from xmlschema import XMLSchema

from tests import browser
from tests.clients import node
from tests.contract.performing import BASE

HERE = Path(__file__).parent
SPECIFICATIONS = f"{BASE}/processFlowSpecification"
IMPORT = """async xml => {
    const viewer = new BpmnJS({container: '#diagram'})
    const {warnings} = await viewer.importXML(xml)
    const elements = viewer.get('elementRegistry').filter(element => element.parent && !element.labelTarget)
    const drawn = elements.filter(element => document.querySelector(`[data-element-id="${element.id}"]`))
    viewer.destroy()
    return {warnings: warnings.map(each => each.message), drawn: drawn.map(element => element.id).sort()}
}"""

pytestmark = [node.NEEDED, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with bpmn-js, whose licence is its own: it is for tests alone."""
    folder = tmp_path_factory.mktemp("bpmn")
    shutil.copy(HERE / "bpmn" / "package.json", folder)
    node.install(folder)
    return folder / "node_modules"


@pytest.fixture
def diagrams(client: httpx.Client) -> dict[str, bytes]:
    """The diagram of each process, as it is served."""
    found = {}
    for listed in client.get(SPECIFICATIONS).json():
        (attachment,) = client.get(listed["href"]).json()["attachment"]
        found[attachment["name"]] = b64decode(attachment["content"], validate=True)
    assert found
    return found


@pytest.fixture(scope="module")
def viewer(packages: Path) -> Iterator[Page]:
    """A page with bpmn-js."""
    with browser.browsing() as chromium:
        page = chromium.new_page()
        page.set_content("<div id='diagram' style='height: 600px'></div>")
        page.add_script_tag(path=packages / "bpmn-js/dist/bpmn-viewer.production.min.js")
        yield page


def test_each_diagram_is_valid_by_the_schema(diagrams: dict[str, bytes], packages: Path) -> None:
    schema = XMLSchema(packages / "bpmn-moddle/resources/bpmn/xsd/BPMN20.xsd")
    for name, diagram in diagrams.items():
        assert [error.reason for error in schema.iter_errors(diagram.decode())] == [], name


@browser.NEEDED
def test_bpmn_js_draws_each_diagram_whole(diagrams: dict[str, bytes], viewer: Page) -> None:
    for name, diagram in diagrams.items():
        shown = viewer.evaluate(IMPORT, diagram.decode())
        assert shown["warnings"] == [], name
        elements = [each.attrib["bpmnElement"] for each in fromstring(diagram).iter() if "bpmnElement" in each.attrib]
        process = name.removesuffix(".bpmn")
        assert shown["drawn"] == sorted(set(elements) - {process}), name
