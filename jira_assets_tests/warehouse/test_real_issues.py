"""The tables of 8,980 real issues, landed as they are, hold the right answers."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jira_assets.lake.manifest import FieldMapping, Manifest
from jira_assets.lake.raw_writer import Observation
from jira_assets_tests.few_tables import few_tables
from jira_assets_tests.lake_fixture import NOON, LakeFixture
from jira_assets_tests.shared_data import shared_data

LOOKED_AT = (
    "data_quality",
    "jira_issue_links",
    "jira_issue_texts",
    "jira_issue_versions",
    "resolution_trend",
)
SAME_COLUMNS = {
    "issue_key": "jira_key",
    "project_key": "project_key",
    "issuetype": "issue_type",
    "status": "status",
    "status_category": "status_category",
    "assignee_account_id": "assignee_account_id",
    "reporter_account_id": "reporter_account_id",
    "parent_key": "parent_key",
    "current_sprint_id": "sprint_id",
}


def observation(line: bytes) -> Observation:
    issue: dict[str, Any] = json.loads(line)
    project = issue["fields"]["project"]
    updated = datetime.strptime(issue["fields"]["updated"], "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
    return Observation(issue["id"], issue["key"], project["id"], project["key"], updated, payload=line)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, engine: duckdb.DuckDBPyConnection) -> LakeFixture:
    """A warehouse of the real issues."""
    folder = shared_data("titanium")
    bench = LakeFixture(tmp_path_factory.mktemp("real"), engine)
    for path in sorted(folder.glob("[A-Z]*.jsonl.gz")):
        land_project(bench, path)
    ids = [manifest.project_id for manifest in bench.lake.manifests()]
    for project_id in ids:
        assert bench.derive(project_id)
    with few_tables(*LOOKED_AT):
        assert bench.publish(*ids) is not None
    return bench


def land_project(bench: LakeFixture, path: Path) -> None:
    with gzip.open(path) as lines:
        first = observation(next(lines))
        mapping = FieldMapping("customfield_10016", "customfield_10020")
        manifest = Manifest(first.project_id, first.project_key, watermark=NOON, mapping=mapping)
        bench.lake.commit(manifest)
        seen = map(observation, lines)
        bench.land(itertools.chain([first], seen), project=first.project_id)


def expected() -> dict[str, dict[str, str]]:
    path = shared_data("titanium") / "expected.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return {row["issue_id"]: row for row in csv.DictReader(lines)}


def test_every_value_of_every_real_issue_is_right(real: LakeFixture) -> None:
    columns = ", ".join(SAME_COLUMNS.values())
    ours = {row["jira_id"]: row for row in real.ask(f"select jira_id, {columns} from jira_issues")}
    theirs = expected()

    assert len(ours) == len(theirs) == 8980
    for jira_id, row in theirs.items():
        found = {name: ours[jira_id][column] or "" for name, column in SAME_COLUMNS.items()}
        assert found == {name: row[name] for name in SAME_COLUMNS}


def test_the_sprints_and_estimates_of_every_real_issue_are_right(real: LakeFixture) -> None:
    sprints: dict[str, set[str]] = {}
    for row in real.ask("select jira_id, sprint_id from jira_issue_sprints"):
        sprints.setdefault(row["jira_id"], set()).add(row["sprint_id"])
    points = {
        row["jira_id"]: row["story_points"]
        for row in real.ask("select jira_id, story_points from jira_issues")
    }

    for jira_id, row in expected().items():
        listed = row["sprint_ids"].replace(",", " ").replace("|", " ").replace(";", " ").split()
        assert sprints.get(jira_id, set()) == set(listed)
        assert points[jira_id] == (float(row["story_points"]) if row["story_points"] else None)


def test_no_value_of_the_real_issues_had_to_become_null(real: LakeFixture) -> None:
    nulled = {manifest.project_key: manifest.derived["issues"].nulled for manifest in real.lake.manifests()}

    assert nulled == {"AC": {}, "ALOY": {}, "DAEMON": {}, "MOD": {}, "TIMOB": {}}


def test_the_metrics_run_on_issues_without_any_history(real: LakeFixture) -> None:
    flow = real.ask_one(
        "select count(*) as issues, count(*) filter (where is_left_out) as left_out from issue_flow"
    )
    flags = real.ask("select replay, reason, count(*) as issues from issue_replay_flags group by all")

    # Nothing but the resolution date says when these were finished, and that contradicts having no changes.
    assert flow["issues"] == 8980
    assert [(row["replay"], row["issues"]) for row in flags] == [("status", flow["left_out"])]
    shown = real.ask_one(
        "select sum(left_out) as issues "
        "from (select distinct project_id, issue_type, left_out from resolution_trend)"
    )
    counted = real.ask_one("select count(*) as issues from issue_flow where is_counted and is_left_out")
    assert shown == counted


def undated_sprints(real: LakeFixture) -> Iterator[tuple[str, str]]:
    """Find the sprints that began without a date, with the projects of their issues, in the raw answers."""
    for row in real.ask("select project_key, payload from raw_jira_issues"):
        for sprint in json.loads(row["payload"])["fields"].get("customfield_10020") or []:
            ends = sprint.get("completeDate") or sprint.get("endDate")
            is_whole = sprint.get("startDate") and (sprint["state"] != "closed" or ends)
            if sprint["state"] != "future" and not is_whole:
                yield row["project_key"], str(sprint["id"])


def test_the_oddities_of_the_real_issues_are_in_the_data_quality_table(real: LakeFixture) -> None:
    found = real.ask("select finding, sum(found) as found from data_quality group by finding")
    counts = {row["finding"]: row["found"] for row in found}
    sprints = [
        row["sprint_ids"].replace("|", " ").replace(";", " ").replace(",", " ").split()
        for row in expected().values()
    ]
    summaries = real.ask_one("select count(*) as issues from jira_issues where summary is null")

    assert counts["many_sprints"] == sum(len(each) > 5 for each in sprints) > 0
    assert counts["no_summary"] == summaries["issues"]
    assert counts["sprint_without_dates"] == len(set(undated_sprints(real)))


def test_the_versions_of_the_real_issues_are_theirs_and_the_missing_fields_are_null(
    real: LakeFixture,
) -> None:
    wanted = {
        (row["jira_id"], version["id"])
        for row in real.ask("select jira_id, payload from raw_jira_issues")
        for version in json.loads(row["payload"])["fields"].get("fixVersions") or []
    }
    found = real.ask("select jira_id, version_id, kind from jira_issue_versions")
    assert {(row["jira_id"], row["version_id"]) for row in found} == wanted
    assert {row["kind"] for row in found} == {"fix"}

    # These files have neither links nor descriptions, affected versions, times, votes or levels.
    assert real.ask("from jira_issue_links union all by name from jira_issue_texts") == []
    unknown = ("affects_versions", "time_spent_seconds", "votes", "security_level", "is_flagged", "rank")
    counts = ", ".join(f"count({name}) as {name}" for name in unknown)
    assert set(real.ask_one(f"select {counts} from jira_issues").values()) == {0}
