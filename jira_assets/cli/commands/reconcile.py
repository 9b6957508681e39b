"""`jira-assets reconcile`: prove that nothing is missing, and find out what is gone."""

from __future__ import annotations

from collections.abc import Sequence

import click

from jira_assets.cli.commands.sync import check_tracked, choose_report, conclude
from jira_assets.cli.completion import complete_tracked_keys
from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.output import write_table
from jira_assets.cli.project_keys import PROJECT_KEY
from jira_assets.cli.sync_run import run_sync
from jira_assets.sync.results import Outcome

COLUMNS = ["project", "result", "in jira", "in lake", "missing", "fetched", "gone", "requests", "seconds"]


@click.command()
@click.argument("keys", nargs=-1, metavar="[KEY]...", type=PROJECT_KEY, shell_complete=complete_tracked_keys)
@click.option(
    "--accept",
    multiple=True,
    metavar="KEY",
    type=PROJECT_KEY,
    help="Accept that most or all issues of this project were deleted. May be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="projects, notices, requests, published.")
@pass_invocation
def reconcile(invocation: Invocation, keys: Sequence[str], accept: Sequence[str], as_json: bool) -> None:
    """Compare every issue of all tracked projects, or of the given ones, with Jira.

    Fetches issues that differ, detects deleted and moved issues, and proves for each project that no issue
    is missing. If most of a project is gone at once, nothing is deleted: find the cause, then use --accept
    KEY.

    Exits with 3 if some projects failed and the others are done.
    """
    wanted = sorted({*keys, *accept}) if keys else []
    check_tracked(invocation, wanted or accept)
    with choose_report(invocation) as report:
        result = run_sync(invocation.settings, report, wanted, "reconcile", accept)
    if not as_json and invocation.verbosity >= 0:
        write_table(COLUMNS, [_row(outcome) for outcome in result.outcomes])
    conclude(invocation, result, report, as_json=as_json)


def _row(outcome: Outcome) -> tuple[object, ...]:
    proof = outcome.proof if outcome.ok and not outcome.unproved else None
    return (
        outcome.project_key,
        "error" if not outcome.ok else "not proved" if outcome.unproved else "proved",
        proof.in_jira if proof else None,
        proof.in_lake if proof else None,
        outcome.missing if outcome.ok else None,
        outcome.fetched,
        outcome.deleted,
        outcome.requests,
        f"{outcome.seconds:.1f}",
    )
