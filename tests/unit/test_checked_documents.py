# SPDX-License-Identifier: Apache-2.0
"""Documents that the parent process has checked are not linted again, until one of them changes."""

from pathlib import Path
from typing import Any

import pytest

from app.composition import served_apis as module
from app.composition.checked_documents import CHECKED, are_checked, note_checked
from app.composition.served_apis import served_apis
from app.settings import Settings
from tests.supplier_api import TEXT


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Those of a server whose parent has checked its one document."""
    (tmp_path / "supplier-v4.yaml").write_text(TEXT, encoding="utf-8")
    monkeypatch.setenv(CHECKED, "")
    note_checked(str(tmp_path))
    return Settings(apis=str(tmp_path))


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
    assert are_checked(settings.apis)
    (tmp_path / changed).parent.mkdir(exist_ok=True)
    with (tmp_path / changed).open("a", encoding="utf-8") as file:
        file.write("# Changed.\n")
    assert not are_checked(settings.apis)


def test_without_a_check_none_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CHECKED, raising=False)
    assert not are_checked(str(tmp_path))
