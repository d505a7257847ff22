# SPDX-License-Identifier: Apache-2.0
"""What the tests of generated clients share: the documents as `liaison spec bundle` writes them."""

from pathlib import Path

import pytest

from app.spec.bundle import write


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the bundled documents."""
    folder = tmp_path_factory.mktemp("bundles")
    write(folder)
    return folder
