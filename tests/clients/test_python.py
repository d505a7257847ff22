# SPDX-License-Identifier: Apache-2.0
"""The clients that Python generators make of our documents work: openapi-python-client, datamodel-code-generator."""

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import httpx
import pytest

from tests.clients.errands import ERRANDS, HUB, TOPIC, Errand, camel, snake
from tests.clients.generating import GENERATORS, module
from tests.contract.documents import base_path

JSON_PATCH = {"Content-Type": "application/json-patch+json"}
ROOT = Path(__file__).parents[2]


def warnings(said: str) -> list[str]:
    """What openapi-python-client says that it left out, but for what its configuration leaves out."""
    left_out = re.split(r"(?m)^(?=WARNING |Unable )", said)[1:]
    return [each for each in left_out if "Unsupported content type application/x-json-patch" not in each]


def generate(generator: str, bundles: Path, folder: Path) -> None:
    """Make the packages of every document, without a warning."""
    command = [sys.executable, "-m", "tests.clients.generating", generator, str(bundles), str(folder)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert warnings(told.stdout + told.stderr) == [], told.stdout + told.stderr


@pytest.fixture(scope="session")
def packages(bundles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The packages of both generators, which run at the same time; they can be imported."""
    folder = tmp_path_factory.mktemp("generated")
    with ThreadPoolExecutor(max_workers=len(GENERATORS)) as pool:
        list(pool.map(lambda generator: generate(generator, bundles, folder), GENERATORS))
    sys.path.insert(0, str(folder))
    yield
    sys.path.remove(str(folder))


def operation(document: str, name: str) -> Any:
    """A function of openapi-python-client that calls an operation."""
    package = importlib.import_module(f"client_{module(document)}.api")
    place = next(Path(str(package.__path__[0])).glob(f"*/{snake(name)}.py"))
    return importlib.import_module(f"{package.__name__}.{place.parent.name}.{place.stem}").sync_detailed


def body_class(call: Any) -> Any:
    """The first class that the body of an operation may be of."""
    hint = get_type_hints(call)["body"]
    return next(each for each in (hint, *get_args(hint)) if hasattr(each, "from_dict"))


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("errand", ERRANDS, ids=str)
def test_a_client_of_openapi_python_client_does_everything(errand: Errand, client: httpx.Client) -> None:
    package = importlib.import_module(f"client_{module(errand.document)}")
    remote = package.Client(base_url=f"{client.base_url}{base_path(errand.document)}")
    create, read, find, patch, delete = (
        operation(errand.document, verb + errand.resource) for verb in ("create", "retrieve", "list", "patch", "delete")
    )
    made = create(client=remote, body=body_class(create).from_dict(errand.body))
    assert made.status_code == 201, made.content
    assert type(made.parsed).__name__ == camel(errand.schema("shown"))
    assert read(id=made.parsed.id, client=remote).parsed.to_dict() == made.parsed.to_dict()
    assert [each.id for each in find(client=remote, limit=1).parsed] == [made.parsed.id]

    change = body_class(patch)
    for value in ("Dr", None):
        answer = patch(id=made.parsed.id, client=remote, body=change(**{snake(errand.attribute): value}))
        assert answer.status_code == 200, answer.content
        assert answer.parsed.to_dict().get(errand.attribute) == value
    assert delete(id=made.parsed.id, client=remote).status_code == 204


@pytest.mark.usefixtures("packages")
def test_a_client_of_openapi_python_client_registers_with_a_topic(client: httpx.Client) -> None:
    remote = importlib.import_module("client_event_v4").Client(base_url=f"{client.base_url}{base_path('event-v4')}")
    create, read, find, delete = (
        operation("event-v4", f"{verb}Hub") for verb in ("create", "retrieve", "list", "delete")
    )
    made = create(topic_id=TOPIC, client=remote, body=body_class(create).from_dict(HUB.body))
    assert made.status_code == 201, made.content
    assert read(topic_id=TOPIC, id=made.parsed.id, client=remote).parsed.callback == HUB.body["callback"]
    assert [each.id for each in find(topic_id=TOPIC, client=remote).parsed] == [made.parsed.id]
    assert delete(topic_id=TOPIC, id=made.parsed.id, client=remote).status_code == 204


def written(model: Any) -> str:
    return str(model.model_dump_json(by_alias=True, exclude_unset=True))


def of(models: ModuleType, name: str) -> Any:
    return getattr(models, camel(name))


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("errand", ERRANDS, ids=str)
def test_models_of_datamodel_code_generator_hold_what_is_sent_and_shown(errand: Errand, client: httpx.Client) -> None:
    made_of = importlib.import_module(f"models_{module(errand.document)}")
    collection = base_path(errand.document) + errand.path
    json = {"Content-Type": "application/json"}
    # The least: where classes of values are alike, its unions take the first that fits, such as 37.0 for 37.
    body = written(of(made_of, errand.schema("create")).model_validate(errand.least))
    answer = client.post(collection, content=body, headers=json)
    assert answer.status_code == 201, answer.text
    shown = of(made_of, errand.schema("shown"))
    one = f"{collection}/{shown.model_validate(answer.json()).id}"
    assert shown.model_validate(client.get(one).json()) == shown.model_validate(answer.json())
    assert [shown.model_validate(each).id for each in client.get(collection).json()] == [answer.json()["id"]]

    change = of(made_of, errand.schema("patch"))
    for value in ("Dr", None):
        body = written(change.model_validate({**errand.patch, errand.attribute: value}))
        assert client.patch(one, content=body, headers=json).json().get(errand.attribute) == value
    step = made_of.JsonPatchAdd.model_validate({"op": "add", "path": f"/{errand.attribute}", "value": "Prof"})
    answer = client.patch(one, content=f"[{written(step)}]", headers=JSON_PATCH)
    assert shown.model_validate(answer.json()).model_dump(by_alias=True)[errand.attribute] == "Prof"
    assert client.delete(one).status_code == 204


@pytest.mark.usefixtures("packages")
def test_models_of_datamodel_code_generator_hold_a_registration_with_a_topic(client: httpx.Client) -> None:
    made_of = importlib.import_module("models_event_v4")
    hubs = f"{base_path('event-v4')}/topic/{TOPIC}/hub"
    answer = client.post(hubs, content=written(made_of.HubCreate.model_validate(HUB.body)))
    assert answer.status_code == 201, answer.text
    made = made_of.Hub.model_validate(answer.json())
    assert [made_of.Hub.model_validate(each).id for each in client.get(hubs).json()] == [made.id]
    assert client.delete(f"{hubs}/{made.id}").status_code == 204
