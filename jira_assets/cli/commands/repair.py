"""`jira-assets repair`: set aside what is damaged, and bring back what it held."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click

from jira_assets.cli.commands.sync import choose_report
from jira_assets.cli.completion import complete_tracked_keys
from jira_assets.cli.context import SOME_PROJECTS_FAILED, Invocation, pass_invocation
from jira_assets.cli.output import write_json, write_table
from jira_assets.cli.wiring import open_state
from jira_assets.sync.repair import Repaired

COLUMNS = ["project", "file", "damage"]


@click.command()
@click.argument("keys", nargs=-1, metavar="[KEY]...", shell_complete=complete_tracked_keys)
@click.option("--json", "as_json", is_flag=True, help="damaged, projects, warehouse, published.")
@pass_invocation
def repair(invocation: Invocation, keys: Sequence[str], as_json: bool) -> None:
    """Check every byte of the lake and the warehouse; read again from Jira what damaged files held.

    Looks at the tracked projects, or those named, and at the tables of the site. Damaged files are moved to
    lake/damaged, never deleted. Tables are derived and published again. Versions of issues that Jira no
    longer has are counted as lost.

    With --json, `damaged` has project, file and damage; `projects` has project, versions, lost and error.

    Exits with 3 when some projects could not be read again, and the next sync tries.
    """
    from jira_assets.sync.pipeline import open_pipeline  # late: it imports DuckDB and SQLAlchemy

    with open_state(invocation.settings) as state:
        projects = state.projects.find(keys) if keys else state.projects.tracked(include_inactive=True)
    with choose_report(invocation) as report, open_pipeline(invocation.settings, report) as pipeline:
        repaired = pipeline.repair(projects)
    if as_json:
        write_json(_document(repaired))
    else:
        if damage := _damage(repaired):
            write_table(COLUMNS, damage)
        for line in _in_words(repaired):
            invocation.say(line)
    for outcome in repaired.result.failures:
        click.echo(f"{outcome.project_key}: {outcome.error}", err=True)
    if repaired.result.failures:
        sys.exit(SOME_PROJECTS_FAILED)


def _damage(repaired: Repaired) -> list[tuple[str, str, str]]:
    of_site = [("", each.path, each.reason) for each in repaired.found.site]
    of_projects = [
        (found.project.project_key, each.path, each.reason)
        for found in repaired.found.projects
        for each in found.damage
    ]
    return of_site + of_projects


def _in_words(repaired: Repaired) -> Iterator[str]:
    if not repaired.found and not repaired.warehouse:
        yield "Every file is as it was written."
    if repaired.warehouse:
        yield f"{repaired.warehouse}."
    for found in repaired.found.projects:
        held = sum(file.rows for file in found.set_aside)
        lost = repaired.lost.get(found.project.project_id)
        if held and lost is not None:
            least = "" if found.is_known else "at least "
            yield (
                f"{found.project.project_key}: of {held:,} versions in damaged raw files, "
                f"{least}{lost:,} are lost: Jira no longer has them."
            )
    if repaired.found:
        yield "Damaged files of the lake are in its folder damaged."
    if repaired.published:
        yield f"Published {repaired.published.path}."


def _document(repaired: Repaired) -> dict[str, object]:
    outcomes = {outcome.project_id: outcome for outcome in repaired.result.outcomes}
    projects = []
    for found in repaired.found.projects:
        outcome = outcomes.get(found.project.project_id)
        projects.append(
            {
                "project": found.project.project_key,
                "versions": sum(file.rows for file in found.set_aside),
                "lost": repaired.lost.get(found.project.project_id),
                "error": str(outcome.error) if outcome and outcome.error else None,
            }
        )
    return {
        "damaged": [dict(zip(COLUMNS, row, strict=True)) for row in _damage(repaired)],
        "projects": projects,
        "warehouse": repaired.warehouse,
        "published": str(repaired.published.path) if repaired.published else None,
    }
