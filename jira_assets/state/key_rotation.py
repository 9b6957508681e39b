"""Replace the key that encrypts credentials, so that a crash at any moment leaves one that opens them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from jira_assets.state.encryption import add_key, drop_old_keys, open_secret_box
from jira_assets.state.store import State


def rotate_key(state: State, secret_key: str | None, file: Path) -> bool:
    """Seal the credential with the newest key; return whether there was one.

    In the file, the new key stands beside the old until the credential is sealed with it.
    """
    if not secret_key:
        add_key(file)
    with state.credentials.exclusive() as held:
        if held.credential is not None:
            box = open_secret_box(secret_key, file)
            held.keep(replace(held.credential, secrets=box.reseal(held.credential.secrets)))
        resealed = held.credential is not None
    if not secret_key:
        drop_old_keys(file)
    return resealed
