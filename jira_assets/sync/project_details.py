"""Refresh what rarely changes of a project: versions, components, boards with their columns and sprints.

Its versions and components come with the project, each board's columns with its estimate: no request is made
for them alone, but for the leads of components where the project leaves them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from jira_assets.errors import BadQuery, JiraAssetsError, ScopeMissing
from jira_assets.formatting import counted
from jira_assets.jira.client import JiraClient
from jira_assets.jira.models import Board, BoardConfiguration, Project, Sprint
from jira_assets.lake.site_manifest import Notice, ProjectDetails
from jira_assets.lake.site_tables import columns_digest
from jira_assets.sync.board_tables import put_boards
from jira_assets.sync.context import drain
from jira_assets.sync.project_lists import COMPONENTS, put_components, put_versions, read_leads
from jira_assets.sync.site_sync import Content, Part, Read, SiteSync, is_refused
from jira_assets.sync.sprints import merge_sprints

DETAILS, BOARDS, SETUP, SPRINTS = "project details", "boards", "board configuration", "sprints"

OF_PROJECTS = ("versions", "components", "sprints", "boards", "board_columns")
"""The tables of the site that are filled with the details of projects."""

MOST_BOARDS_ASKED = 500
"""Of one project; what is beyond them is said."""


@dataclass
class Details:
    """What was read about one project; what could not be read of it is in the notices."""

    project: Project
    asked_at: datetime
    notices: list[Notice]
    boards: list[Board] | None = None
    """None when they could not be read: those known before stay."""
    configurations: list[BoardConfiguration] = field(default_factory=list)
    sprints: list[Sprint] = field(default_factory=list)

    @property
    def estimated_with(self) -> list[str]:
        """The fields that its boards estimate with."""
        fields = (each.estimation_field for each in self.configurations)
        return list(dict.fromkeys(each for each in fields if each))

    def keeps_estimates(self) -> bool:
        """Whether some board did not say what it estimates with, so that what was known before counts."""
        return self.boards is None or any(notice.part == SETUP for notice in self.notices)


def asked_of(project_ids: Iterable[str], read: Iterable[Details]) -> list[tuple[str, str | None]]:
    """List the parts that were asked for: the boards only of projects that answered."""
    boards = [(part, each.project.id) for each in read for part in (COMPONENTS, BOARDS, SETUP, SPRINTS)]
    return [*((DETAILS, key) for key in project_ids), *boards]


def put_details(site: SiteSync, read: Sequence[Details]) -> list[Notice]:
    """Put what was read about these projects into the site's tables; returns what is odd or unreadable."""
    if not read:
        return []
    put_versions(site, [details.project for details in read])
    put_components(site, [details.project for details in read])
    merge_sprints(site, [sprint for details in read for sprint in details.sprints])
    boards_of = {each.project.id: each.boards for each in read if each.boards is not None}
    put_boards(site, boards_of, {setup.id: setup for each in read for setup in each.configurations})
    for details in read:
        site.manifest.set_project(details.project.id, as_known(site, details))
    return [notice for details in read for notice in details.notices]


def as_known(site: SiteSync, details: Details) -> ProjectDetails:
    """Return what the manifest keeps of the details; what could not be read now stays as it was."""
    known = site.manifest.projects.get(details.project.id)
    estimates = known.estimated_with if known and details.keeps_estimates() else ()
    return ProjectDetails(
        refreshed_at=details.asked_at,
        is_team_managed=details.project.is_team_managed,
        boards=(known.boards if known else ()) if details.boards is None else _ids(details.boards),
        estimated_with=tuple(dict.fromkeys([*details.estimated_with, *estimates])),
        columns=columns_digest(*OF_PROJECTS),
    )


class DetailsReader:
    """Reads details of projects: first what their issues wait for, then the rest. Each board is asked once.

    What cannot be read of the boards of a project is in the notices of its details.
    """

    def __init__(self, site: SiteSync) -> None:
        self._site = site
        self._configurations: dict[int, Part[BoardConfiguration]] = {}

    def read(self, project_ids: Sequence[str]) -> list[Details | JiraAssetsError]:
        """Read these projects, their boards and the configurations of these, all at the same time.

        Why the details of a project cannot be read is returned in its place.
        """
        site, client = self._site, self._site.client
        projects = [site.begin(partial(client.fetch_project, key)) for key in project_ids]
        boards = [site.begin(partial(client.fetch_boards, key)) for key in project_ids]
        drain([*projects, *boards])
        answers = [_details(site, project.result()) for project in projects]
        for answer, found in zip(answers, boards, strict=True):
            if isinstance(answer, Details):
                _take_boards(site, answer, found.result())
        read = [answer for answer in answers if isinstance(answer, Details)]
        asked = [board.id for board in _boards_of(read) if board.id not in self._configurations]
        self._configurations |= self._ask(client.fetch_board_configuration, asked)
        for details in read:
            _take_setup(site, details, _of_own_boards(details, self._configurations))
        return answers

    def read_the_rest(self, read: Sequence[Details]) -> None:
        """Read the sprints of the boards, and leads of components, which the tables have besides."""
        site = self._site
        boards = {board.id: board for board in _boards_of(read)}
        sprints = self._ask(lambda board: _fetch_sprints(site.client, boards[board]), boards)
        for details in read:
            _take_sprints(site, details, _of_own_boards(details, sprints))
        _take_leads(site, read)

    def _ask(self, ask: Callable[[int], Content], boards: Iterable[int]) -> dict[int, Part[Content]]:
        asked = {board: self._site.begin(partial(ask, board)) for board in boards}
        drain(list(asked.values()))
        return {board: answer.result() for board, answer in asked.items()}


