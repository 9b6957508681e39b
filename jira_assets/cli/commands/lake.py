"""`jira-assets lake`: where the files of this home are, and moving them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.wiring import open_state
from jira_assets.errors import InputError
from jira_assets.formatting import counted
from jira_assets.settings.load import Settings, check_shared_lake
from jira_assets.settings.values import read_lake

if TYPE_CHECKING:
    from jira_assets.lake.locks import Holder
    from jira_assets.lake.storage.storage import Storage
    from jira_assets.state import State


@click.group()
def lake() -> None:
    """Move the files of this home to a store that hosts share, and back."""


@lake.command()
@click.argument("place")
@pass_invocation
def move(invocation: Invocation, place: str) -> None:
    """Copy the lake to another PLACE.

    PLACE is s3://bucket/prefix, gs://bucket/prefix, az://container/prefix, or the folder `lake` of a home.

    Waits until no process works on a project, and holds all of them. If it is interrupted, run it again: it
    copies what is missing. The lake that is in use now is left as it is. The settings that put the copy into
    use are shown at the end.

    For a store, the state has to be in PostgreSQL and the key in the environment (docs/shared-lake.md).
    """
    from jira_assets.lake.home_lake import open_storage  # late: they import DuckDB
    from jira_assets.sync.lake_move import move_lake

    settings = invocation.settings
    with open_state(settings) as state:
        source = open_storage(settings, state, settings.lake_url)
        target, changes = _target(settings, state, place)
        if source.place == target.place:
            raise InputError(f"{target.place} is the lake of this home.", "Nothing was changed.")

        def say_who(holder: Holder | None) -> None:
            invocation.say(f"Waiting for {holder or 'another process'}.")

        moved = move_lake(source, target, state.sites.all(), say_who)
    invocation.say(
        f"{target.place} has {counted(moved.projects, 'project')}; {counted(moved.files, 'file')} of "
        f"{moved.bytes / 1e6:,.1f} MB were copied now. {source.place} is left as it is."
    )
    invocation.say("To use it, on every host:")
    for change in changes:
        click.echo(change)


def _target(settings: Settings, state: State, place: str) -> tuple[Storage, list[str]]:
    """Return the new place, and the settings that put it into use."""
    from jira_assets.lake.home_lake import open_storage
    from jira_assets.lake.storage.local import LocalStorage

    if "://" in place:
        try:
            address = read_lake(place)
        except ValueError as error:
            raise InputError(f"{place} {error}.", "Nothing was changed.") from None
        check_shared_lake(settings, address)
        return open_storage(settings, state, address), [f"JIRA_ASSETS_LAKE={address}"]
    folder = Path(place).expanduser().absolute()
    if folder.name != settings.lake_dir.name:
        raise InputError(
            f"{folder} cannot be the lake of a home.", f"A home has it in a folder: {folder}/lake."
        )
    changes = ["unset JIRA_ASSETS_LAKE"]
    if folder != settings.lake_dir:
        changes.append(f"JIRA_ASSETS_HOME={folder.parent}")
    return LocalStorage(folder), changes
