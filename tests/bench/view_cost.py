"""What it costs to read through the view of a version, beside all else that a GET takes of the server's CPU."""

import asyncio
import json
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from app.domain.views.view import View
from app.factory import create_app
from app.parts import parts
from app.settings import Settings
from app.spec.bundle import bundle
from app.storage.embedded import EmbeddedMongod
from tests.bench.asgi import call, running

ROUNDS, REQUESTS = 7, 400
COLLECTION = "/tmf-api/customerManagement/{version}/customer"


async def measured(settings: Settings) -> dict[str, float]:
    """CPU microseconds of a GET, and of the view within it, by version: medians over alternating rounds."""
    example = bundle("customer-v4")["paths"]["/customer"]["post"]["requestBody"]["content"]["application/json"]
    body = json.dumps(example["examples"]["full"]["value"]).encode()
    views = {
        part.contract.version: part.resources["Customer"] for part in parts(settings) if "Customer" in part.resources
    }
    found: dict[str, list[float]] = {}
    async with running(create_app(settings)) as app:
        shown = await call(app, "POST", COLLECTION.format(version="v4"), body)
        stored = views["v4"].kept(views["v4"].attributes.typed(shown))
        for _ in range(ROUNDS):
            for version, resource in views.items():
                path = f"{COLLECTION.format(version=version)}/{shown['id']}"
                found.setdefault(f"GET {version}", []).append(await _requests(app, path))
                found.setdefault(f"view {version}", []).append(_cpu(partial(resource.shown, shown["id"], stored)))
            found.setdefault("copy", []).append(_cpu(partial(View().show, stored)))
    return {name: statistics.median(each) for name, each in found.items()}


async def _requests(app: Any, path: str) -> float:
    started = time.process_time()
    for _ in range(REQUESTS):
        await call(app, "GET", path)
    return (time.process_time() - started) / REQUESTS * 1e6


def _cpu(work: Any) -> float:
    started = time.process_time()
    for _ in range(REQUESTS):
        work()
    return (time.process_time() - started) / REQUESTS * 1e6


def main() -> None:
    """Measure and print a table."""
    with tempfile.TemporaryDirectory() as data, EmbeddedMongod(Path(data)) as mongod:
        found = asyncio.run(measured(Settings(mongodb_uri=mongod.uri, log_level="error")))
    for version in ("v4", "v5"):
        total, view = found[f"GET {version}"], found[f"view {version}"] - found["copy"]
        print(f"{version}: GET {total:.0f} µs of CPU, view {view:.0f} µs, which adds {view / (total - view):.1%}")


if __name__ == "__main__":
    main()
