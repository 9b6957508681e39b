from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.errors import SettingsError
from jira_assets.state.encryption import SecretBox, add_key, drop_old_keys, open_secret_box

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@given(st.dictionaries(st.text(), st.text()))
def test_what_is_sealed_opens_again_and_cannot_be_read(values: dict[str, str]) -> None:
    sealed = SecretBox([OLD], "a test").seal(values)
    assert SecretBox([NEW, OLD], "a test").open(sealed) == values
    assert not any(len(value) > 5 and value in sealed for value in values.values())


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    sealed = open_secret_box(OLD, tmp_path / "secret.key").seal({"a": "b"})
    with pytest.raises(
        SettingsError, match="a different key than the one in JIRA_ASSETS_SECRET_KEY"
    ) as caught:
        open_secret_box(NEW, tmp_path / "secret.key").open(sealed)
    assert "jira-assets connect" in caught.value.instruction
    assert NEW not in str(caught.value)


@pytest.mark.parametrize("key", ["short", "ümläut", "x" * 44])
def test_what_is_no_key_is_refused_without_showing_it(key: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not valid") as caught:
        open_secret_box(key, tmp_path / "secret.key")
    assert key not in str(caught.value)


def test_the_key_file_is_made_on_first_use_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "home" / "secret.key"
    sealed = open_secret_box(None, file).seal({"a": "b"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert open_secret_box(None, file).open(sealed) == {"a": "b"}
    file.chmod(0o644)
    open_secret_box(None, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_processes_that_come_at_the_same_time_agree_on_one_key(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    fork = multiprocessing.get_context("fork")
    with fork.Pool(6) as pool:
        sealed = pool.map(_seal, [file] * 6)
        pool.close()
        pool.join()
    box = open_secret_box(None, file)
    assert [box.open(text) for text in sealed] == [{"a": "b"}] * 6
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def _seal(file: Path) -> str:
    return open_secret_box(None, file).seal({"a": "b"})


def test_a_key_is_replaced_step_by_step(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    old = open_secret_box(None, file).seal({"a": "b"})
    add_key(file)
    new = open_secret_box(None, file).reseal(old)
    drop_old_keys(file)
    box = open_secret_box(None, file)
    assert box.open(new) == {"a": "b"}
    with pytest.raises(SettingsError, match="encrypted with a different key"):
        box.reseal(old)


def test_a_missing_key_file_is_named_where_something_is_to_be_decrypted(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    with pytest.raises(SettingsError, match=f"there is no {file}") as caught:
        open_secret_box(None, file, may_create=False)
    assert "jira-assets connect" in caught.value.instruction
    assert not file.exists()
