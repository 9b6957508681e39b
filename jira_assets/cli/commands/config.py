"""`jira-assets config`: every setting and where it comes from."""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import asdict
from pathlib import Path

import click

from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.output import write_json, write_table
from jira_assets.cli.wiring import open_state
from jira_assets.errors import SettingsError
from jira_assets.settings.load import load_settings, read_dotenv
from jira_assets.settings.setting import Setting
from jira_assets.settings.table import SETTINGS

TOKEN = re.compile(r"AT(ATT|CTT|OA|STT)[\w+/=.-]{16,}")
"""How Atlassian's API tokens and client secrets begin."""

_EXPOSED = "If the value was real, it is now in the history of this shell. Revoke it and create another one."
_TO_CONNECT = (
    "`jira-assets connect` (or `connect --token`) prompts for the secret and stores it encrypted. "
    "You can also set it in the environment or in .env."
)
_NO_SETTINGS = {
    "JIRA_ASSETS_DEBUG",
    "JIRA_ASSETS_SHARED",
    "JIRA_ASSETS_PROGRAMS_REQUIRED",
    "JIRA_ASSETS_DUCKDB15_PYTHON",
}


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Objects of name, env, value, source, description.")
@click.pass_context
def config(context: click.Context, as_json: bool) -> None:
    """Show every setting and its source: flag, environment, .env, state or default."""
    if context.invoked_subcommand:
        return
    invocation: Invocation = context.obj
    shown = invocation.settings.describe()
    for warning in misspelt_variables():
        invocation.say(warning)
    if as_json:
        write_json([asdict(setting) for setting in shown])
    else:
        write_table(["setting", "from", "value"], [(s.env, s.source, s.value) for s in shown])


@config.command("set")
@click.argument("name")
@click.argument("value", required=False)
@pass_invocation
def set_(invocation: Invocation, name: str, value: str | None) -> None:
    """Store a setting in the state, for all users of the state. Without VALUE, remove it.

    NAME is the name of the variable, such as JIRA_ASSETS_MEMORY_LIMIT. A flag, the environment and .env
    override the stored value.
    """
    setting = _storable(name)
    if value is not None and TOKEN.search(value):
        raise SettingsError(
            f"The value looks like an Atlassian token. It was not stored. {_EXPOSED}", _TO_CONNECT
        )
    if value is not None:  # it has to make sense before it is kept
        load_settings({setting.name: value}, environ={}, dotenv=None, stored={})
    with open_state(invocation.settings) as state:
        state.settings.set(setting.name, value)
    invocation.say(f"{setting.env} was {'removed' if value is None else 'stored'}.")


@config.command("rotate-key")
@pass_invocation
def rotate_key(invocation: Invocation) -> None:
    """Encrypt the stored credential with a new key; of several sites, all credentials.

    The key in the file secret.key is replaced. If the key is in JIRA_ASSETS_SECRET_KEY, replace it
    yourself: insert the new key in front of the old one, separated by a comma, run this command, then
    remove the old key.
    """
    from jira_assets.state.key_rotation import rotate_key

    settings = invocation.settings
    with open_state(settings) as state:
        resealed = rotate_key(state, settings.secret_key, settings.secret_key_file)
    what = "The stored credential was" if resealed else "There is no stored credential. The next one will be"
    if resealed > 1:
        what = f"The {resealed} stored credentials were"
    invocation.say(f"{what} encrypted with the newest key.")


def _storable(name: str) -> Setting:
    """Find the setting of this variable; raises `SettingsError` for what may not be kept in the state."""
    env, has_value, _ = name.upper().partition("=")
    setting = next((each for each in SETTINGS if env in (each.env, each.name.upper())), None)
    if setting is None:
        close = difflib.get_close_matches(
            env, [each.env for each in SETTINGS if each.storable], n=1, cutoff=0.5
        )
        hint = f"Did you mean {close[0]}? " if close else ""
        raise SettingsError(f"There is no setting {env}.", f"{hint}`jira-assets config` lists all settings.")
    if setting.secret:
        raise SettingsError(f"{setting.env} is a secret. It was not stored. {_EXPOSED}", _remedy(setting))
    if not setting.storable:
        raise SettingsError(
            f"{setting.env} cannot be stored in the state because it is needed to find the state.",
            f"Set {setting.env} in the environment or in .env.",
        )
    if has_value:
        raise SettingsError(
            "The name and the value must be two separate arguments.",
            f"Try: jira-assets config set {setting.env} VALUE",
        )
    return setting


def _remedy(setting: Setting) -> str:
    if setting.name == "secret_key":
        return f"Set {setting.env} in the environment or in .env, or use the file secret.key in the home."
    return (
        _TO_CONNECT
        if setting.name.startswith("jira_")
        else f"Set {setting.env} in the environment or in .env."
    )


def misspelt_variables() -> list[str]:
    """Name the variables that look like ours and are none."""
    written = [(name, ".env") for name in read_dotenv(Path(".env")) if name.startswith("JIRA_")]
    around = [
        (name, "the environment")
        for name in os.environ
        if name.startswith("JIRA_ASSETS_") or (name.startswith("JIRA_") and _meant(name))
    ]
    known = {setting.env for setting in SETTINGS} | _NO_SETTINGS
    return [
        f"{name} is set in {place}, but there is no setting with that name.{_meant(name)}"
        for name, place in sorted({*written, *around})
        if name not in known
    ]


def _meant(name: str) -> str:
    close = difflib.get_close_matches(name, [setting.env for setting in SETTINGS], n=1, cutoff=0.85)
    return f" Did you mean {close[0]}?" if close else ""
