"""Keep boards and their columns as tables of the site: a board may show several projects."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from jira_assets.jira.models import Board, BoardConfiguration
from jira_assets.sync.site_sync import Row, Rows, SiteSync


def put_boards(
    site: SiteSync,
    boards_of: Mapping[str, Collection[Board]],
    configurations: Mapping[int, BoardConfiguration],
) -> None:
    """Put the boards of these projects, by their ids, into the tables.

    A board whose configuration was not read keeps the one that is known. One that shows none of the projects
    any more is removed, with its columns.
    """
    known = {row["board_id"]: row for row in site.rows("boards")}
    columns = _by_board(site.rows("board_columns"))
    for board in _distinct(boards_of):
        configuration = configurations.get(board.id)
        board_id = str(board.id)
        known[board_id] = _row(board, configuration, known.get(board_id, {}))
        if configuration is not None:
            columns[board_id] = _columns(board_id, configuration)
    shown = {key: row for key, row in _showing(known, boards_of).items() if row["project_ids"]}
    site.put("boards", list(shown.values()))
    site.put("board_columns", [row for key in shown for row in columns.get(key, ())])


def _distinct(boards_of: Mapping[str, Collection[Board]]) -> Iterable[Board]:
    return {board.id: board for boards in boards_of.values() for board in boards}.values()


def _showing(known: Mapping[str, Row], boards_of: Mapping[str, Collection[Board]]) -> dict[str, Row]:
    """Return the boards with the projects that each shows now."""
    shown: dict[str, set[str]] = {key: set(row.get("project_ids") or ()) for key, row in known.items()}
    for project_id, boards in boards_of.items():
        ids = {str(board.id) for board in boards}
        for key, projects in shown.items():
            (projects.add if key in ids else projects.discard)(project_id)
    return {key: {**row, "project_ids": sorted(shown[key])} for key, row in known.items()}


def _row(board: Board, configuration: BoardConfiguration | None, known: Row) -> Row:
    location = board.location.project_id if board.location else None
    row: Row = {
        **known,
        "board_id": str(board.id),
        "board_name": board.name,
        "board_type": board.type,
        "project_id": None if location is None else str(location),
    }
    if configuration is None:
        return row
    return row | {
        "filter_id": configuration.filter.id if configuration.filter else None,
        "sub_query": configuration.sub_query.query if configuration.sub_query else None,
        "constraint_type": configuration.column_config.constraint_type
        if configuration.column_config
        else None,
        "estimation_field": configuration.estimation_field,
    }


def _columns(board_id: str, configuration: BoardConfiguration) -> Rows:
    return [
        {
            "board_id": board_id,
            "position": position,
            "column_name": column.name,
            "status_ids": [status.id for status in column.statuses or ()],
            "min_issues": column.min,
            "max_issues": column.max,
        }
        for position, column in enumerate(configuration.columns, 1)
    ]


def _by_board(rows: Rows) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for row in rows:
        found.setdefault(row["board_id"], []).append(row)
    return found
