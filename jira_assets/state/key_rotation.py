"""Replace the key that encrypts credentials, so that a crash at any moment leaves one that opens them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from jira_assets.state.encryption import add_key, drop_old_keys, open_secret_box
from jira_assets.state.store import State


def rotate_key(state: State, secret_key: str | None, file: Path) -> int:
    """Seal the credentials of all sites with the newest key; return how many there were.

    In the file, the new key stands beside the old until every credential is sealed with it.
    """
    if not secret_key:
        add_key(file)
    grants = {site.grant_id: site for site in state.sites.all()}
    resealed = sum(_reseal(state.of(site), secret_key, file) for site in grants.values())
    if not secret_key:
        drop_old_keys(file)
    return resealed


def _reseal(state: State, secret_key: str | None, file: Path) -> bool:
    with state.credentials.exclusive() as held:
        if held.credential is None:
            return False
        box = open_secret_box(secret_key, file)
        held.keep(replace(held.credential, secrets=box.reseal(held.credential.secrets)))
        return True
