"""Answer the agile API: boards, their configuration, and sprints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jira_assets.demo.data import DemoBoard, DemoSprint, Json
from jira_assets.demo.http.call import Call
from jira_assets.demo.http.reply import Reply, ok, refuse

DEFAULT_PAGE = 50
NO_BOARD = (
    "The requested board cannot be viewed because it either does not exist or you do not have permission "
    "to view it."
)


def boards(call: Call) -> Reply:
    """Answer GET board."""
    _allowed(call)
    kind, project = call.text("type"), call.text("projectKeyOrId")
    wanted = call.site.catalog.project(project) if project else None
    if project and (wanted is None or wanted.invisible or wanted.trashed):
        raise refuse(400, f"No project could be found with key or id '{project}'.")
    found = [
        each
        for each in call.site.catalog.boards.values()
        if _in_sight(call, each)
        and (not kind or each.type in kind.split(","))
        and (wanted is None or wanted.id in (each.project_id, *each.more_projects))
    ]
    return _page(call, found, lambda board: _board(call, board))


def board_configuration(call: Call) -> Reply:
    """Answer GET board/{id}/configuration."""
    _allowed(call)
    board = _known_board(call)
    if not board.filter_shared:
        raise refuse(403, "You do not have permission to view the filter of this board.")
    printed = {name: value for name, value in _board(call, board).items() if name != "location"}
    printed["self"] = f"{printed['self']}/configuration"
    filter_id = str(board.id + 10_000)
    printed["filter"] = {"id": filter_id, "self": f"{call.site.render.base_url}/filter/{filter_id}"}
    if board.sub_query is not None:
        printed["subQuery"] = {"query": board.sub_query}
    printed["columnConfig"] = {"columns": _columns(call, board), "constraintType": board.constraint}
    if board.type == "scrum" and board.estimation_field:
        field = call.site.catalog.fields.get(board.estimation_field)
        name = field.name if field else board.estimation_field
        estimates = {"fieldId": board.estimation_field, "displayName": name}
        printed["estimation"] = {"type": "field", "field": estimates}
    elif board.type == "scrum":
        printed["estimation"] = {"type": "none"}
    return ok(printed)


def board_sprints(call: Call) -> Reply:
    """Answer GET board/{id}/sprint; boards without sprints refuse."""
    _allowed(call)
    board = _known_board(call)
    if board.type == "kanban":
        raise refuse(400, "The board does not support sprints")
    states = call.several("state")
    found = [
        each
        for each in call.site.catalog.sprints.values()
        if each.board_id == board.id and (not states or each.state in states)
    ]
    return _page(call, found, lambda sprint: _sprint(call, sprint))


def get_sprint(call: Call) -> Reply:
    """Answer GET sprint/{id}."""
    _allowed(call)
    sprint = call.site.catalog.sprints.get(int(call.arguments[0]))
    if sprint is None:
        raise refuse(404, "Sprint does not exist or you do not have permission to view it.")
    return ok(_sprint(call, sprint))


def _allowed(call: Call) -> None:
    if call.site.switches.agile_forbidden:
        raise refuse(403, "The user does not have access to Jira Software.")


def _known_board(call: Call) -> DemoBoard:
    board = call.site.catalog.boards.get(int(call.arguments[0]))
    if board is None or not _in_sight(call, board):
        raise refuse(404, NO_BOARD)
    return board


def _in_sight(call: Call, board: DemoBoard) -> bool:
    project = call.site.catalog.projects.get(board.project_id)
    return project is not None and not (project.invisible or project.trashed or project.forbidden)


def _page(call: Call, things: Sequence[Any], printed: Callable[[Any], Json]) -> Reply:
    start, size = call.number("startAt", 0), min(call.number("maxResults", DEFAULT_PAGE), DEFAULT_PAGE)
    answer: Json = {"maxResults": size, "startAt": start, "total": len(things)}
    answer["isLast"] = start + size >= len(things)
    return ok(answer | {"values": [printed(each) for each in things[start : start + size]]})


def _board(call: Call, board: DemoBoard) -> Json:
    project = call.site.catalog.projects[board.project_id]
    return {
        "id": board.id,
        "self": f"{call.site.render.base_url}/rest/agile/1.0/board/{board.id}",
        "name": board.name,
        "type": board.type,
        "location": {
            "projectId": project.id,
            "displayName": f"{project.name} ({project.key})",
            "projectName": project.name,
            "projectKey": project.key,
            "projectTypeKey": project.project_type,
            "name": f"{project.name} ({project.key})",
        },
    }


def _columns(call: Call, board: DemoBoard) -> list[Json]:
    columns = _by_category(call) if board.columns is None else board.columns
    return [
        {**column, "statuses": [_addressed(call, each) for each in column["statuses"]]}
        if column.get("statuses")
        else column
        for column in columns
    ]


def _addressed(call: Call, status: Json) -> Json:
    """Print a status of a column; a record without an id, which a test may have put there, as it is."""
    address = f"{call.site.render.base_url}/rest/api/2/status/{status.get('id')}"
    return {**status, "self": address} if "id" in status else status


def _by_category(call: Call) -> list[Json]:
    names = {"new": "To Do", "indeterminate": "In Progress", "done": "Done"}
    known = call.site.catalog.statuses.values()
    return [
        {"name": name, "statuses": [{"id": each.id} for each in known if each.category_key == category]}
        for category, name in names.items()
    ]


def _sprint(call: Call, sprint: DemoSprint) -> Json:
    printed: Json = {
        "id": sprint.id,
        "self": f"{call.site.render.base_url}/rest/agile/1.0/sprint/{sprint.id}",
        "state": sprint.state,
        "name": sprint.name,
        "originBoardId": sprint.board_id,
    }
    printed |= call.site.render.sprint_dates(sprint)
    return printed | ({} if sprint.goal is None else {"goal": sprint.goal})
