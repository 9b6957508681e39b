"""Refresh the tables about the site as a whole, daily.

Renaming a project, a status, a version or a person changes no issue's `updated`: no incremental read would
ever notice. Each table is replaced as a whole, and written only when its content changed. A part that cannot
be read keeps its old table, becomes a notice, and is asked for again by the next sync.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from jira_assets.errors import Forbidden, IncompleteRead, JiraAssetsError, NotFound
from jira_assets.jira.models import Project
from jira_assets.lake.site_manifest import Notice, SiteManifest
from jira_assets.lake.site_tables import land_site_table, read_site_table
from jira_assets.sync.accounts import is_outage, unlisted_users
from jira_assets.sync.context import SyncContext, drain
from jira_assets.sync.damage import note_site_damage
from jira_assets.sync.optional_parts import (
    Part,
    Read,
    beside_the_issues,
    notice_of,
    notice_of_odd_records,
    read_part,
)
from jira_assets.sync.project_details import DETAILS, Details, asked_of, fetch_details, put_details
from jira_assets.sync.project_state import key_of, out_of_sight, state_of_unknown
from jira_assets.sync.reference_lists import SITE_LISTS, Rows, project_row
from jira_assets.sync.sprints import OPEN_SPRINTS, are_sprints_due, refresh_open_sprints

FORBIDDEN = 403
TRY_AGAIN_AFTER = timedelta(hours=1)
"""A part of one project that cannot be read; the lists of the site are asked for by each sync."""


@dataclass
class Refreshed:
    """What a refresh found: the projects that Jira refuses or does not know."""

    failed: dict[str, JiraAssetsError] = field(default_factory=dict)


def refresh_site(
    context: SyncContext,
    project_ids: Sequence[str],
    *,
    doubted: Collection[str] = (),
    again: Collection[str] = (),
    force: bool = False,
) -> Refreshed:
    """Bring the tables and project details that are older than a day, and the projects' open sprints.

    The `doubted` failed lately: a search that forbids them may just show nothing, their details say so.
    Tables named in `again` are read also when they are fresh. Raises `AuthenticationError` when Jira refuses
    our identity; nothing else that it answers is an error.
    """
    with context.lake.lock("site", "refresh of the site's tables"):
        note_site_damage(context.lake)
        manifest = context.lake.site_manifest()
        doubtful = {*doubted, *_worth_another_try(context, manifest)}
        stale = [name for name in SITE_LISTS if force or name in again or _is_due(context, manifest, name)]
        due = [
            key
            for key in project_ids
            if force or key in doubtful or _is_stale(context, manifest.projects.get(key))
        ]
        with beside_the_issues(context, failed_before=_failed_before(manifest, stale, due)) as asking:
            failed = _refresh(asking, manifest, stale, due, project_ids)
            rest = [key for key in project_ids if key not in due]
            manifest.renew_notices([(OPEN_SPRINTS, None)], refresh_open_sprints(asking, manifest, rest))
        context.lake.commit_site(manifest)
        context.lake.sweep_site(manifest)
    return Refreshed(failed)


def is_refresh_due(context: SyncContext, project_ids: Collection[str]) -> bool:
    """Check whether a refresh would ask for anything, or sprints that may have changed for a while."""
    manifest = context.lake.site_manifest()
    return (
        any(_is_due(context, manifest, name) for name in SITE_LISTS)
        or any(_is_stale(context, manifest.projects.get(key)) for key in project_ids)
        or not _worth_another_try(context, manifest).isdisjoint(project_ids)
        or are_sprints_due(context, manifest, project_ids)
    )


def _is_due(context: SyncContext, manifest: SiteManifest, name: str) -> bool:
    unread = any(
        notice.is_unread and notice.key == (SITE_LISTS[name].part, None) for notice in manifest.notices
    )
    return unread or _is_stale(context, manifest.tables.get(name))


def _refresh(
    context: SyncContext,
    manifest: SiteManifest,
    stale: Sequence[str],
    due: Sequence[str],
    project_ids: Sequence[str],
) -> dict[str, JiraAssetsError]:
    """Ask for everything at the same time: a first sync waits for all of it before its first issue."""
    tables = [context.submit(partial(_read_list, context, manifest, name, project_ids)) for name in stale]
    answers = dict(zip(due, fetch_details(context, due), strict=True))
    drain(tables)
    lists = {name: table.result() for name, table in zip(stale, tables, strict=True)}
    notices = [notice for name, part in lists.items() for notice in _replace(context, manifest, name, part)]
    read = [answer for answer in answers.values() if isinstance(answer, Details)]
    failed = _failed(context, answers, lists.get("projects"))
    for key, answer in answers.items():
        if isinstance(answer, JiraAssetsError) and key not in failed:
            notices.append(notice_of(DETAILS, key, "Versions and components", answer, context.clock()))
    notices += put_details(context, manifest, read)
    if isinstance(lists.get("projects"), JiraAssetsError):
        _add_projects(context, manifest, [details.project for details in read])
    asked = [(SITE_LISTS[name].part, None) for name in stale]
    manifest.renew_notices([*asked, *asked_of(due, read)], notices)
    return failed


def _is_stale(context: SyncContext, known: Any) -> bool:
    if known is None:
        return True
    refreshed_at: datetime = known.refreshed_at
    return context.clock() - refreshed_at >= context.options.refresh_every


def _worth_another_try(context: SyncContext, manifest: SiteManifest) -> set[str]:
    """Name the projects of which something could not be read an hour ago."""
    unread = {notice.project_id for notice in manifest.notices if notice.is_unread}
    return {
        key
        for key, details in manifest.projects.items()
        if key in unread and context.clock() - details.refreshed_at >= TRY_AGAIN_AFTER
    }


def _failed_before(manifest: SiteManifest, stale: Sequence[str], due: Sequence[str]) -> bool:
    """Return whether nothing of what is due could be read the last time."""
    asked = {(SITE_LISTS[name].part, None) for name in stale} | {(DETAILS, key) for key in due}
    return bool(asked) and asked <= {notice.key for notice in manifest.notices}


def _read_list(
    context: SyncContext, manifest: SiteManifest, name: str, project_ids: Sequence[str]
) -> Part[Rows]:
    part = read_part(context, partial(SITE_LISTS[name].fetch, context.client))
    known = manifest.tables.get(name)
    is_known = (known is not None and known.rows > 0) or (name == "projects" and len(project_ids) > 0)
    if isinstance(part, Read) and not part.content and is_known:
        return IncompleteRead(
            f"Jira returned no {name}, although the site has some.",
            "Check in a browser what this account sees. If it sees them, Jira is out of order.",
        )
    return part


def _replace(context: SyncContext, manifest: SiteManifest, name: str, part: Part[Rows]) -> list[Notice]:
    listed, known, now = SITE_LISTS[name], manifest.tables.get(name), context.clock()
    if name == "users" and isinstance(part, Read) and _is_doubtful(context, manifest, part.content):
        part = IncompleteRead(
            "Jira returned most people without their names, as in an outage.",
            "If they were really deleted, no action is required: the list is believed after a day.",
        )
    if not isinstance(part, Read):
        notice = notice_of(listed.part, None, f"The {name} of the site", part, now)
        if name == "users" and isinstance(part, Forbidden) and _is_stale(context, known):
            _put_unlisted(context, manifest)
        stays = f" Their table is from {known.refreshed_at:%Y-%m-%d %H:%M} UTC." if known else ""
        instruction = f"{listed.consequence} {notice.instruction}".strip()
        return [msgspec.structs.replace(notice, reason=notice.reason + stays, instruction=instruction)]
    rows = part.content + _kept_rows(context, manifest, name, part.content)
    if name == "users":
        rows = list(map(context.redaction().row, rows))
    manifest.set_table(name, land_site_table(context.lake, name, rows, now))
    odd = notice_of_odd_records(listed.part, None, part, now)
    return [odd] if odd else []


def _is_doubtful(context: SyncContext, manifest: SiteManifest, listed: Rows) -> bool:
    """Check whether people are listed as in an outage, and it is not a day since that began."""
    if not is_outage(read_site_table(context.lake, manifest, "users"), listed):
        return False
    part = SITE_LISTS["users"].part
    since = [notice.since for notice in manifest.notices if notice.part == part and notice.is_unread]
    return not any(context.clock() - each >= context.options.refresh_every for each in since)


def _put_unlisted(context: SyncContext, manifest: SiteManifest) -> None:
    """Read people by id while their list is forbidden."""
    answered = {row["account_id"]: row for row in unlisted_users(context, manifest, ())}
    if answered:
        before = read_site_table(context.lake, manifest, "users")
        present = {row["account_id"]: row for row in before} | answered
        rows = list(map(context.redaction().row, present.values()))
        users = land_site_table(context.lake, "users", rows, context.clock())
        manifest.set_table("users", users)


def _kept_rows(context: SyncContext, manifest: SiteManifest, name: str, answer: Rows) -> Rows:
    """Return the rows that stay although the answer does not have them, or that are asked for by id."""
    if name == "users":
        return unlisted_users(context, manifest, {row["account_id"] for row in answer})
    row_id = SITE_LISTS[name].row_id
    if row_id is None:
        return []
    answered = {row[row_id] for row in answer}
    present = read_site_table(context.lake, manifest, name)
    missing = [row for row in present if row[row_id] not in answered]
    if name == "statuses":
        # Jira lists the statuses of active workflows; histories go on naming the others.
        return [{**row, "is_listed": False} for row in missing]
    # Fields of projects that cannot be seen now: their issues are kept, too.
    seen = {row["project_id"] for row in read_site_table(context.lake, manifest, "projects")}
    return [row for row in missing if row["project_id"] not in seen | {None}]


def _failed(
    context: SyncContext, answers: Mapping[str, Details | JiraAssetsError], listed: Part[Rows] | None
) -> dict[str, JiraAssetsError]:
    """Choose the projects that Jira refuses or does not know, from those whose details cannot be read."""
    failed: dict[str, JiraAssetsError] = {
        key: answer
        for key, answer in answers.items()
        if isinstance(answer, Forbidden) and answer.facts.get("status") == FORBIDDEN
    }
    unknown = {key: answer for key, answer in answers.items() if isinstance(answer, NotFound)}
    if not unknown:
        return failed
    if listed is None:
        listed = read_part(context, partial(SITE_LISTS["projects"].fetch, context.client))
    seen = {row["project_id"] for row in listed.content} if isinstance(listed, Read) else None
    if seen is None:
        seen = {key for key, answer in answers.items() if isinstance(answer, Details)} or None
    for key, refusal in unknown.items():
        with suppress(Forbidden, IncompleteRead):  # a 404 that says nothing about the project is a notice
            state = state_of_unknown(context, key, refusal, seen)
            failed[key] = out_of_sight(key_of(context, key), state)
    return failed


def _add_projects(context: SyncContext, manifest: SiteManifest, projects: Iterable[Project]) -> None:
    """Take keys and names from the projects' own details while the list of projects cannot be read."""
    known = manifest.tables.get("projects")
    rows = {row["project_id"]: row for row in read_site_table(context.lake, manifest, "projects")}
    for project in projects:
        row = rows.get(project.id, project_row(project))
        rows[project.id] = {**row, "project_key": project.key, "name": project.name}
    # As old as before: the list is asked for again by the next sync.
    refreshed_at = known.refreshed_at if known else context.clock() - context.options.refresh_every
    table = land_site_table(context.lake, "projects", list(rows.values()), refreshed_at)
    manifest.set_table("projects", table)
