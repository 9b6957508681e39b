"""The group of all commands, and what is common to them: home, verbosity, errors, exit codes."""

from __future__ import annotations

from pathlib import Path

import click

from jira_assets import __version__
from jira_assets.cli.context import Invocation
from jira_assets.cli.lazy import LazyGroup

EXIT_CODES = """
\b
Exit codes:
  0    success
  1    failure
  2    invalid command line
  3    some projects failed, the others are done (status: a project failed)
  4    Jira does not accept the credentials, or none are set (status: or consent or key is gone)
  130  interrupted
"""

COMMANDS = {
    "config": ("jira_assets.cli.commands.config:config", "Show every setting and its source."),
    "connect": ("jira_assets.cli.commands.connect:connect", "Connect this home to a Jira site."),
    "demo": ("jira_assets.cli.commands.demo:demo", "Try all features on an embedded Jira site."),
    "disconnect": (
        "jira_assets.cli.commands.disconnect:disconnect",
        "Remove the stored credential from this home.",
    ),
    "doctor": (
        "jira_assets.cli.commands.doctor:doctor",
        "Run all checks, and show how to resolve each problem.",
    ),
    "lake": (
        "jira_assets.cli.commands.lake:lake",
        "Move the files of this home to a store that hosts share, and back.",
    ),
    "projects": (
        "jira_assets.cli.commands.projects:projects",
        "List projects, and choose which of them are tracked.",
    ),
    "publish": ("jira_assets.cli.commands.publish:publish", "Build the warehouse from the lake."),
    "reconcile": (
        "jira_assets.cli.commands.reconcile:reconcile",
        "Prove that no issue is missing, and find deleted issues.",
    ),
    "repair": ("jira_assets.cli.commands.repair:repair", "Restore the content of damaged files."),
    "sites": (
        "jira_assets.cli.commands.sites:sites",
        "List, rename and remove the Jira sites of this home.",
    ),
    "sql": ("jira_assets.cli.commands.sql:sql", "Query the warehouse."),
    "status": (
        "jira_assets.cli.commands.status:status",
        "Show the freshness and completeness of each tracked project.",
    ),
    "sync": ("jira_assets.cli.commands.sync:sync", "Update the tracked projects, and publish."),
    "team": ("jira_assets.cli.commands.team:team", "Import and list the team members."),
    "up": ("jira_assets.cli.commands.up:up", "Run the page, Dagster and its daemon, until Ctrl-C."),
    "users": (
        "jira_assets.cli.commands.users:users",
        "Show accounts without a team member, match or ignore them, and erase people.",
    ),
    "web": ("jira_assets.cli.commands.web:web", "Serve the page: sync, projects, people and flow."),
}
"""Each command with where it lives and its line in the help, so that the help imports none of them."""


ELSEWHERE = {
    "track": "projects track",
    "untrack": "projects untrack",
    "list": "projects list",
    "fields": "projects fields",
    "import": "team import",
    "unmatched": "users unmatched",
    "match": "users match",
    "ignore": "users ignore",
    "decided": "users decided",
    "forget": "users forget",
    "settings": "config",
    "login": "connect",
    "init": "connect",
    "query": "sql",
    "serve": "web",
    "ui": "up",
    "help": "--help",
}
"""What people type for a command, and what it is called."""


def _read_home(_context: click.Context, _parameter: click.Parameter, text: str | None) -> Path | None:
    """Refuse an empty path: it stands for a variable of the shell that is not set, not for this folder."""
    if text is not None and not text.strip():
        raise click.BadParameter("The path is empty. A variable of the shell may not be set.")
    return None if text is None else Path(text)


@click.group(cls=LazyGroup, commands_at=COMMANDS, elsewhere=ELSEWHERE, epilog=EXIT_CODES)
@click.option(
    "--home",
    type=click.Path(readable=False),  # the command that needs the folder says why it is of no use
    callback=_read_home,
    help="Home folder, which holds all data.",
)
@click.option("-v", "--verbose", count=True, help="Log more. Twice: log every request.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors and requested data.")
@click.version_option(__version__, prog_name="jira-assets")
@click.pass_context
def main(context: click.Context, home: Path | None, verbose: int, quiet: bool) -> None:
    """Keep the issues of a Jira site in DuckDB: complete, fresh, provably so."""
    context.obj = Invocation(home, verbosity=-1 if quiet else verbose)
    context.obj.set_up_logging()
