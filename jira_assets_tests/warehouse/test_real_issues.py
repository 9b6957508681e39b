"""The tables of 8,980 real issues, landed as they are, hold the right answers."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jira_assets.warehouse.land import Observation
from jira_assets.warehouse.manifest import FieldMapping, Manifest
from jira_assets_tests.shared_data import shared_data
from jira_assets_tests.warehouse.bench import NOON, Bench

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
def real(tmp_path_factory: pytest.TempPathFactory, engine: duckdb.DuckDBPyConnection) -> Bench:
    """A warehouse of the real issues."""
    folder = shared_data("titanium")
    bench = Bench(tmp_path_factory.mktemp("real"), engine)
    for path in sorted(folder.glob("[A-Z]*.jsonl.gz")):
        land_project(bench, path)
    ids = [manifest.project_id for manifest in bench.lake.manifests()]
    for project_id in ids:
        assert bench.derive(project_id)
    assert bench.publish(*ids) is not None
    return bench


def land_project(bench: Bench, path: Path) -> None:
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


def test_every_value_of_every_real_issue_is_right(real: Bench) -> None:
    ours = {row["jira_id"]: row for row in real.ask("select * from jira_issues")}
    theirs = expected()

    assert len(ours) == len(theirs) == 8980
    for jira_id, row in theirs.items():
        found = {name: ours[jira_id][column] or "" for name, column in SAME_COLUMNS.items()}
        assert found == {name: row[name] for name in SAME_COLUMNS}


def test_the_sprints_and_estimates_of_every_real_issue_are_right(real: Bench) -> None:
    sprints: dict[str, set[str]] = {}
    for row in real.ask("select jira_id, sprint_id from jira_issue_sprints"):
        sprints.setdefault(row["jira_id"], set()).add(row["sprint_id"])
    points = {row["jira_id"]: row["story_points"] for row in real.ask("select * from jira_issues")}

    for jira_id, row in expected().items():
        listed = row["sprint_ids"].replace(",", " ").replace("|", " ").replace(";", " ").split()
        assert sprints.get(jira_id, set()) == set(listed)
        assert points[jira_id] == (float(row["story_points"]) if row["story_points"] else None)


def test_no_value_of_the_real_issues_had_to_become_null(real: Bench) -> None:
    nulled = {manifest.project_key: manifest.derived["issues"].nulled for manifest in real.lake.manifests()}

    assert nulled == {"AC": {}, "ALOY": {}, "DAEMON": {}, "MOD": {}, "TIMOB": {}}
