"""Keep versions and components of projects as tables of the site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from jira_assets.jira.models import Component, Project, Version
from jira_assets.lake.site_manifest import Notice
from jira_assets.sync.context import drain
from jira_assets.sync.site_sync import Part, Read, Row, Rows, SiteSync, is_refused

COMPONENTS = "components"


def read_leads(site: SiteSync, projects: Sequence[Project]) -> tuple[dict[str, Project], list[Notice]]:
    """Ask for leads and types of assignee where a project has components and shows neither.

    Returns these projects by id, with what was found, and what could not be read.
    """
    asked = [project for project in projects if _lacks_leads(project)]
    answers = [site.begin(partial(site.client.fetch_components, project.id)) for project in asked]
    drain(answers)
    completed: dict[str, Project] = {}
    notices: list[Notice] = []
    for project, answer in zip(asked, answers, strict=True):
        part: Part[list[Component]] = answer.result()
        if isinstance(part, Read):
            completed[project.id] = _with_leads(project, part.content)
            notices += site.odd_records(COMPONENTS, project.id, part)
        else:
            what, is_final = "The leads of components", is_refused(part)
            notices.append(site.failure(COMPONENTS, project.id, what, part, is_final=is_final))
    return completed, notices


def put_versions(site: SiteSync, projects: Sequence[Project]) -> None:
    """Replace the versions of these projects."""
    known = {row["version_id"]: row for row in site.rows("versions")}

    def rows_of(project: Project) -> Rows:
        return [
            _version_row(site, project, version, known.get(version.id)) for version in project.versions or ()
        ]

    _replace_rows(site, "versions", projects, rows_of)


def put_components(site: SiteSync, projects: Sequence[Project]) -> None:
    """Replace the components of these projects; leads that Jira did not show now stay."""
    known = {row["component_id"]: row for row in site.rows("components")}

    def rows_of(project: Project) -> Rows:
        return [_component_row(project, each, known.get(each.id, {})) for each in project.components or ()]

    _replace_rows(site, "components", projects, rows_of)


def _lacks_leads(project: Project) -> bool:
    components = project.components or ()
    return bool(components) and not any(each.lead or each.assignee_type for each in components)


def _with_leads(project: Project, listed: Sequence[Component]) -> Project:
    """Take leads from the list of components; which ones there are, the project says."""
    found = {each.id: each for each in listed}
    components = [
        msgspec.structs.replace(each, lead=found[each.id].lead, assignee_type=found[each.id].assignee_type)
        if each.id in found
        else each
        for each in project.components or ()
    ]
    return msgspec.structs.replace(project, components=components)


def _version_row(site: SiteSync, project: Project, version: Version, known: Row | None) -> Row:
    return {
        "version_id": version.id,
        "name": version.name,
        "project_id": project.id,
        "description": version.description or None,
        "start_date": version.start_date,
        "release_date": version.release_date,
        "is_released": version.released,
        "is_archived": version.archived,
        "seen_released_at": _seen_released(site, version, known),
    }


def _seen_released(site: SiteSync, version: Version, known: Row | None) -> object:
    """Return when the version was first seen released, if it was seen unreleased before."""
    if not version.released or known is None:
        return None
    return site.now() if known["is_released"] is False else known["seen_released_at"]


def _component_row(project: Project, component: Component, known: Row) -> Row:
    lead = component.lead.account_id if component.lead else None
    is_shown = lead is not None or component.assignee_type is not None
    return {
        "component_id": component.id,
        "name": component.name,
        "project_id": project.id,
        "description": component.description or None,
        "lead_account_id": lead if is_shown else known.get("lead_account_id"),
        "assignee_type": component.assignee_type if is_shown else known.get("assignee_type"),
    }


def _replace_rows(
    site: SiteSync, table: str, projects: Sequence[Project], rows_of: Callable[[Project], Rows]
) -> None:
    replaced = {project.id for project in projects}
    kept = [row for row in site.rows(table) if row["project_id"] not in replaced]
    site.put(table, kept + [row for project in projects for row in rows_of(project)])
