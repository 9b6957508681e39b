"""`jira-assets doctor`: what is well, what is not, and the command that repairs it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

import click

from jira_assets.cli.check_results import Finding, bad
from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.output import write_json
from jira_assets.errors import JiraAssetsError
from jira_assets.formatting import counted
from jira_assets.resource_limits import as_resource_exhausted
from jira_assets.settings.load import Settings

MARKS = {"ok": "✓", "warning": "!", "failed": "✗"}

Check = Callable[[Settings], Iterator[Finding]]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Objects of check, verdict, finding, repair.")
@click.option("--alert-test", is_flag=True, help="Only send a test message to JIRA_ASSETS_ALERT_URLS.")
@pass_invocation
def doctor(invocation: Invocation, as_json: bool, alert_test: bool) -> None:
    """Check settings, files, credential, projects, warehouse and Dagster, and show how to resolve each
    problem.

    A verdict is ok, warning or failed. Exits with 1 if a check failed.
    """
    findings = []
    for finding in _examine(invocation, alert_test=alert_test):
        findings.append(finding)
        if not as_json and (invocation.verbosity >= 0 or finding.verdict == "failed"):
            _show(finding)
    failed = sum(finding.verdict == "failed" for finding in findings)
    if as_json:
        write_json([asdict(finding) for finding in findings])
    elif not alert_test:
        invocation.say(_sum_up(findings))
    if failed:
        sys.exit(1)


def _sum_up(findings: Sequence[Finding]) -> str:
    verdicts = Counter(finding.verdict for finding in findings)
    if verdicts["failed"]:
        return f"{counted(verdicts['failed'], 'check')} failed."
    warnings = counted(verdicts["warning"], "warning")
    return f"No check failed; {warnings}." if verdicts["warning"] else "All checks passed."


def _examine(invocation: Invocation, *, alert_test: bool) -> Iterator[Finding]:
    """Run every check that the others leave sense in; one that breaks is a finding, not the end."""
    from jira_assets.cli.commands.doctor_alerts import check_alerts, send_test
    from jira_assets.cli.commands.doctor_dagster import check_dagster
    from jira_assets.cli.commands.doctor_files import check_disk, check_files, check_settings
    from jira_assets.cli.commands.doctor_jira import check_jira
    from jira_assets.cli.commands.doctor_lake import check_lake
    from jira_assets.cli.commands.doctor_notices import check_notices
    from jira_assets.cli.commands.doctor_sources import check_sources
    from jira_assets.cli.commands.doctor_state import check_state
    from jira_assets.cli.commands.doctor_store import check_store
    from jira_assets.cli.commands.doctor_targets import check_targets
    from jira_assets.cli.commands.doctor_warehouse import check_warehouse

    try:
        settings = invocation.settings
    except JiraAssetsError as error:
        yield bad("settings", error.reason, error.instruction)
        return
    every_check: tuple[Check, ...] = (
        check_settings,
        check_files,
        check_disk,
        check_state,
        check_store,
        check_lake,
        check_jira,
        check_notices,
        check_sources,
        check_alerts,
        check_warehouse,
        check_targets,
        check_dagster,
    )
    told: set[str] = set()
    for check in (send_test,) if alert_test else every_check:
        name = check.__name__.removeprefix("check_")
        try:
            yield from check(settings)
        except JiraAssetsError as error:
            if error.reason not in told:  # where the state cannot be opened, every check says so
                yield bad(name, error.reason, error.instruction)
            told.add(error.reason)
        except Exception as error:  # the next check may say why
            if full := as_resource_exhausted(error, settings.home):
                yield bad(name, full.reason, full.instruction)
            else:
                reason = f"{type(error).__name__}: {error}"
                yield bad(name, reason, "JIRA_ASSETS_DEBUG=1 shows the traceback.")


def _show(finding: Finding) -> None:
    click.echo(f"{MARKS[finding.verdict]} {finding.check}: {finding.finding}")
    if finding.repair:
        click.echo(f"    → {finding.repair}")
