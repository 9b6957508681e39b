"""`jira-assets sync`: bring tracked projects up to date, and publish."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from jira_assets.auth.credentials import choose_connection
from jira_assets.cli.completion import complete_tracked_keys
from jira_assets.cli.context import SOME_PROJECTS_FAILED, Invocation, pass_invocation
from jira_assets.cli.output import write_json, write_table
from jira_assets.cli.progress import LineReport, QuietReport
from jira_assets.cli.project_keys import PROJECT_KEY
from jira_assets.cli.sync_run import run_sync
from jira_assets.cli.wiring import open_state
from jira_assets.errors import InputError
from jira_assets.formatting import counted
from jira_assets.sync.results import Mode, Outcome
from jira_assets.sync.run import SyncResult

COLUMNS = ["project", "result", "issues", "synced", "created", "updated", "errors", "requests", "seconds"]


@click.command()
@click.argument("keys", nargs=-1, metavar="[KEY]...", type=PROJECT_KEY, shell_complete=complete_tracked_keys)
@click.option("--full", is_flag=True, help="Read every issue again, not only the changed ones.")
@click.option("--json", "as_json", is_flag=True, help="projects, notices, requests, published.")
@pass_invocation
def sync(invocation: Invocation, keys: Sequence[str], full: bool, as_json: bool) -> None:
    """Update all tracked projects, or the given ones, and publish the changes.

    Exits with 3 if some projects failed and the others are done.
    """
    check_tracked(invocation, keys)
    with choose_report(invocation) as report:
        mode: Mode = "full" if full else "incremental"
        result = run_sync(invocation.settings, report, keys, mode)
    if not as_json and invocation.verbosity >= 0:
        write_outcomes(result)
    conclude(invocation, result, report, as_json=as_json)


def conclude(invocation: Invocation, result: SyncResult, report: QuietReport, *, as_json: bool) -> None:
    """Write the document, or in words what the table of outcomes does not say; exit by how it went."""
    if as_json:
        write_json(_document(result, report))
    else:
        _say_what_else(invocation, result, report)
    if result.failures:
        sys.exit(1 if len(result.failures) == len(result.outcomes) else SOME_PROJECTS_FAILED)


def choose_report(invocation: Invocation) -> QuietReport:
    """Choose how to show progress: not at all, as bars, or as lines."""
    if invocation.verbosity < 0:
        return QuietReport()
    if not sys.stderr.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
        return LineReport()
    from jira_assets.cli.progress_bars import BarReport  # late: rich costs time that other commands save

    return BarReport()


def write_outcomes(result: SyncResult) -> None:
    """Write the table of what happened to each project."""
    write_table(COLUMNS, [_row(outcome) for outcome in result.outcomes])


def check_tracked(invocation: Invocation, keys: Sequence[str]) -> None:
    """Find a mistyped key before anything is started."""
    with open_state(invocation.settings) as state:
        if keys:
            state.projects.find(keys)
        elif not state.projects.tracked():
            choose_connection(invocation.settings, state)  # who is not connected has to do that first
            raise InputError(
                "No project is tracked yet.",
                "List the projects with `jira-assets projects list`, then track some with "
                "`jira-assets projects track KEY`.",
            )


def _row(outcome: Outcome) -> tuple[object, ...]:
    return (
        outcome.project_key,
        outcome.result,
        outcome.issues,
        outcome.fetched,
        outcome.created,
        outcome.updated,
        1 if outcome.error else 0,
        outcome.requests,
        f"{outcome.seconds:.1f}",
    )


def _say_what_else(invocation: Invocation, result: SyncResult, report: QuietReport) -> None:
    for outcome in result.failures:
        assert outcome.error is not None  # noqa: S101  # that is what makes it a failure
        click.echo(f"{outcome.project_key}: {outcome.error.reason}", err=True)
        click.echo(f"  {outcome.error.instruction}", err=True)
    for notice in result.notices:
        invocation.say(notice)
    if report.published is not None:
        invocation.say(f"Published {report.published.path}.")
    else:
        invocation.say(f"Nothing changed: {counted(result.requests, 'request')}, no new warehouse.")


def _document(result: SyncResult, report: QuietReport) -> dict[str, object]:
    return {
        "projects": [_outcome_document(outcome) for outcome in result.outcomes],
        "notices": result.notices,
        "requests": result.requests,
        "published": str(report.published.path) if report.published else None,
    }


def _outcome_document(outcome: Outcome) -> dict[str, object]:
    error = outcome.error
    shown = {**outcome.__dict__, "error": error.reason if error else None}
    return shown | {"instruction": error.instruction if error else None}
