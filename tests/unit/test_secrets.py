# SPDX-License-Identifier: Apache-2.0
"""The vault: what is sealed is unreadable, keys can be exchanged, and no message repeats one."""

import base64
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import StartError
from app.settings import Settings
from app.storage.hubs.vault import KEY_FILE, Unsealable, Vault, vault, with_key

KEY, OTHER = (base64.urlsafe_b64encode(bytes(range(at, at + 32))).decode() for at in (0, 100))


@given(st.text())
def test_what_is_sealed_comes_back_and_is_not_readable(text: str) -> None:
    sealed = Vault(KEY).seal(f"whsec_{text}")
    assert b"whsec_" not in sealed
    assert Vault(KEY).open(sealed) == f"whsec_{text}"


def test_a_new_key_is_put_before_the_old_one() -> None:
    sealed = Vault(KEY).seal("secret")
    both = Vault(f"{OTHER}, {KEY}")
    assert both.open(sealed) == "secret"
    assert Vault(OTHER).open(both.seal("secret")) == "secret"


def test_without_the_right_key_nothing_opens() -> None:
    with pytest.raises(Unsealable, match="LIAISON_SECRETS_KEY"):
        Vault(OTHER).open(Vault(KEY).seal("secret"))


def test_without_a_key_there_is_no_vault() -> None:
    assert vault("") is None


@pytest.mark.parametrize("wrong", ["hush-hush", f"{KEY},", "ä", KEY[:-4]])
def test_a_wrong_key_stops_the_start_and_is_not_repeated(wrong: str) -> None:
    with pytest.raises(StartError, match="LIAISON_SECRETS_KEY must be Fernet keys") as raised:
        vault(wrong)
    assert wrong not in str(raised.value)


def test_the_embedded_mongodb_gets_a_key_that_stays_and_that_only_its_owner_reads(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path / "data"))
    first, second = with_key(settings), with_key(settings)
    assert first == second
    assert Vault(first.secrets_key).open(Vault(second.secrets_key).seal("secret")) == "secret"
    assert stat.S_IMODE((tmp_path / "data" / KEY_FILE).stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "data").iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("chosen", [{"secrets_key": KEY}, {"mongodb_uri": "mongodb://db/"}])
def test_no_key_is_made_up_where_one_is_set_or_the_database_is_the_deployments_own(
    tmp_path: Path, chosen: dict[str, Any]
) -> None:
    settings = Settings(data=str(tmp_path / "data"), **chosen)
    assert with_key(settings) is settings
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_cannot_be_kept_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match="LIAISON_SECRETS_KEY"):
        with_key(Settings(data=str(tmp_path / "file")))


def test_settings_do_not_show_the_key() -> None:
    assert KEY not in repr(Settings(secrets_key=KEY))
