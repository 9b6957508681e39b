"""jira-python into a DuckDB table with the columns of our `jira_issues`; a later sync asks for what was
updated since the newest issue of the table.

Run in .venv-benchmarks; prints `{"seconds": ..., "issues": ...}`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa  # type: ignore[import-not-found]  # installed in .venv-benchmarks only
from jira import JIRA  # type: ignore[import-not-found]  # the same

STORY_POINTS = (
    "com.pyxis.greenhopper.jira:jsw-story-points",
    "com.atlassian.jira.plugin.system.customfieldtypes:float",
)
SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"
TEXT, MOMENT, TEXTS = pa.string(), pa.timestamp("ms"), pa.list_(pa.string())
COLUMNS = pa.schema(
    {
        "jira_id": TEXT,
        "jira_key": TEXT,
        "url": TEXT,
        "project_id": TEXT,
        "project_key": TEXT,
        "summary": TEXT,
        "issue_type": TEXT,
        "issue_type_id": TEXT,
        "hierarchy_level": pa.int32(),
        "is_subtask": pa.bool_(),
        "parent_id": TEXT,
        "parent_key": TEXT,
        "status": TEXT,
        "status_id": TEXT,
        "status_category": TEXT,
        "priority": TEXT,
        "resolution": TEXT,
        "assignee_account_id": TEXT,
        "assignee_id": TEXT,
        "reporter_account_id": TEXT,
        "creator_account_id": TEXT,
        "story_points": pa.float64(),
        "sprint_id": TEXT,
        "sprint_name": TEXT,
        "labels": TEXTS,
        "components": TEXTS,
        "fix_versions": TEXTS,
        "issue_created_at": MOMENT,
        "updated_at": MOMENT,
        "resolved_at": MOMENT,
        "due_date": pa.date32(),
        "cycle_time_hours": pa.float64(),
        "synced_at": MOMENT,
    }
)


def moment(text: str | None) -> datetime | None:
    """Read a time as Jira prints it, as UTC without a zone."""
    if not text:
        return None
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC).replace(tzinfo=None)


def named(value: dict[str, Any] | None, name: str = "name") -> Any:
    """Take one value of an object that may be missing."""
    return value.get(name) if value else None


def current_sprint(sprints: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Choose the active sprint, else the next future one, else the one that ended last."""
    rank = {"active": 2, "future": 1, "closed": 0}
    return max(
        sprints or [{}],
        key=lambda each: (
            rank.get(each.get("state", ""), 0),
            each.get("completeDate") or each.get("endDate") or "",
        ),
    )


def row(
    issue: dict[str, Any], site: str, points: list[str], sprints: list[str], now: datetime
) -> dict[str, Any]:
    """Turn an issue into a row."""
    fields = issue["fields"]
    kind, status, parent = fields.get("issuetype") or {}, fields.get("status") or {}, fields.get("parent")
    created, resolved = moment(fields.get("created")), moment(fields.get("resolutiondate"))
    sprint = current_sprint(next((fields[each] for each in sprints if fields.get(each)), None))
    due = fields.get("duedate")
    return {
        "jira_id": issue["id"],
        "jira_key": issue["key"],
        "url": f"{site}/browse/{issue['key']}",
        "project_id": fields["project"]["id"],
        "project_key": fields["project"]["key"],
        "summary": fields.get("summary"),
        "issue_type": kind.get("name"),
        "issue_type_id": kind.get("id"),
        "hierarchy_level": kind.get("hierarchyLevel"),
        "is_subtask": kind.get("subtask"),
        "parent_id": named(parent, "id"),
        "parent_key": named(parent, "key"),
        "status": status.get("name"),
        "status_id": status.get("id"),
        "status_category": named(status.get("statusCategory"), "key"),
        "priority": named(fields.get("priority")),
        "resolution": named(fields.get("resolution")),
        "assignee_account_id": named(fields.get("assignee"), "accountId"),
        "reporter_account_id": named(fields.get("reporter"), "accountId"),
        "creator_account_id": named(fields.get("creator"), "accountId"),
        "story_points": next(
            (fields[each] for each in points if isinstance(fields.get(each), int | float)), None
        ),
        "sprint_id": str(sprint["id"]) if sprint else None,
        "sprint_name": sprint.get("name"),
        "labels": fields.get("labels") or [],
        "components": [each["name"] for each in fields.get("components") or ()],
        "fix_versions": [each["name"] for each in fields.get("fixVersions") or ()],
        "issue_created_at": created,
        "updated_at": moment(fields.get("updated")),
        "resolved_at": resolved,
        "due_date": date.fromisoformat(due) if due else None,
        "cycle_time_hours": round((resolved - created).total_seconds() / 3600, 2)
        if resolved and created
        else None,
        "synced_at": now,
    }


