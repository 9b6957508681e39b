"""Boards and sprints: the part of Jira that has scopes of its own, so it may be closed to a token."""

from __future__ import annotations

from jira_assets.errors import BadQuery
from jira_assets.jira.endpoints import Endpoints
from jira_assets.jira.models import Board, BoardConfiguration, Sprint

_PAGE = 50


class BoardEndpoints(Endpoints):
    """Boards and sprints; each raises ScopeMissing when the token may not ask."""

    def fetch_boards(self, project_id: str) -> list[Board]:
        """Fetch the boards that show a project."""
        params: dict[str, str | int] = {"projectKeyOrId": project_id, "maxResults": _PAGE}
        return [board for page in self._pages("/rest/agile/1.0/board", Board, params) for board in page]

    def fetch_board_configuration(self, board_id: int | str) -> BoardConfiguration:
        """Fetch how a board is set up, the field it estimates with included."""
        return self._record(f"/rest/agile/1.0/board/{board_id}/configuration", BoardConfiguration)

    def fetch_board_sprints(self, board_id: int | str, *, state: str | None = None) -> list[Sprint]:
        """Fetch the sprints of a board, all or only those in some states, such as "active,future".

        A board that has no sprints by its kind gives none.
        """
        path = f"/rest/agile/1.0/board/{board_id}/sprint"
        params: dict[str, str | int] = {"maxResults": _PAGE} | ({"state": state} if state else {})
        try:
            return [sprint for page in self._pages(path, Sprint, params) for sprint in page]
        except BadQuery as error:
            if "does not support sprints" in error.reason:
                return []
            raise

    def fetch_sprint(self, sprint_id: int | str) -> Sprint:
        """Fetch one sprint as it is now."""
        return self._record(f"/rest/agile/1.0/sprint/{sprint_id}", Sprint)
