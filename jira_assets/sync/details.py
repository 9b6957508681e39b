"""Refresh what rarely changes of a project: versions, components, boards and the sprints on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from jira_assets.errors import BadQuery, Forbidden, JiraAssetsError, JiraError, NotFound, ScopeMissing
from jira_assets.jira.answers import Board, Sprint
from jira_assets.sync.context import SyncContext
from jira_assets.sync.sprints import merge_sprints
from jira_assets.warehouse.manifest import ProjectDetails, SiteManifest
from jira_assets.warehouse.site import land_site_table, read_site_table

MOST_BOARDS_ASKED = 20
BOARDS_UNREADABLE = (Forbidden, NotFound, ScopeMissing, BadQuery)


@dataclass
class Details:
    """What was read about one project."""

    project_id: str
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


def details_or_error(context: SyncContext, project_id: str) -> Details | JiraAssetsError:
    """Read the details of a project; what forbids it is returned, since it concerns this project alone."""
    try:
        return _fetch_details(context, project_id)
    except JiraError as error:
        return error


def _fetch_details(context: SyncContext, project_id: str) -> Details:
    project = context.client.fetch_project(project_id)
    details = Details(
        project_id,
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
    try:
        for board in list(context.client.fetch_boards(project_id))[:MOST_BOARDS_ASKED]:
            _add_board(context, details, board)
    except BOARDS_UNREADABLE as error:
        details.notices.append(
            f"The boards of {project.key} cannot be read ({error.reason.rstrip('.')}): sprint names and "
            "dates come from the newest copy inside any issue, and may be behind."
        )
    return details


def _add_board(context: SyncContext, details: Details, board: Board) -> None:
    details.boards.append(str(board.id))
    if board.type == "kanban":
        return
    with suppress(*BOARDS_UNREADABLE):  # a scope of its own guards the configuration
        estimated_with = context.client.fetch_board_configuration(board.id).estimation_field
        if estimated_with and estimated_with not in details.estimated_with:
            details.estimated_with.append(estimated_with)
    with suppress(BadQuery):  # "The board does not support sprints": of some boards only this answer tells
        details.sprints.extend(context.client.fetch_board_sprints(board.id))


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
