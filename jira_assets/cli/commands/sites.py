"""`jira-assets sites`: the Jira sites of this home, their names, and what a removal takes away."""

from __future__ import annotations

import sys
from contextlib import ExitStack

import click

from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.output import write_json, write_table
from jira_assets.cli.wiring import open_state
from jira_assets.errors import InputError
from jira_assets.formatting import counted
from jira_assets.qualified import read_short_name
from jira_assets.state import ConnectedSite, State


@click.group()
def sites() -> None:
    """List, rename and remove the Jira sites of this home. `connect --site-name` adds one."""


@sites.command("list")
@click.option(
    "--json", "as_json", is_flag=True, help="Objects of site, site_url, name, id_prefix, account, projects."
)
@pass_invocation
def list_(invocation: Invocation, as_json: bool) -> None:
    """List the sites, with the account that each is connected with and its tracked projects.

    Ids and project keys of a further site begin with its name in all tables and commands: acme:PAY.
    """
    with open_state(invocation.settings) as state:
        rows = [_row(invocation, state.of(site), site) for site in state.sites.all()]
    if as_json:
        write_json(rows)
        return
    columns = ("site", "site_url", "account", "projects")
    write_table(
        ["site", "address", "account", "projects"], [tuple(row[name] for name in columns) for row in rows]
    )


def _row(invocation: Invocation, state: State, site: ConnectedSite) -> dict[str, object]:
    from jira_assets.auth.status import connected_as  # late: few commands need it

    connected = connected_as(invocation.settings, state)
    return {
        "site": site.short_name,
        "site_url": connected.site_url or site.url,
        "name": site.name,
        "id_prefix": site.prefix,
        "account": connected.account,
        "projects": len(state.projects.tracked()),
    }


@sites.command()
@click.argument("site")
@click.argument("name")
@pass_invocation
def rename(invocation: Invocation, site: str, name: str) -> None:
    """Rename SITE, given by its name or address, to NAME.

    Ids and project keys of a further site then begin with the new name: the next publish rewrites its rows.
    Jira is not asked. The first site keeps plain ids and keys; its name is shown in the columns `site`.
    """
    try:
        short_name = read_short_name(name)
    except ValueError as error:
        raise InputError(f"{error}.", "Nothing was changed.") from None
    with open_state(invocation.settings) as state:
        before = state.sites.find(site, invocation.settings.jira_site_url)
        after = state.sites.rename(before, short_name)
    invocation.say(f"{before.label} is now called {after.short_name}.")
    if not after.is_first:
        invocation.say(
            f"Its projects are {after.prefix}KEY. Settings that name {before.prefix}KEY have no effect."
        )
    invocation.say("`jira-assets publish` applies it to the tables; Dagster does so within a minute.")


@sites.command()
@click.argument("site")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@pass_invocation
def remove(invocation: Invocation, site: str, yes: bool) -> None:
    """Remove SITE, by its name or address, with everything that was read from it.

    Shows first what is removed, and asks. Its rows leave the warehouse, its files the lake, and its
    credential the state. Jira is not changed. The first site cannot be removed: disconnect it, and untrack
    its projects.
    """
    from jira_assets.sync.pipeline import open_pipeline  # late: it imports DuckDB and SQLAlchemy
    from jira_assets.sync.site_removal import find_contents, remove_site

    with ExitStack() as stack:
        pipeline = stack.enter_context(open_pipeline(invocation.settings))
        found = pipeline.state.sites.find(site, invocation.settings.jira_site_url)
        if found.is_first:
            raise InputError(
                f"{found.label} is the first site of this home, whose ids every table has without a name.",
                "Run `jira-assets disconnect`, and `jira-assets projects untrack` for its projects. "
                "Nothing was changed.",
            )
        contents = find_contents(pipeline, found)
        click.echo(
            f"{found.label} ({found.url}): {counted(contents.projects, 'project')}, "
            f"{counted(contents.issues, 'issue')}, {counted(contents.files, 'file')} of "
            f"{contents.bytes / 1e6:,.1f} MB.",
            err=True,
        )
        _confirm(found, yes=yes)
        remove_site(pipeline, found)
    with open_pipeline(invocation.settings) as pipeline:
        published = pipeline.publish()
    invocation.say(f"Removed {found.label}.{f' Published {published.path}.' if published else ''}")


def _confirm(site: ConnectedSite, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("Nothing was removed. Confirm with --yes.")
    click.confirm(
        f"Remove all of that from this home? It can be read again only from {site.url}", abort=True, err=True
    )
