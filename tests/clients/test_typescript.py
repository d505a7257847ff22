# SPDX-License-Identifier: Apache-2.0
"""The clients that TypeScript generators make of our documents compile and work: openapi-typescript, orval."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from string import Template

import httpx
import pytest

from app.spec.bundle import names
from tests.clients.errands import ERRANDS, HUB, TOPIC, Errand, camel
from tests.clients.node import NEEDED, NODE, install, run
from tests.contract.documents import base_path

HERE = Path(__file__).parent
GENERATORS = ("openapi_fetch", "orval")

pytestmark = [NEEDED, pytest.mark.timeout(300)]


def source(generator: str, errand: Errand) -> str:
    """The TypeScript source of what a client of a generator is to do."""
    template = Template((HERE / f"{generator}.ts.txt").read_text(encoding="utf-8"))
    filled = {
        "document": errand.document,
        "resource": errand.resource,
        "path": errand.path,
        "body": json.dumps(errand.least),
        "patch": json.dumps(errand.patch),
        "attribute": errand.attribute,
        # openapi-typescript gives an attribute the type of a base, which has none of the attributes of its classes.
        "loosened": " as never" if "StringCharacteristic" in json.dumps(errand.least) else "",
        "create": camel(errand.schema("create")),
        # Of a class and its base, both told apart by `@type`, orval makes a type that nothing is of.
        "loosely": " as never" if errand.document.endswith("-v5") else "",
        "change": camel(errand.schema("patch")),
    }
    return template.substitute(filled)


def generate(folder: Path, bundles: Path) -> None:
    """Make the clients of every document: one process of each generator, both at the same time."""
    sources = {name: str(bundles / f"{name}.json") for name in names()}
    typed = {name: {"root": path, "x-openapi-ts": {"output": f"{name}.ts"}} for name, path in sources.items()}
    (folder / "redocly.yaml").write_text(json.dumps({"apis": typed}), encoding="utf-8")
    called = {
        name: {"input": path, "output": {"target": f"orval-{name}.ts", "client": "fetch", "mode": "single"}}
        for name, path in sources.items()
    }
    (folder / "orval.config.mjs").write_text(f"export default {json.dumps(called)}", encoding="utf-8")
    commands = [["openapi-typescript"], ["orval", "--config", "orval.config.mjs"]]
    with ThreadPoolExecutor(max_workers=len(commands)) as pool:
        list(pool.map(lambda command: run(folder, f"node_modules/.bin/{command[0]}", *command[1:]), commands))


@pytest.fixture(scope="session")
def built(bundles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the clients, generated, type-checked and compiled, with what they need installed."""
    folder = tmp_path_factory.mktemp("typescript")
    for name in ("package.json", "tsconfig.json"):
        shutil.copy(HERE / name, folder)
    install(folder)
    generate(folder, bundles)
    for errand in ERRANDS:
        for generator in GENERATORS:
            name = f"{generator}-{errand.document}-{errand.resource}.ts"
            (folder / name).write_text(source(generator, errand), encoding="utf-8")
    topic = Template((HERE / "topic.ts.txt").read_text(encoding="utf-8"))
    (folder / "topic.ts").write_text(topic.substitute(topic=TOPIC, body=json.dumps(HUB.body)), encoding="utf-8")
    run(folder, "node_modules/.bin/tsc")
    return folder


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("errand", ERRANDS, ids=str)
def test_a_typescript_client_does_everything(errand: Errand, generator: str, built: Path, client: httpx.Client) -> None:
    script = f"built/{generator}-{errand.document}-{errand.resource}.js"
    run(built, str(NODE), script, f"{client.base_url}{base_path(errand.document)}")


def test_typescript_clients_register_with_a_topic(built: Path, client: httpx.Client) -> None:
    run(built, str(NODE), "built/topic.js", f"{client.base_url}{base_path('event-v4')}")
