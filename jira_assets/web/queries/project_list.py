"""Which projects there are: as the lake has them, or as Jira says when it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from jira_assets.auth.status import connected_sites
from jira_assets.errors import JiraAssetsError
from jira_assets.lake.duckdb_engine import open_engine
from jira_assets.lake.lake import Lake
from jira_assets.lake.site_tables import read_site_table
from jira_assets.settings.load import Settings
from jira_assets.state import State


@dataclass(frozen=True)
class VisibleProject:
    """A project that the connected account may see; id and key are qualified."""

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
    """Remembers the newest list of this process, of all sites of the home."""

    def __init__(self) -> None:
        self._listing: Listing | None = None
        self._read_from: dict[str, Path] = {}
        self._fields: dict[Path, dict[str, str]] = {}
        self._asking = Lock()

    def known(self, lake: Lake) -> Listing | None:
        """Return the newest list there is without asking Jira; the oldest part says when Jira said so."""
        sites = {prefix: lake.of(prefix) for prefix in ("", *lake.folders)}
        found = {prefix: site.site_manifest().tables.get("projects") for prefix, site in sites.items()}
        tables = {prefix: table for prefix, table in found.items() if table is not None}
        if not tables:
            return self._listing
        refreshed_at = min(table.refreshed_at for table in tables.values()).astimezone(UTC)
        newer = self._listing is None or refreshed_at > self._listing.as_of
        files = {prefix: sites[prefix].path(table.path) for prefix, table in tables.items()}
        if newer and self._read_from != files:
            self._read_from = files
            projects = [project for prefix in tables for project in _read(sites[prefix], prefix)]
            self._listing = Listing(_in_order(projects), refreshed_at)
        elif newer and self._listing is not None:  # the same projects, seen again
            self._listing = Listing(self._listing.projects, refreshed_at)
        return self._listing

    def field_names(self, lake: Lake) -> dict[str, str]:
        """Name the fields of a site, by id; `lake` is that of the site."""
        table = lake.site_manifest().tables.get("fields")
        if table is None:
            return {}
        path = lake.path(table.path)
        if path not in self._fields:
            kept = {file: names for file, names in self._fields.items() if file.parent != path.parent}
            self._fields = {**kept, path: _read_fields(lake)}
        return self._fields[path]

    def fetch(self, settings: Settings, state: State) -> Listing:
        """Ask every connected site; raises `AuthenticationError` or `JiraError` when none answers."""
        with self._asking:  # two browsers that wait for the same list need no second question
            asked_at = datetime.now(UTC)
            self._listing = Listing(_in_order(_fetch_all(settings, state)), asked_at)
            return self._listing


def _in_order(projects: Sequence[VisibleProject]) -> list[VisibleProject]:
    return sorted(projects, key=lambda project: project.project_key)


def _read(lake: Lake, prefix: str) -> list[VisibleProject]:
    with closing(lake.using(open_engine(memory_limit="100MB"))) as reader:
        rows = read_site_table(reader, lake.site_manifest(), "projects")
    return [
        VisibleProject(
            prefix + row["project_id"],
            prefix + row["project_key"],
            row["name"] or "",
            row["project_type"] or "",
            bool(row["is_archived"]),
        )
        for row in rows
    ]


def _read_fields(lake: Lake) -> dict[str, str]:
    with closing(lake.using(open_engine(memory_limit="100MB"))) as reader:
        rows = read_site_table(reader, lake.site_manifest(), "fields")
    return {row["field_id"]: row["field_name"] or "" for row in rows}


def _fetch_all(settings: Settings, state: State) -> list[VisibleProject]:
    found: list[VisibleProject] = []
    refusals = []
    sites = connected_sites(settings, state)
    for site in sites:
        try:
            found += _fetch(settings, state.of(site), site.prefix)
        except JiraAssetsError as error:
            refusals.append(error)
    if len(refusals) == len(sites):
        raise refusals[0]
    return found


def _fetch(settings: Settings, state: State, prefix: str) -> list[VisibleProject]:
    from jira_assets.jira.client import JiraClient  # late: most pages ask Jira nothing
    from jira_assets.sync.transport import open_transport

    with closing(open_transport(settings, state)) as transport:
        client = JiraClient(transport)
        client.fetch_identity()  # dead credentials see no project without an error
        return [
            VisibleProject(
                prefix + project.id, prefix + project.key, project.name, project.project_type or ""
            )
            for project in client.fetch_projects()
        ]
