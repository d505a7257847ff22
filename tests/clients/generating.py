# SPDX-License-Identifier: Apache-2.0
"""Runs a Python generator on every document in one process, as most of what one document takes is the start.

`python -m tests.clients.generating client|models FOLDER_OF_DOCUMENTS FOLDER_OF_PACKAGES`
"""

import sys
from pathlib import Path

CONFIGURATION = Path(__file__).with_name("openapi-python-client.yaml")


def module(name: str) -> str:
    """The name of a document as a module has it."""
    return name.replace("-", "_")


def client(document: Path, folder: Path) -> int:
    """Make a package with openapi-python-client; gives its exit code."""
    from openapi_python_client.cli import app

    options = ["--meta", "none", "--config", str(CONFIGURATION), "--path", str(document)]
    target = folder / f"client_{module(document.stem)}"
    return app(["generate", *options, "--output-path", str(target)], standalone_mode=False) or 0


def models(document: Path, folder: Path) -> int:
    """Make a module with datamodel-code-generator; gives its exit code."""
    from datamodel_code_generator.__main__ import main

    options = ["--input-file-type", "openapi", "--output-model-type", "pydantic_v2.BaseModel", "--disable-warnings"]
    return main([*options, "--input", str(document), "--output", str(folder / f"models_{module(document.stem)}.py")])


GENERATORS = {"client": client, "models": models}

if __name__ == "__main__":
    _, generator, documents, target = sys.argv
    sys.exit(max(GENERATORS[generator](each, Path(target)) for each in sorted(Path(documents).glob("*.json"))))