def _boards_of(read: Iterable[Details]) -> Iterable[Board]:
    """Return the boards of these projects, each once: a board may show several of them."""
    return {board.id: board for details in read for board in details.boards or ()}.values()


def _of_own_boards(details: Details, found: Mapping[int, Part[Content]]) -> dict[Board, Part[Content]]:
    return {board: found[board.id] for board in details.boards or ()}


def _details(site: SiteSync, part: Part[Project]) -> Details | JiraAssetsError:
    if not isinstance(part, Read):
        return part
    return Details(part.content, part.asked_at, site.odd_records(DETAILS, part.content.id, part))


def _take_leads(site: SiteSync, read: Sequence[Details]) -> None:
    projects, notices = read_leads(site, [details.project for details in read])
    for details in read:
        details.project = projects.get(details.project.id, details.project)
        details.notices += [notice for notice in notices if notice.project_id == details.project.id]


def _take_boards(site: SiteSync, details: Details, part: Part[list[Board]]) -> None:
    project = details.project
    if not isinstance(part, Read):
        notice = site.failure(BOARDS, project.id, "The list of boards", part)
        consequence = "Sprint names and dates are taken from the newest issue data and may be out of date."
        instruction = f"{notice.instruction} {consequence}"
        details.notices.append(msgspec.structs.replace(notice, instruction=instruction))
        return
    details.boards = part.content[:MOST_BOARDS_ASKED]
    details.notices += site.odd_records(BOARDS, project.id, part)
    if len(details.boards) < len(part.content):
        reason = f"Only {len(details.boards)} of {len(part.content)} boards were read."
        instruction = "Sprints that are on no other board are taken from the issues and may be out of date."
        details.notices.append(Notice(BOARDS, reason, instruction, site.now(), project.id))


def _fetch_sprints(client: JiraClient, board: Board) -> list[Sprint]:
    if board.type == "kanban":
        return []
    try:
        return client.fetch_board_sprints(board.id)
    except BadQuery:
        if board.type == "scrum":
            raise
        return []  # boards of team-managed projects have sprints or have none


def _take_setup(site: SiteSync, details: Details, found: Mapping[Board, Part[BoardConfiguration]]) -> None:
    details.configurations = [answer.content for answer in found.values() if isinstance(answer, Read)]
    _note(site, details, SETUP, "The columns and the estimation settings of {boards}", found)


def _take_sprints(site: SiteSync, details: Details, found: Mapping[Board, Part[list[Sprint]]]) -> None:
    for answer in found.values():
        details.sprints.extend(answer.content if isinstance(answer, Read) else ())
    _note(site, details, SPRINTS, "The sprints of {boards}", found)


def _note(site: SiteSync, details: Details, part: str, what: str, found: Mapping[Board, Part[Any]]) -> None:
    """Say in one notice which boards cannot be read, or how many records were odd."""
    project_id = details.project.id
    failed = {board: answer for board, answer in found.items() if not isinstance(answer, Read)}
    read = [answer for answer in found.values() if isinstance(answer, Read)]
    if failed:
        what = what.format(boards=_named(list(failed)))
        error = next(iter(failed.values()))
        is_final = part == SETUP and all(_stays_closed(*each) for each in failed.items())
        details.notices.append(site.failure(part, project_id, what, error, is_final=is_final))
        return
    odd = sum(each.left_out for each in read), sum(each.kept_in_part for each in read)
    details.notices += site.odd_records(part, project_id, Read(None, details.asked_at, *odd))


def _stays_closed(board: Board, error: JiraAssetsError) -> bool:
    """Check whether asking hourly for the setup of a board is of no use: kanban boards have no estimates."""
    return is_refused(error) or (board.type == "kanban" and isinstance(error, ScopeMissing))


def _named(boards: Sequence[Board]) -> str:
    first = ", ".join(f"{board.id} “{board.name}”" for board in boards[:3])
    more = f" and {counted(len(boards) - 3, 'other')}" if len(boards) > 3 else ""
    return f"{'board' if len(boards) == 1 else 'boards'} {first}{more}"


def _ids(boards: Iterable[Board]) -> tuple[str, ...]:
    return tuple(str(board.id) for board in boards)
