"""Keep the sprints' names, states and dates: they change without any issue's `updated` changing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import partial

from jira_assets.errors import JiraAssetsError, NotFound
from jira_assets.formatting import counted
from jira_assets.jira.models import Sprint
from jira_assets.jira.timestamps import parse_time
from jira_assets.lake.site_manifest import Notice
from jira_assets.lake.sql_files import statement
from jira_assets.sync.site_sync import Read, Row, SiteSync

OPEN_SPRINTS = "open sprints"


def refresh_open_sprints(site: SiteSync, project_ids: Sequence[str]) -> list[Notice]:
    """Ask again for every sprint of these projects that was not closed when it was last seen.

    Returns what is to be said of those that cannot be read: what is known of them stays.
    """
    open_sprints = _open_sprints(site, project_ids)
    if not open_sprints:
        return []
    by_board = defaultdict(list)
    for sprint_id, board_id in open_sprints.items():
        by_board[board_id].append(sprint_id)
    answers = site.context.side_by_side(lambda board: _ask_open(site, *board), by_board.items())
    merge_sprints(site, [sprint for found, _ in answers for sprint in found])
    errors = [error for _, failed in answers for error in failed]
    if not errors:
        return []
    what = counted(len(errors), "open sprint").capitalize()
    return [site.failure(OPEN_SPRINTS, None, what, errors[0])]


def are_sprints_due(site: SiteSync, project_ids: Collection[str]) -> bool:
    """Check whether some sprint is open and was not asked about for a while: its issues need not change."""
    table = site.manifest.tables.get("sprints")
    if table is None or site.now() - table.refreshed_at < site.context.options.deep_look_every:
        return False
    return bool(_open_sprints(site, list(project_ids)))


def merge_sprints(site: SiteSync, sprints: Iterable[Sprint]) -> None:
    """Put the sprints into the site's table; a row whose content is the same keeps its `as_of`."""
    rows = {row["sprint_id"]: row for row in site.rows("sprints")}
    for sprint in sprints:
        fresh, known = _row(sprint), rows.get(str(sprint.id))
        if known is None or {**known, "as_of": None} != fresh:
            rows[str(sprint.id)] = {**fresh, "as_of": site.now()}
    site.put("sprints", list(rows.values()))


def _row(sprint: Sprint) -> Row:
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


def _open_sprints(site: SiteSync, project_ids: Sequence[str]) -> dict[str, str | None]:
    """Find the open sprints on the projects' boards and in their issues, with their boards."""
    lake, details = site.lake, site.manifest.projects
    table = site.manifest.tables.get("sprints")
    known = [lake.path(table.path)] if table else []
    boards = [board for key in project_ids if key in details for board in details[key].boards]
    in_issues = []
    for project_id in project_ids:
        project = lake.readable_manifest(project_id)
        file = project.derived_file("jira_issue_sprints") if project else None
        if file is not None and file.rows:
            in_issues.append(lake.path(file.path))
    if not known or not in_issues:
        return _open_on_boards(site, boards)
    query = statement("sync/open_sprints", known=known, in_issues=in_issues)
    return dict(lake.engine.execute(query, {"boards": boards}).fetchall())


def _open_on_boards(site: SiteSync, boards: Sequence[str]) -> dict[str, str | None]:
    return {
        row["sprint_id"]: row["board_id"]
        for row in site.rows("sprints")
        if row["state"] != "closed" and row["board_id"] in boards
    }


def _ask_open(
    site: SiteSync, board_id: str | None, ids: Sequence[str]
) -> tuple[list[Sprint], list[JiraAssetsError]]:
    """Fetch a board's open sprints with one question; those that it no longer names, one by one."""
    found: dict[str, Sprint] = {}
    failed: list[JiraAssetsError] = []
    if board_id is not None and len(ids) > 1:
        listed = site.read(partial(site.client.fetch_board_sprints, board_id, state="active,future"))
        if isinstance(listed, Read):
            found = {str(sprint.id): sprint for sprint in listed.content}
    for sprint_id in ids:
        if sprint_id not in found:
            answer = site.read(partial(site.client.fetch_sprint, sprint_id))
            if isinstance(answer, Read):
                found[sprint_id] = answer.content
            elif not _is_gone(answer):
                failed.append(answer)
    return list(found.values()), failed


def _is_gone(error: JiraAssetsError) -> bool:
    """Return whether Jira itself says that there is no such sprint for us: then what is known of it stays."""
    return isinstance(error, NotFound)
