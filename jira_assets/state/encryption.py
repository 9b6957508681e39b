"""Encrypt what must not be read from a stolen state: the keys live elsewhere.

Several keys may be in force while one replaces another: the first encrypts, all decrypt.
"""

from __future__ import annotations

import os
import secrets as random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from jira_assets.errors import SettingsError


class SecretBox:
    """Seals named secrets into one text, and opens it again; safe to use from many threads."""

    def __init__(self, keys: Sequence[str], kept_in: str) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise SettingsError(
                f"The encryption key in {kept_in} is not valid: a key has 44 characters and ends with =.",
                "Restore the previous key. Without it, remove this one and run `jira-assets connect` again.",
            ) from None
        self._kept_in = kept_in

    def seal(self, values: Mapping[str, str]) -> str:
        """Encrypt."""
        return self._fernet.encrypt(msgspec.json.encode(dict(values))).decode()

    def open(self, sealed: str) -> dict[str, str]:
        """Decrypt; raises `SettingsError` when it was sealed with another key."""
        try:
            return msgspec.json.decode(self._fernet.decrypt(sealed), type=dict[str, str])
        except InvalidToken:
            raise self._wrong_key() from None

    def reseal(self, sealed: str) -> str:
        """Encrypt again with the newest key what an older one has encrypted."""
        try:
            return self._fernet.rotate(sealed).decode()
        except InvalidToken:
            raise self._wrong_key() from None

    def _wrong_key(self) -> SettingsError:
        return SettingsError(
            f"The stored credential was encrypted with a different key than the one in {self._kept_in}.",
            "Restore that key (JIRA_ASSETS_SECRET_KEY, or secret.key in the home), or run "
            "`jira-assets connect` again.",
        )


def open_secret_box(secret_key: str | None, file: Path, *, may_create: bool = True) -> SecretBox:
    """Take the keys from the setting, else from the file, which is made on first use.

    Where something is to be decrypted, a new key is of no use: without `may_create`, raises `SettingsError`
    when there is no file.
    """
    if secret_key:
        return SecretBox(_names(secret_key.replace(",", "\n")), "JIRA_ASSETS_SECRET_KEY")
    if not may_create and not file.exists():
        raise SettingsError(
            f"The key that encrypted the stored credential is missing: there is no {file}, and "
            "JIRA_ASSETS_SECRET_KEY is not set.",
            "Restore the key, or run `jira-assets connect` again.",
        )
    return SecretBox(_read_keys(file), str(file))


def add_key(file: Path) -> None:
    """Put a new key in front of those in the file."""
    _write_keys(file, [Fernet.generate_key().decode(), *_read_keys(file)])


def drop_old_keys(file: Path) -> None:
    """Keep only the newest key; whatever is sealed has to be sealed with it by now."""
    _write_keys(file, _read_keys(file)[:1])


def _read_keys(file: Path) -> list[str]:
    if not file.exists():
        _make_first_key(file)
    if file.stat().st_mode & 0o077:
        file.chmod(0o600)
    return _names(file.read_text(encoding="ascii", errors="replace"))


def _make_first_key(file: Path) -> None:
    """Make the file in one step: of processes that come at the same time, one wins and all read its key."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = _write_aside(file, [Fernet.generate_key().decode()])
    with suppress(FileExistsError):
        os.link(aside, file)
    aside.unlink()


def _write_keys(file: Path, keys: Sequence[str]) -> None:
    _write_aside(file, keys).replace(file)


def _write_aside(file: Path, keys: Sequence[str]) -> Path:
    aside = file.with_name(f"{file.name}.{random.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.writelines(f"{key}\n" for key in keys)
            stream.flush()
            os.fsync(descriptor)
    except OSError:
        aside.unlink()
        raise
    return aside


def _names(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
