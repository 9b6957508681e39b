"""`jira-assets publish`: build the warehouse from the lake."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.interrupts import stop_on_signals


@click.command()
@click.option("--force", is_flag=True, help="Publish even if the warehouse is up to date.")
@click.option("--follow", is_flag=True, help="Continue, and publish again whenever the lake changes.")
@click.option("--targets", is_flag=True, help="With --follow: bring the targets up to date as well.")
@pass_invocation
def publish(invocation: Invocation, force: bool, follow: bool, targets: bool) -> None:
    """Publish the content of the lake. Every sync that found changes does this automatically.

    The current team, pull requests, settings, and decisions about people and fields are applied. No request
    to Jira is made. The targets that JIRA_ASSETS_PUBLISH names are brought up to date as well; --force writes
    all of their rows again.

    With --follow, the command runs until Ctrl-C and publishes the DuckDB file alone: on a host of readers
    that has the lake of another host (docs/targets.md). It writes nothing to the lake, unless --targets has
    it bring the targets up to date: where syncs publish nothing (JIRA_ASSETS_PUBLISH=none).
    """
    if targets and not follow:
        raise click.UsageError("--targets is for --follow; without it, the targets always follow.")
    if follow:
        _follow(invocation, force, targets)
        return
    from jira_assets.sync.pipeline import open_pipeline  # late: it imports DuckDB and SQLAlchemy

    with open_pipeline(invocation.settings) as pipeline:
        notices, published = pipeline.publish_decisions(force=force)
        statuses, failed = pipeline.targets(), pipeline.target_notices()
    for notice in notices:
        invocation.say(notice)
    if published is None and not invocation.settings.publish:
        invocation.say("JIRA_ASSETS_PUBLISH is none: other hosts publish. --force makes a file here, too.")
    elif published is None:
        invocation.say("The warehouse is up to date.")
    else:
        invocation.say(f"Published {published.path}.")
    for target in statuses:
        invocation.say(f"{target.target}: {target.in_words(datetime.now(UTC))}.")
    for notice in failed:
        invocation.say(f"! {notice}")


def _follow(invocation: Invocation, force: bool, targets: bool) -> None:
    from jira_assets.sync.follow import Failure, follow_lake  # late: as above
    from jira_assets.sync.targets import TargetStatus

    with stop_on_signals() as stopping:
        for each in follow_lake(invocation.settings, stopping.wait, force=force, with_targets=targets):
            if isinstance(each, Failure):
                invocation.say(f"! {each.error}")
            elif isinstance(each, TargetStatus):
                invocation.say(f"{each.target}: {each.in_words(datetime.now(UTC))}.")
                if each.trouble:
                    invocation.say(f"! {each.trouble} {each.remedy or ''}".rstrip())
            else:
                invocation.say(f"Published {each.path}, as of {each.published_at:%Y-%m-%d %H:%M:%S} UTC.")
