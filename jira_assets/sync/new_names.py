"""Notice that issues name what the daily lists do not have yet: a new version, component, type or resolution.

Making one changes no issue, but it is of no use before an issue names it. Then the lists are read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from jira_assets.lake.lake import Lake
from jira_assets.lake.site_manifest import SiteManifest
from jira_assets.lake.site_tables import read_site_table
from jira_assets.lake.sql_files import literal, statement
from jira_assets.sync.results import Outcome

OF_PROJECTS: Mapping[str, str] = {"version": "versions", "component": "components"}
OF_SITE: Mapping[str, str] = {"issue type": "issue_types", "resolution": "resolutions"}
"""What issues name by an id, and the table that has it."""


@dataclass(frozen=True)
class Unlisted:
    """Where issues name something unknown: in which projects, and in which lists of the site."""

    projects: Sequence[str]
    lists: Sequence[str]


def find_unlisted(lake: Lake, outcomes: Sequence[Outcome]) -> Unlisted:
    """Find what issues name that were fetched after the lists were read, which do not have it.

    What could not be read the last time is left out: it is asked for again anyway.
    """
    site = lake.site_manifest()
    unread = {notice.project_id for notice in site.notices if notice.is_unread}
    fetched = [each.project_id for each in outcomes if each.ok and each.fetched]
    listed = _Listed(lake, site)
    lacking = {project_id: listed.lacks(project_id) for project_id in fetched}
    return Unlisted(
        [each for each, kinds in lacking.items() if kinds & OF_PROJECTS.keys() and each not in unread],
        sorted({OF_SITE[kind] for kinds in lacking.values() for kind in kinds & OF_SITE.keys()}),
    )


class _Listed:
    """The ids that the tables of the site have, read once, and only if something is compared with them."""

    def __init__(self, lake: Lake, site: SiteManifest) -> None:
        self._lake, self._site = lake, site
        self._ids: dict[str, set[str]] = {}

    def lacks(self, project_id: str) -> set[str]:
        """Return the kinds of which the issues of a project name one that its list did not have later."""
        manifest = self._lake.readable_manifest(project_id)
        issues = manifest.derived_file("jira_issues") if manifest else None
        read_at = self._read_at(project_id)
        if issues is None or not read_at:
            return set()
        path = literal(self._lake.path(issues.path))
        since = f"timestamp '{min(read_at.values()):%Y-%m-%d %H:%M:%S.%f}'"
        query = statement("sync/named_ids", issues=path, since=since)
        return {
            kind
            for kind, named_id, named_at in self._lake.engine.execute(query).fetchall()
            if kind in read_at and named_at >= read_at[kind] and named_id not in self._ids_of(kind)
        }

    def _read_at(self, project_id: str) -> dict[str, datetime]:
        """Return when the list of each kind was read, in UTC."""
        details = self._site.projects.get(project_id)
        lists = {kind: self._site.tables.get(table) for kind, table in OF_SITE.items()}
        read = {**lists, **dict.fromkeys(OF_PROJECTS, details)}
        return {
            kind: known.refreshed_at.astimezone(UTC).replace(tzinfo=None)
            for kind, known in read.items()
            if known is not None
        }

    def _ids_of(self, kind: str) -> set[str]:
        table = {**OF_PROJECTS, **OF_SITE}[kind]
        if table not in self._ids:
            rows = read_site_table(self._lake, self._site, table)
            self._ids[table] = {row[f"{kind.replace(' ', '_')}_id"] for row in rows}
        return self._ids[table]
