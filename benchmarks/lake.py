"""Write a large lake without a site: raw files, manifests and the tables of the site."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jira_assets.lake.files import new_file
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import FieldMapping, Manifest, RawFile
from jira_assets.lake.site_tables import land_site_table
from jira_assets.lake.sql_files import literal

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
BEGINNING = datetime(2023, 11, 20, tzinfo=UTC)
STATUSES = [
    ("1", "To Do", "new"),
    ("2", "Doing", "indeterminate"),
    ("3", "Review", "indeterminate"),
    ("4", "Done", "done"),
]


def write_lake(lake: Lake, projects: int, issues: int, *, has_comments: bool = False) -> None:
    """Write so many projects with so many issues each, and as many comments where they are wanted."""
    ids = [str(101 + number) for number in range(projects)]
    for project_id in ids:
        mapping = FieldMapping("customfield_10016", "customfield_10020")
        manifest = Manifest(project_id, f"P{project_id}", watermark=NOW, mapping=mapping)
        write_raw(lake, manifest, 1, issues + 1)
        if has_comments:
            write_comments(lake, manifest, 1, issues + 1)
    site = lake.site_manifest()
    for name, rows in site_tables(ids).items():
        site.set_table(name, land_site_table(lake, name, rows, NOW))
    lake.commit_site(site)


def write_raw(lake: Lake, manifest: Manifest, first: int, last: int) -> None:
    """Write the issues of those numbers as one raw file, newer than all before."""
    manifest.add_raw(_generated(lake, manifest, "lake", first, last))
    lake.commit(manifest)


def write_comments(lake: Lake, manifest: Manifest, first: int, last: int) -> None:
    """Write the comments of the issues of those numbers, with their texts."""
    manifest.choose_entities({"comments": True})
    manifest.add_entity_raw(_generated(lake, manifest, "comments", first, last))
    lake.commit(manifest)


def _generated(lake: Lake, manifest: Manifest, name: str, first: int, last: int) -> RawFile:
    seq = manifest.take_seq()
    relative = f"raw/project={manifest.project_id}/{seq:08d}.parquet"
    lake.path(relative).parent.mkdir(parents=True, exist_ok=True)
    text = (HERE / f"generate_{name}.sql").read_text(encoding="utf-8")
    parts: dict[str, object] = {
        "project": manifest.project_id,
        "key": literal(manifest.project_key),
        "first": first,
        "last": last,
        "seq": seq,
    }
    with new_file(lake.path(relative)) as parquet:
        lake.engine.execute(text.format(parquet=literal(parquet), **parts))
    return RawFile(relative, last - first, NOW, NOW)


def site_tables(project_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The tables of the site: two weeks a sprint, two months a version, one board a project."""
    return {
        "projects": [
            {"project_id": each, "project_key": f"P{each}", "name": f"Project {each}"} for each in project_ids
        ],
        "statuses": [
            {"status_id": key, "status": name, "status_category": kind} for key, name, kind in STATUSES
        ],
        "sprints": [sprint for project_id in project_ids for sprint in sprints(project_id)],
        "versions": [version for project_id in project_ids for version in versions(project_id)],
        "boards": [
            {
                "board_id": each,
                "board_name": f"Board {each}",
                "project_ids": [each],
                "constraint_type": "issueCount",
            }
            for each in project_ids
        ],
        "board_columns": [
            {"board_id": each, "position": place, "column_name": name, "status_ids": [key], "max_issues": 40}
            for each in project_ids
            for place, (key, name, _) in enumerate(STATUSES, 1)
        ],
    }


def versions(project_id: str) -> Iterator[dict[str, Any]]:
    """The versions of a project, one for every two months; the last three are not released."""
    for number in range(19):
        yield {
            "version_id": str(int(project_id) % 1000 * 1000 + number + 1),
            "name": f"Version {number + 1}",
            "project_id": project_id,
            "is_released": number < 16,
            "is_archived": False,
        }


def sprints(project_id: str) -> Iterator[dict[str, Any]]:
    """The sprints of a project; the last one is open."""
    for number in range(79):
        start = BEGINNING + timedelta(days=14 * number)
        is_open = start + timedelta(days=14) > NOW
        yield {
            "sprint_id": str(int(project_id) % 1000 * 1000 + number + 1),
            "sprint_name": f"Sprint {number + 1}",
            "state": "active" if is_open else "closed",
            "board_id": project_id,
            "started_at": start,
            "ended_at": start + timedelta(days=14),
            "completed_at": None if is_open else start + timedelta(days=14),
            "as_of": NOW,
        }
