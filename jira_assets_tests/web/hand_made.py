"""Homes made by hand: a published file, a lake and a state with just what a page reads."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from sqlalchemy import insert

from jira_assets.lake.lake import Lake
from jira_assets.lake.site_tables import land_site_table
from jira_assets.settings.load import Settings
from jira_assets.state import State
from jira_assets.state.tables import tracked_projects

CONNECTED = {
    "JIRA_SITE_URL": "https://acme.atlassian.net",
    "JIRA_EMAIL": "ana@acme.com",
    "JIRA_API_TOKEN": "a-token-that-nobody-may-see",
}
PUBLISHED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)

Person = tuple[str, str, str, str | None, str, list[str], int, int]
"""Project, account, name, e-mail, why, candidates, assigned, reported."""

PEOPLE: Sequence[Person] = (
    ("PAY", "acc-1", "Ana Silva", None, "display name is shared by 2 members", ["m1", "m2"], 30, 10),
    ("WEB", "acc-1", "Ana Silva", None, "display name is shared by 2 members", ["m1", "m2"], 1, 1),
    ("WEB", "acc-2", "Build bot", None, "app account", [], 0, 25),
    ("WEB", "acc-3", "Bo Li", "bo@acme.com", "e-mail unknown and no member with that name", [], 2, 0),
    ("PAY", "acc-9", "Gone", None, "ignored", [], 70, 70),
)


def write_warehouse(settings: Settings, people: Sequence[Person] = PEOPLE) -> None:
    """Publish a file with these unmatched people, and the match rates of two projects."""
    settings.warehouse_dir.mkdir(parents=True, exist_ok=True)
    file = settings.warehouse_dir / "jira-1.duckdb"
    if people is PEOPLE:
        file.write_bytes(_usual_warehouse())
    else:
        _make_warehouse(file, people)
    settings.warehouse_file.symlink_to(file.name)


@cache
def _usual_warehouse() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "jira.duckdb"
        _make_warehouse(file, PEOPLE)
        return file.read_bytes()


def _make_warehouse(file: Path, people: Sequence[Person]) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table warehouse_info (key varchar, value varchar)")
        connection.execute("insert into warehouse_info values ('published_at', '2026-11-23 12:00:00')")
        connection.execute(
            """create table jira_unmatched_users (project_key varchar, account_id varchar,
            display_name varchar, email varchar, reason varchar, candidates varchar[],
            issues_assigned bigint, issues_reported bigint, account_type varchar default 'atlassian',
            last_seen_at timestamp default '2026-11-20 08:00:00', suggestions varchar[] default [],
            suggested_because varchar[] default [])"""
        )
        appender = ", ".join("?" for _ in range(8))
        columns = "project_key, account_id, display_name, email, reason, candidates"
        columns += ", issues_assigned, issues_reported"
        connection.execute("begin")
        for person in people:
            connection.execute(f"insert into jira_unmatched_users ({columns}) values ({appender})", person)
        connection.execute("commit")
        connection.execute(
            """create table jira_match_rates as
            select * from (values ('PAY', 2, 1, 100, 60), ('WEB', 2, 0, 4, 0))
            as rates(project_key, accounts, accounts_matched, activity, activity_matched)"""
        )
        connection.execute(
            """create table jira_users as
            select distinct account_id, display_name, email from jira_unmatched_users"""
        )


def land_projects(settings: Settings, projects: Sequence[tuple[str, str, str]]) -> None:
    """Put the site's projects (id, key, name) into the lake, as a refresh of the site does."""
    lake = Lake(settings.lake_dir, memory_limit="100MB")
    rows = [
        {
            "project_id": key,
            "project_key": short,
            "name": name,
            "project_type": "software",
            "style": "classic",
        }
        for key, short, name in projects
    ]
    with closing(lake), lake.lock("site", "test"):
        site = lake.site_manifest()
        site.set_table("projects", land_site_table(lake, "projects", rows, PUBLISHED_AT))
        lake.commit_site(site)


def track_many(state: State, count: int) -> None:
    """Track that many projects with one statement; the state itself writes one after the other."""
    rows = [
        {
            "project_id": str(number),
            "project_key": f"P{number:05}",
            "name": "Project",
            "is_active": True,
            "tracked_at": PUBLISHED_AT,
        }
        for number in range(count)
    ]
    with state.writing() as connection:
        connection.execute(insert(tracked_projects), rows)
