# SPDX-License-Identifier: Apache-2.0
"""Documents that the parent process has checked are not linted again, until one of them changes."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app.composition import served_apis as module
from app.composition.checked_documents import CHECKED, HandedDocuments, checked_documents
from app.composition.served_apis import served_apis
from app.settings import Settings
from tests.supplier_api import TEXT

HANDED = HandedDocuments()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Those of a server whose parent has checked its one document."""
    (tmp_path / "supplier-v4.yaml").write_text(TEXT, encoding="utf-8")
    monkeypatch.setenv(CHECKED, "")
    own = Settings(apis=str(tmp_path))
    HANDED.note(own.apis, served_apis(own))
    return own


def test_what_was_checked_is_served_unlinted(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    linted: list[str] = []

    def problems(_document: dict[str, Any], name: str) -> list[str]:
        linted.append(name)
        return []

    monkeypatch.setattr(module, "_problems", problems)
    assert served_apis(settings)[-1].rules.keys() == {"Supplier"}
    assert linted == []
    monkeypatch.setenv(CHECKED, "something else")
    served_apis(settings)
    assert linted == ["supplier-v4"]


@pytest.mark.parametrize("changed", ["supplier-v4.yaml", "shared/own.yaml", "customer-v9.yaml"])
def test_a_change_of_a_file_or_a_new_one_is_checked_again(settings: Settings, tmp_path: Path, changed: str) -> None:
    assert checked_documents(settings.apis)
    (tmp_path / changed).parent.mkdir(exist_ok=True)
    with (tmp_path / changed).open("a", encoding="utf-8") as file:
        file.write("# Changed.\n")
    assert checked_documents(settings.apis) is None


READ = """
import sys
from app.composition.checked_documents import checked_documents
print(checked_documents(sys.argv[1]))
"""


@pytest.mark.parametrize("inherited", [(HANDED.descriptor,), ()])
def test_what_was_checked_is_handed_to_a_process_that_inherits_it(settings: Settings, inherited: Sequence[int]) -> None:
    told = subprocess.check_output([sys.executable, "-c", READ, settings.apis], text=True, pass_fds=inherited)
    assert told.strip() == str(checked_documents(settings.apis) if inherited else None)


def test_what_is_not_what_was_handed_is_not_taken_for_it(settings: Settings) -> None:
    os.pwrite(HANDED.descriptor, b" ", 0)
    assert checked_documents(settings.apis) is None


def test_without_a_check_none_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CHECKED, raising=False)
    assert checked_documents(str(tmp_path)) is None
