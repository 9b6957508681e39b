"""Write docs/commands.md and docs/settings.md from the commands and the table of settings.

`python -m jira_assets.cli.reference docs`, or `make docs`; a test fails when the files say something else.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from jira_assets.cli.main import main
from jira_assets.settings.setting import Setting
from jira_assets.settings.table import SETTINGS

_WIDTH = 100


def commands_page() -> str:
    """Write what every command says of itself."""
    parts = [
        "# Commands\n\nGenerated from the commands by `make docs`. `--help` shows the same texts.\n",
        _section(main, "jira-assets", "##"),
        *_pages(main, "jira-assets", "##"),
    ]
    return "\n".join(parts)


def settings_page() -> str:
    """Write the table of settings."""
    rows = "\n".join(_row(setting) for setting in SETTINGS)
    return f"""# Settings

Generated from the table of settings by `make docs`. The first of these sources that has a value applies:

1. a command-line flag
2. the environment
3. the file `.env` in the working folder
4. the state, where `jira-assets config set` stores values
5. the default

`jira-assets config` shows the source of each value. Secrets, and settings that are needed to find the state,
cannot be stored in the state.

| variable | meaning | default | can be stored in the state |
|---|---|---|---|
{rows}
"""


def _row(setting: Setting) -> str:
    default = f"`{setting.default}` {setting.unit}".rstrip() if setting.default else ""
    kept = "yes" if setting.storable else "no"
    return f"| `{setting.env}` | {setting.description} | {default} | {kept} |"


def _pages(group: click.Group, path: str, level: str) -> Iterator[str]:
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None  # noqa: S101  # it was just listed
        yield _section(command, f"{path} {name}", level)
        if isinstance(command, click.Group):
            yield from _pages(command, f"{path} {name}", f"{level}#")


def _section(command: click.Command, path: str, level: str) -> str:
    context = click.Context(command, info_name=path, terminal_width=_WIDTH, max_content_width=_WIDTH)
    return f"{level} {path}\n\n```\n{command.get_help(context).rstrip()}\n```\n"


def write_reference(folder: Path) -> None:
    """Write both pages."""
    folder.joinpath("commands.md").write_text(commands_page(), encoding="utf-8")
    folder.joinpath("settings.md").write_text(settings_page(), encoding="utf-8")


if __name__ == "__main__":
    write_reference(Path(sys.argv[1]))
