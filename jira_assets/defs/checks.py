"""The asset checks: what is judged, of which asset, and how it is shown."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from typing import TypeVar

import dagster as dg

from jira_assets.defs.asset_specs import JIRA_ISSUES, RAW_JIRA_ISSUES, SYNC_STATUS
from jira_assets.defs.resources import JiraAssetsHome
from jira_assets.sync.health import (
    CONNECTION_HOLDS,
    EVERY_PROJECT_SYNCED,
    NO_PROJECT_TOO_OLD,
    NO_PROJECT_UNPROVEN,
    NOTHING_UNREAD,
    Verdict,
    judge_home,
)
from jira_assets.sync.pipeline import Pipeline
from jira_assets.warehouse.audits import (
    ONE_ROW_AN_ISSUE,
    OPEN_ISSUES_AS_THE_CHANGELOG_SAYS,
    VALUES_FIT_THEIR_TYPE,
    open_issues_that_differ,
    repeated_issues,
    values_that_did_not_fit,
)
from jira_assets.warehouse.read import open_warehouse, present_file

DESCRIPTIONS = {
    RAW_JIRA_ISSUES.key: {
        EVERY_PROJECT_SYNCED: "The latest sync of every tracked project completed.",
    },
    SYNC_STATUS.key: {
        NO_PROJECT_TOO_OLD: "Every tracked project was synced or probed within twice the allowed age.",
        NO_PROJECT_UNPROVEN: "Every tracked project was compared with Jira issue by issue within the "
        "allowed number of days, and no issue is missing.",
        NOTHING_UNREAD: "Every part of the site (people, boards, sprints, statuses, …) was read, no list is "
        "truncated, estimate fields were found, every setting refers to something that exists on the "
        "site, and the last publish succeeded, also that of the targets of JIRA_ASSETS_PUBLISH.",
        CONNECTION_HOLDS: "A Jira site is connected. Its consent is valid and does not end within two weeks.",
    },
    JIRA_ISSUES.key: {
        VALUES_FIT_THEIR_TYPE: "No value was replaced by null because its type does not match the column.",
        ONE_ROW_AN_ISSUE: "No issue has two rows, including issues that moved between projects.",
        OPEN_ISSUES_AS_THE_CHANGELOG_SAYS: "Replaying all status changes gives the number of open issues of "
        "today.",
    },
}
SPECS = [
    dg.AssetCheckSpec(name, asset=asset, description=description)
    for asset, checks in DESCRIPTIONS.items()
    for name, description in checks.items()
]
MOST_SHOWN = 25
Told = TypeVar("Told", dg.AssetCheckResult, dg.AssetCheckEvaluation)
_ASSETS = {spec.name: spec.asset_key for spec in SPECS}


@dg.multi_asset_check(name="health", specs=SPECS, can_subset=True)
def health(context: dg.AssetCheckExecutionContext, home: JiraAssetsHome) -> Iterator[dg.AssetCheckResult]:
    """Judge what state and warehouse say now; asks Jira nothing."""
    chosen = {key.name for key in context.selected_asset_check_keys}
    with home.opened() as pipeline:
        for verdict in [*judge_home(pipeline).verdicts, *judge_tables(pipeline)]:
            if verdict.name in chosen:
                yield _told(dg.AssetCheckResult, verdict)


def judge_tables(pipeline: Pipeline) -> list[Verdict]:
    """Judge the warehouse as it is published now."""
    verdicts = [Verdict(VALUES_FIT_THEIR_TYPE, _values_that_did_not_fit(pipeline))]
    if present_file(pipeline.settings.warehouse_dir) is None:
        return verdicts
    with closing(open_warehouse(pipeline.settings.warehouse_file)) as warehouse:
        verdicts.append(Verdict(ONE_ROW_AN_ISSUE, repeated_issues(warehouse)))
        verdicts.append(Verdict(OPEN_ISSUES_AS_THE_CHANGELOG_SAYS, open_issues_that_differ(warehouse)))
    return verdicts


def check_events(verdicts: Iterable[Verdict]) -> Iterator[dg.AssetCheckEvaluation]:
    """Put verdicts into events, for runs and ticks that also judge.

    An `AssetCheckResult` would ask for the one partition of the run, and a run over many projects has none.
    """
    for verdict in verdicts:
        yield _told(dg.AssetCheckEvaluation, verdict)


def _told(event: type[Told], verdict: Verdict) -> Told:
    return event(
        check_name=verdict.name,
        asset_key=_ASSETS[verdict.name],
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=_shown(verdict),
    )


def _shown(verdict: Verdict) -> dict[str, str]:
    """Show the first faults: an event is kept for ever, and five hundred of them are not readable there."""
    first = dict(islice(verdict.faults.items(), MOST_SHOWN))
    more = len(verdict.faults) - len(first)
    return first | ({"and more": f"{more} more; `jira-assets status` lists all."} if more else {})


def _values_that_did_not_fit(pipeline: Pipeline) -> dict[str, str]:
    found = {}
    for project in pipeline.state.projects.tracked():
        manifest = pipeline.lake.readable_manifest(project.project_id)
        if manifest is not None and (fault := values_that_did_not_fit(manifest)):
            found[project.project_key] = fault
    return found
