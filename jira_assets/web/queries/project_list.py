"""Which projects there are: as the lake has them, or as Jira says when it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from jira_assets.lake.duckdb_engine import open_engine
from jira_assets.lake.lake import Lake
from jira_assets.lake.site_tables import read_site_table
from jira_assets.settings.load import Settings
from jira_assets.state import State


@dataclass(frozen=True)
class VisibleProject:
    """A project of the site that the connected account may see."""

    project_id: str
    project_key: str
    name: str
    project_type: str = ""
    is_archived: bool = False


@dataclass(frozen=True)
class Listing:
    """The projects, and when Jira said so."""

    projects: Sequence[VisibleProject]
    as_of: datetime

    def by_id(self) -> dict[str, VisibleProject]:
        """Find projects by id."""
        return {project.project_id: project for project in self.projects}


class ProjectList:
    """Remembers the newest list of this process."""

    def __init__(self) -> None:
        self._listing: Listing | None = None
        self._read_from: Path | None = None
        self._fields: dict[str, str] = {}
        self._fields_from: Path | None = None
        self._asking = Lock()

    def known(self, lake: Lake) -> Listing | None:
        """Return the newest list there is without asking Jira."""
        table = lake.site_manifest().tables.get("projects")
        if table is None:
            return self._listing
        refreshed_at = table.refreshed_at.astimezone(UTC)
        newer = self._listing is None or refreshed_at > self._listing.as_of
        if newer and self._read_from != lake.path(table.path):
            self._read_from = lake.path(table.path)
            self._listing = Listing(_read(lake), refreshed_at)
        elif newer and self._listing is not None:  # the same projects, seen again
            self._listing = Listing(self._listing.projects, refreshed_at)
        return self._listing

    def field_names(self, lake: Lake) -> dict[str, str]:
        """Name the fields of the site, by id."""
        table = lake.site_manifest().tables.get("fields")
        path = lake.path(table.path) if table else None
        if path != self._fields_from:
            self._fields_from, self._fields = path, _read_fields(lake)
        return self._fields

    def fetch(self, settings: Settings, state: State) -> Listing:
        """Ask Jira; raises `AuthenticationError` or `JiraError` when it does not say."""
        with self._asking:  # two browsers that wait for the same list need no second question
            asked_at = datetime.now(UTC)
            self._listing = Listing(_fetch(settings, state), asked_at)
            return self._listing


def _read(lake: Lake) -> list[VisibleProject]:
    with closing(Lake(lake.root, open_engine(memory_limit="100MB"))) as reader:
        rows = read_site_table(reader, lake.site_manifest(), "projects")
    found = (
        VisibleProject(
            row["project_id"],
            row["project_key"],
            row["name"] or "",
            row["project_type"] or "",
            bool(row["is_archived"]),
        )
        for row in rows
    )
    return sorted(found, key=lambda project: project.project_key)


def _read_fields(lake: Lake) -> dict[str, str]:
    with closing(Lake(lake.root, open_engine(memory_limit="100MB"))) as reader:
        rows = read_site_table(reader, lake.site_manifest(), "fields")
    return {row["field_id"]: row["field_name"] or "" for row in rows}


def _fetch(settings: Settings, state: State) -> list[VisibleProject]:
    from jira_assets.auth.credentials import choose_connection
    from jira_assets.jira.client import JiraClient  # late: most pages ask Jira nothing
    from jira_assets.jira.http import Transport

    connection = choose_connection(settings, state)
    with closing(
        Transport(connection, max_in_flight=settings.max_in_flight, pause=state.pauses)
    ) as transport:
        client = JiraClient(transport)
        client.fetch_identity()  # dead credentials see no project without an error
        found = [
            VisibleProject(project.id, project.key, project.name, project.project_type or "")
            for project in client.fetch_projects()
        ]
    return sorted(found, key=lambda project: project.project_key)
