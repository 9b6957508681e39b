"""Follow projects whose keys were changed in Jira, from the first answer that shows it.

A changed key changes no issue's `updated`, and the list of projects is read daily. But every answer about an
issue has its key: one that differs from the list makes that be read again. The list decides, since a key that
one project gave up may be another's now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC

from jira_assets.lake.lake import Lake
from jira_assets.lake.site_tables import read_site_table
from jira_assets.lake.sql_files import literal, statement
from jira_assets.qualified import split
from jira_assets.state import State
from jira_assets.sync.results import Outcome


def has_new_keys(lake: Lake, outcomes: Sequence[Outcome]) -> bool:
    """Check whether issues that were fetched now have other keys than the list of projects says."""
    listed = _listed_keys(lake)
    fetched = [outcome for outcome in outcomes if outcome.ok and outcome.fetched]
    known = {each.project_id: listed.get(each.project_id, split(each.project_key)[1]) for each in fetched}
    return any(_newest_keys(lake, each) - {known[each.project_id]} for each in fetched)


def follow_renames(lake: Lake, state: State, outcomes: Sequence[Outcome]) -> list[str]:
    """Track every project under its key in the list; what the lake has lies under its id. Returns notices."""
    listed, notices = _listed_keys(lake), []
    recorded = {outcome.project_id: outcome.project_key for outcome in outcomes}
    for project in state.projects.tracked():
        before = project.project_key
        prefix, own_key = split(before)
        key = prefix + listed.get(project.project_id, own_key)
        if key != before:
            notices.append(f"{before} was renamed to {key} in Jira and is tracked under that key.")
        # Another run may have followed already, before this one recorded its outcome.
        if {before, recorded.get(project.project_id, before)} != {key}:
            state.projects.rename_key(project.project_id, key)
    return notices


def _listed_keys(lake: Lake) -> Mapping[str, str]:
    rows = read_site_table(lake, lake.site_manifest(), "projects")
    return {row["project_id"]: row["project_key"] for row in rows}


def _newest_keys(lake: Lake, outcome: Outcome) -> set[str]:
    manifest, listed = lake.readable_manifest(outcome.project_id), lake.site_manifest().tables.get("projects")
    issues = manifest.derived_file("jira_issues") if manifest else None
    if issues is None or listed is None:
        return set()
    listed_at = f"{listed.refreshed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    query = statement(
        "sync/newest_keys", issues=literal(lake.path(issues.path)), listed_at=f"timestamp '{listed_at}'"
    )
    return {row[0] for row in lake.engine.execute(query).fetchall()}
