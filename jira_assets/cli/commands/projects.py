"""`jira-assets projects`: which projects there are and which are tracked."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from jira_assets.cli.commands.project_fields import fields
from jira_assets.cli.completion import complete_tracked_keys
from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.output import write_json, write_table
from jira_assets.cli.project_keys import PROJECT_KEY
from jira_assets.cli.prompts import pick
from jira_assets.cli.site_clients import ask_each, clients, keys_of, qualified
from jira_assets.cli.wiring import open_client, open_state
from jira_assets.errors import InputError, JiraAssetsError, NotFound
from jira_assets.formatting import counted
from jira_assets.jira.retry_budget import RetryBudget, bounded
from jira_assets.qualified import split

if TYPE_CHECKING:
    from jira_assets.jira.client import JiraClient
    from jira_assets.jira.models import Project
    from jira_assets.state import ConnectedSite, State


@click.group()
def projects() -> None:
    """List projects, and choose which of them are tracked."""


projects.add_command(fields)


@projects.command("list")
@click.argument("search", default="")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Objects of project_key, project_id, name, project_type, is_team_managed, is_tracked.",
)
@pass_invocation
def list_(invocation: Invocation, search: str, as_json: bool) -> None:
    """List the projects that this account can see in Jira, of every connected site.

    SEARCH is a part of the key or the name. Keys of a further site begin with its name: acme:PAY.
    """
    with open_state(invocation.settings) as state:
        tracked = {project.project_id for project in state.projects.tracked()}
        found = list(ask_each(invocation, clients(invocation, state), _fetch_projects))
    wanted = search.casefold()
    chosen = [p for p in found if wanted in p.key.casefold() or wanted in p.name.casefold()]
    if as_json:
        write_json([_as_json(project, tracked) for project in chosen])
        return
    rows = [("✓" if p.id in tracked else "", p.key, p.name, p.project_type, p.id) for p in chosen]
    write_table(["tracked", "key", "name", "type", "id"], rows)
    shown = sum(project.id in tracked for project in chosen)
    invocation.say(f"{counted(len(chosen), 'project')}, {shown} of them tracked.")
    if search and not chosen:
        invocation.say(
            f"No key and no name of a project contains {search!r}. Without SEARCH, all "
            f"{counted(len(found), 'project')} that this account can see are listed."
        )


@projects.command()
@click.argument("keys", nargs=-1, type=PROJECT_KEY)
@click.option("--all", "everything", is_flag=True, help="Track every project that this account can see.")
@pass_invocation
def track(invocation: Invocation, keys: tuple[str, ...], everything: bool) -> None:
    """Track the projects with these KEYS. Each becomes a partition in Dagster.

    The address of a board or an issue, pasted from the browser, can be used instead of a project key.
    Without KEYS at a terminal, select from a list. A project of a further site is named acme:PAY.
    """
    from jira_assets.state import ProjectRef

    picks = not keys and not everything and _is_terminal()
    if not picks and bool(keys) == everything:
        raise click.UsageError("Pass the KEYS to track (`jira-assets projects list` shows them), or --all.")
    with open_state(invocation.settings) as state:
        asked = clients(invocation, state)
        if everything or picks:
            found = list(ask_each(invocation, asked, _fetch_projects))
            tracked = {project.project_id for project in state.projects.tracked()}
            picked = pick([(p.key, p.name) for p in found if p.id not in tracked]) if picks else []
            chosen = [project for project in found if everything or project.key in picked]
        else:
            chosen = _choose_named(invocation, state, asked, keys)
        new = state.projects.track([ProjectRef(project.id, project.key, project.name) for project in chosen])
        total = len(state.projects.tracked())
    named = f": {', '.join(project.project_key for project in new)}" if new else ""
    invocation.say(
        f"{counted(len(new), 'project')} newly tracked{named}; {total} in all. Next: jira-assets sync"
    )


@projects.command()
@click.argument("keys", nargs=-1, required=True, type=PROJECT_KEY, shell_complete=complete_tracked_keys)
@pass_invocation
def untrack(invocation: Invocation, keys: tuple[str, ...]) -> None:
    """Stop tracking the projects with these KEYS.

    Their rows are removed from the warehouse by the next publish. Synced data, the fields set by hand and
    the outcomes are kept. Tracking a project again requests only the changes since then.
    """
    with open_state(invocation.settings) as state:
        gone = state.projects.untrack(keys)
    invocation.say(f"No longer tracked: {', '.join(project.project_key for project in gone)}.")
    invocation.say(
        "`jira-assets publish` removes their rows from the warehouse; Dagster does so within a "
        "minute. The lake keeps their data."
    )


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _fetch_projects(client: JiraClient) -> list[Project]:
    # An expired credential sees no project without an error: the list is believed only after this proof.
    client.fetch_identity()
    found = list(client.fetch_projects())
    if not found:
        from jira_assets.auth.verify import HOW_TO_SEE_PROJECTS, NO_PROJECT  # late: few ever need it

        raise InputError(f"{NO_PROJECT}.", HOW_TO_SEE_PROJECTS)
    return found


def _listed(client: JiraClient) -> list[Project]:
    """List the projects, none while that fails: a project that is named can be requested by itself."""
    client.fetch_identity()
    try:
        with bounded(RetryBudget(client.transport.clock, timedelta(seconds=15))):
            return list(client.fetch_projects())
    except JiraAssetsError:
        return []


def _choose_named(
    invocation: Invocation,
    state: State,
    asked: Sequence[tuple[ConnectedSite, JiraClient]],
    keys: Sequence[str],
) -> list[Project]:
    """Find projects by qualified keys, each on its site."""
    by_prefix = {site.prefix: client for site, client in asked}
    chosen = []
    for prefix in dict.fromkeys(split(key)[0] for key in keys):
        client = by_prefix.get(prefix)
        if client is None:  # raises how to connect the site
            (site,) = (each for each in state.sites.all() if each.prefix == prefix)
            client = open_client(invocation.settings, state.of(site))
        found = _choose(invocation, client, _listed(client), keys_of(keys, prefix))
        chosen += [qualified(project, prefix) for project in found]
    return chosen


def _choose(
    invocation: Invocation, client: JiraClient, found: Sequence[Project], keys: Sequence[str]
) -> list[Project]:
    by_key = {project.key.upper(): project for project in found}
    chosen: dict[str, Project] = {}
    for key in keys:
        project = by_key.get(key.upper()) or _find_renamed(client, key.upper(), found)
        if project.key.upper() != key.upper():
            invocation.say(f"{key} was renamed to {project.key} in Jira.")
        chosen[project.id] = project
    return list(chosen.values())


def _find_renamed(client: JiraClient, key: str, found: Sequence[Project]) -> Project:
    """Ask for a key that no project has now: Jira still finds a project by a key it had before."""
    try:
        return client.fetch_project(key)
    except NotFound:
        named = [project.key for project in found if key.casefold() in project.name.casefold()]
        close = difflib.get_close_matches(key, [project.key.upper() for project in found]) or named[:3]
        hint = f"Did you mean {' or '.join(close)}? " if close else ""
        raise InputError(
            f"Jira has no project {key}, or this account may not see it.",
            f"{hint}`jira-assets projects list` shows every project that this account can see. "
            "Nothing was changed.",
        ) from None


def _as_json(project: Project, tracked: set[str]) -> dict[str, object]:
    return {
        "project_key": project.key,
        "project_id": project.id,
        "name": project.name,
        "project_type": project.project_type,
        "is_team_managed": project.is_team_managed,
        "is_tracked": project.id in tracked,
    }
