"""`jira-assets publish`: build the warehouse from the lake."""

from __future__ import annotations

import click

from jira_assets.cli.invocation import Invocation, pass_invocation


@click.command()
@click.option("--force", is_flag=True, help="Publish also when the warehouse shows everything already.")
@pass_invocation
def publish(invocation: Invocation, force: bool) -> None:
    """Publish what the lake holds; every sync that changed something does this by itself.

    The team, pull requests, settings and what was decided about people and fields count; Jira is not asked.
    """
    from jira_assets.sync.workbench import open_workbench  # late: it imports DuckDB and SQLAlchemy

    with open_workbench(invocation.settings) as bench:
        notices, published = bench.publish_decisions(force=force)
    for notice in notices:
        invocation.say(notice)
    if published is None:
        invocation.say("The warehouse shows everything already.")
    else:
        invocation.say(f"Published {published.path}.")