def store(database: duckdb.DuckDBPyConnection, rows: Iterable[dict[str, Any]]) -> None:
    """Put rows into the table, in the place of those with their ids."""
    fetched = pa.Table.from_pylist(list(rows), schema=COLUMNS)
    database.register("fetched", fetched)
    database.execute("create table if not exists jira_issues as select * from fetched limit 0")
    database.execute("begin")
    database.execute("delete from jira_issues where jira_id in (select jira_id from fetched)")
    database.execute("insert into jira_issues by name select * from fetched")
    database.execute("commit")


def since(database: duckdb.DuckDBPyConnection) -> int:
    """Return the newest `updated` of the table in epoch milliseconds."""
    tables = database.execute("select table_name from duckdb_tables()").fetchall()
    if ("jira_issues",) not in tables:
        return 0
    [(newest,)] = database.execute("select epoch_ms(max(updated_at)) from jira_issues").fetchall()
    return int(newest or 0)


def sync(arguments: argparse.Namespace) -> int:
    """Read the issues of the projects and store them; return how many were read."""
    site = JIRA(
        server=arguments.url,
        basic_auth=(arguments.email, arguments.token),
        get_server_info=True,
        options={"rest_api_version": "3"},
    )
    fields = site.fields()
    kinds = {field["id"]: (field.get("schema") or {}).get("custom") for field in fields}
    names = {field["id"]: field["name"].casefold() for field in fields}
    points = [
        each for each, kind in kinds.items() if kind in STORY_POINTS and names[each].startswith("story point")
    ]
    sprints = [each for each, kind in kinds.items() if kind == SPRINT]
    with duckdb.connect(str(Path(arguments.folder) / "jira.duckdb")) as database:
        jql = f"project in ({arguments.projects}) and updated >= {since(database)} order by updated asc"
        now = datetime.now(UTC).replace(tzinfo=None)
        found = search_pages(site, jql) if arguments.pages else search(site, jql)
        rows = [row(issue, arguments.url, points, sprints, now) for issue in found]
        store(database, rows)
        if arguments.deletions:
            remove_deleted(database, search_ids(site, f"project in ({arguments.projects})"))
    return len(rows)


def remove_deleted(database: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> None:
    """Delete the rows of all other issues."""
    database.register("present", pa.table({"id": pa.array(ids, TEXT)}))
    database.execute("delete from jira_issues where jira_id not in (select id from present)")


def search(site: JIRA, jql: str) -> Iterator[dict[str, Any]]:
    """Fetch all issues in one call, the library's own way."""
    for issue in site.enhanced_search_issues(jql, maxResults=False, fields="*all", expand="changelog"):
        yield issue.raw


def search_pages(site: JIRA, jql: str) -> Iterator[dict[str, Any]]:
    """Fetch page by page as plain JSON, which spares the library's objects."""
    return pages(site, jql, maxResults=100, fields="*all", expand="changelog")


def search_ids(site: JIRA, jql: str) -> list[str]:
    """Fetch only the ids, as many at once as Jira gives."""
    return [issue["id"] for issue in pages(site, jql, maxResults=5000, fields="id")]


def pages(site: JIRA, jql: str, **question: Any) -> Iterator[dict[str, Any]]:
    """Fetch page by page as plain JSON."""
    token = None
    while True:
        page = site.enhanced_search_issues(jql, nextPageToken=token, json_result=True, **question)
        yield from page["issues"]
        if not (token := page.get("nextPageToken")):
            return


def main() -> None:
    """Sync once and say how long it took."""
    parser = argparse.ArgumentParser()
    for name in ("url", "email", "token", "projects", "folder"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--pages", action="store_true")
    parser.add_argument("--deletions", action="store_true", help="list all ids: deletions are seen")
    arguments = parser.parse_args()
    started = time.perf_counter()
    issues = sync(arguments)
    print(json.dumps({"seconds": time.perf_counter() - started, "issues": issues}))


if __name__ == "__main__":
    main()
