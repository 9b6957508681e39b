"""Refresh what rarely changes of a project: versions, components, boards and the sprints on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from jira_assets.errors import BadQuery, Forbidden, JiraAssetsError, JiraError, NotFound, ScopeMissing
from jira_assets.jira.answers import Board, Sprint
from jira_assets.sync.context import SyncContext, drain
from jira_assets.sync.sprints import merge_sprints
from jira_assets.warehouse.manifest import ProjectDetails, SiteManifest
from jira_assets.warehouse.site import land_site_table, read_site_table

MOST_BOARDS_ASKED = 20
BOARDS_UNREADABLE = (Forbidden, NotFound, ScopeMissing, BadQuery)


@dataclass
class Details:
    """What was read about one project."""

    project_id: str
    project_key: str
    is_team_managed: bool
    versions: list[dict[str, Any]]
    components: list[dict[str, Any]]
    boards: list[str] = field(default_factory=list)
    estimated_with: list[str] = field(default_factory=list)
    sprints: list[Sprint] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def put_details(
    context: SyncContext,
    manifest: SiteManifest,
    project_ids: Sequence[str],
    answers: Sequence[Details | JiraAssetsError],
) -> dict[str, JiraAssetsError]:
    """Put what was read about these projects into the site's tables; return those that cannot be read."""
    if not project_ids:
        return {}
    failed = {
        key: answer
        for key, answer in zip(project_ids, answers, strict=True)
        if not isinstance(answer, Details)
    }
    read = [answer for answer in answers if isinstance(answer, Details)]
    _replace_rows(context, manifest, "versions", read, lambda details: details.versions)
    _replace_rows(context, manifest, "components", read, lambda details: details.components)
    merge_sprints(context, manifest, [sprint for details in read for sprint in details.sprints])
    for details in read:
        manifest.projects[details.project_id] = ProjectDetails(
            refreshed_at=context.clock(),
            is_team_managed=details.is_team_managed,
            boards=tuple(details.boards),
            estimated_with=tuple(details.estimated_with),
            notices=tuple(details.notices),
        )
    return failed


def fetch_details(context: SyncContext, project_ids: Sequence[str]) -> list[Details | JiraAssetsError]:
    """Read the details of these projects, all at the same time.

    What forbids a project is returned in its place, since it concerns that project alone.
    """
    outlines = [context.submit(partial(_outline_or_error, context, key)) for key in project_ids]
    boards = [context.submit(partial(_boards_or_error, context, key)) for key in project_ids]
    drain([*outlines, *boards])
    answers = [outline.result() for outline in outlines]
    found = {
        answer.project_id: board.result()
        for answer, board in zip(answers, boards, strict=True)
        if isinstance(answer, Details)
    }
    _add_boards(context, [answer for answer in answers if isinstance(answer, Details)], found)
    return answers


def _outline_or_error(context: SyncContext, project_id: str) -> Details | JiraAssetsError:
    try:
        project = context.client.fetch_project(project_id)
    except JiraError as error:
        return error
    return Details(
        project_id,
        project.key,
        project.is_team_managed,
        [
            {"version_id": item.id, "name": item.name, "project_id": project_id}
            for item in project.versions or ()
        ],
        [
            {"component_id": item.id, "name": item.name, "project_id": project_id}
            for item in project.components or ()
        ],
    )


def _boards_or_error(context: SyncContext, project_id: str) -> list[Board] | JiraAssetsError:
    try:
        return context.client.fetch_boards(project_id)[:MOST_BOARDS_ASKED]
    except BOARDS_UNREADABLE as error:
        return error


def _add_boards(
    context: SyncContext, projects: Sequence[Details], found: Mapping[str, list[Board] | JiraAssetsError]
) -> None:
    pairs: list[tuple[Details, Board]] = []
    for details in projects:
        boards = found[details.project_id]
        if isinstance(boards, JiraAssetsError):
            details.notices.append(
                f"The boards of {details.project_key} cannot be read ({boards.reason.rstrip('.')}): sprint "
                "names and dates come from the newest copy inside any issue, and may be behind."
            )
        else:
            details.boards.extend(str(board.id) for board in boards)
            pairs.extend((details, board) for board in boards if board.type != "kanban")
    estimates = [context.submit(partial(_estimated_with, context, board)) for _, board in pairs]
    sprints = [context.submit(partial(_sprints_of, context, board)) for _, board in pairs]
    drain([*estimates, *sprints])
    for (details, _), estimate, sprint in zip(pairs, estimates, sprints, strict=True):
        field_id = estimate.result()
        if field_id and field_id not in details.estimated_with:
            details.estimated_with.append(field_id)
        details.sprints.extend(sprint.result())


def _estimated_with(context: SyncContext, board: Board) -> str | None:
    try:
        return context.client.fetch_board_configuration(board.id).estimation_field
    except BOARDS_UNREADABLE:  # a scope of its own guards the configuration
        return None


def _sprints_of(context: SyncContext, board: Board) -> list[Sprint]:
    try:
        return context.client.fetch_board_sprints(board.id)
    except BOARDS_UNREADABLE:  # deleted meanwhile, or a board that "does not support sprints"
        return []


def _replace_rows(
    context: SyncContext,
    manifest: SiteManifest,
    name: str,
    read: Iterable[Details],
    rows_of: Callable[[Details], list[dict[str, Any]]],
) -> None:
    read = list(read)
    replaced = {details.project_id for details in read}
    kept = [
        row
        for row in read_site_table(context.engine, context.lake, manifest, name)
        if row["project_id"] not in replaced
    ]
    rows = kept + [row for details in read for row in rows_of(details)]
    manifest.tables[name] = land_site_table(context.engine, context.lake, name, rows, context.clock())
