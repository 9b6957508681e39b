"""Keep the sprints' names, states and dates: they change without any issue's `updated` changing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any

from jira_assets.errors import JiraAssetsError, NotFound
from jira_assets.formatting import counted
from jira_assets.jira.models import Sprint
from jira_assets.jira.timestamps import parse_time
from jira_assets.lake.site_manifest import Notice, SiteManifest
from jira_assets.lake.site_tables import land_site_table, read_site_table
from jira_assets.lake.sql_files import statement
from jira_assets.sync.context import SyncContext
from jira_assets.sync.optional_parts import Read, notice_of, read_part

OPEN_SPRINTS = "open sprints"


def refresh_open_sprints(
    context: SyncContext, manifest: SiteManifest, project_ids: Sequence[str]
) -> list[Notice]:
    """Ask again for every sprint of these projects that was not closed when it was last seen.

    Returns what is to be said of those that cannot be read: what is known of them stays.
    """
    open_sprints = _open_sprints(context, manifest, project_ids)
    if not open_sprints:
        return []
    by_board = defaultdict(list)
    for sprint_id, board_id in open_sprints.items():
        by_board[board_id].append(sprint_id)
    answers = context.side_by_side(lambda board: _ask_open(context, *board), by_board.items())
    merge_sprints(context, manifest, [sprint for found, _ in answers for sprint in found])
    errors = [error for _, failed in answers for error in failed]
    if not errors:
        return []
    what = counted(len(errors), "open sprint").capitalize()
    return [notice_of(OPEN_SPRINTS, None, what, errors[0], context.clock())]


def are_sprints_due(context: SyncContext, manifest: SiteManifest, project_ids: Collection[str]) -> bool:
    """Check whether some sprint is open and was not asked about for a while: its issues need not change."""
    table = manifest.tables.get("sprints")
    if table is None or context.clock() - table.refreshed_at < context.options.deep_look_every:
        return False
    return bool(_open_sprints(context, manifest, list(project_ids)))


def merge_sprints(context: SyncContext, manifest: SiteManifest, sprints: Iterable[Sprint]) -> None:
    """Put the sprints into the site's table; a row whose content is the same keeps its `as_of`."""
    rows = {row["sprint_id"]: row for row in read_site_table(context.lake, manifest, "sprints")}
    for sprint in sprints:
        fresh, known = sprint_row(sprint), rows.get(str(sprint.id))
        if known is None or {**known, "as_of": None} != fresh:
            rows[str(sprint.id)] = {**fresh, "as_of": context.clock()}
    table = land_site_table(context.lake, "sprints", list(rows.values()), context.clock())
    manifest.set_table("sprints", table)


def sprint_row(sprint: Sprint) -> dict[str, Any]:
    """Shape a sprint as a row of the site's table."""
    return {
        "sprint_id": str(sprint.id),
        "sprint_name": sprint.name,
        "state": sprint.state,
        "board_id": None if sprint.board_id is None else str(sprint.board_id),
        "goal": sprint.goal or None,
        "started_at": parse_time(sprint.start_date),
        "ended_at": parse_time(sprint.end_date),
        "completed_at": parse_time(sprint.complete_date),
        "as_of": None,
    }


def _open_sprints(
    context: SyncContext, manifest: SiteManifest, project_ids: Sequence[str]
) -> dict[str, str | None]:
    """Find the open sprints on the projects' boards and in their issues, with their boards."""
    table = manifest.tables.get("sprints")
    known = [context.lake.path(table.path)] if table else []
    boards = [
        board for key in project_ids if key in manifest.projects for board in manifest.projects[key].boards
    ]
    in_issues = []
    for project_id in project_ids:
        project = context.lake.readable_manifest(project_id)
        file = project.derived_file("jira_issue_sprints") if project else None
        if file is not None and file.rows:
            in_issues.append(context.lake.path(file.path))
    if not known or not in_issues:
        return _open_on_boards(context, manifest, boards)
    rows = context.lake.engine.execute(
        statement("sync/open_sprints", known=known, in_issues=in_issues), {"boards": boards}
    ).fetchall()
    return dict(rows)


def _open_on_boards(
    context: SyncContext, manifest: SiteManifest, boards: Sequence[str]
) -> dict[str, str | None]:
    return {
        row["sprint_id"]: row["board_id"]
        for row in read_site_table(context.lake, manifest, "sprints")
        if row["state"] != "closed" and row["board_id"] in boards
    }


def _ask_open(
    context: SyncContext, board_id: str | None, ids: Sequence[str]
) -> tuple[list[Sprint], list[JiraAssetsError]]:
    """Fetch a board's open sprints with one question; those that it no longer names, one by one."""
    found: dict[str, Sprint] = {}
    failed: list[JiraAssetsError] = []
    if board_id is not None and len(ids) > 1:
        listed = read_part(context, partial(_list_open, context, board_id))
        if isinstance(listed, Read):
            found = {str(sprint.id): sprint for sprint in listed.content}
    for sprint_id in ids:
        if sprint_id not in found:
            answer = read_part(context, partial(context.client.fetch_sprint, sprint_id))
            if isinstance(answer, Read):
                found[sprint_id] = answer.content
            elif not _is_gone(answer):
                failed.append(answer)
    return list(found.values()), failed


def _list_open(context: SyncContext, board_id: str) -> list[Sprint]:
    return context.client.fetch_board_sprints(board_id, state="active,future")


def _is_gone(error: JiraAssetsError) -> bool:
    """Return whether Jira itself says that there is no such sprint for us: then what is known of it stays."""
    return isinstance(error, NotFound)
