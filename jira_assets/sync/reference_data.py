"""Refresh the tables about the site as a whole, daily.

Renaming a project, a status, a version or a person changes no issue's `updated`: no incremental read would
ever notice. Each table is replaced as a whole, and written only when its content changed. A part that cannot
be read keeps its old table, becomes a notice, and is asked for again by the next sync.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from jira_assets.errors import Forbidden, IncompleteRead, JiraAssetsError, NotFound
from jira_assets.lake.damage import note_site_damage
from jira_assets.lake.site_manifest import Notice
from jira_assets.sync.bulk_fetch import batches
from jira_assets.sync.context import SyncContext, drain
from jira_assets.sync.field_discovery import SiteFacts, fields_of
from jira_assets.sync.project_details import (
    DETAILS,
    OF_PROJECTS,
    Details,
    DetailsReader,
    as_known,
    asked_of,
    put_details,
)
from jira_assets.sync.project_state import out_of_sight
from jira_assets.sync.reference_lists import SITE_LISTS, put_list, put_projects, read_list
from jira_assets.sync.site_sync import Part, Read, Rows, SiteSync
from jira_assets.sync.sprints import OPEN_SPRINTS, are_sprints_due, refresh_open_sprints

FORBIDDEN = 403
TRY_AGAIN_AFTER = timedelta(hours=1)
"""A part of one project that cannot be read; the lists of the site are asked for by each sync."""
DETAILS_AT_ONCE = 12
"""Projects that are asked about together, so that the issues of the first ones need not wait for all."""
NEEDED_BY_ISSUES = ("projects", "fields")
"""Lists without which no issues are derived; kept fields depend on the projects that can be seen."""


OnFacts = Callable[[SiteFacts, Collection[str]], None]
"""Called with facts about the site, and the ids of the projects that need not wait for more."""


def refresh_site(
    context: SyncContext,
    project_ids: Sequence[str],
    *,
    doubted: Collection[str] = (),
    again: Collection[str] = (),
    force: bool = False,
    on_facts: OnFacts = lambda _facts, _project_ids: None,
) -> Mapping[str, JiraAssetsError]:
    """Bring the tables and project details that are older than a day, and the projects' open sprints.

    The `doubted` failed lately: a search that forbids them may just show nothing, their details say so.
    Tables named in `again` are read also when they are fresh. What the issues of projects wait for is read
    first, and `on_facts` is called with it, for each project once at most. Returns the errors of the projects
    that Jira refuses or does not know, by id. Raises `AuthenticationError` when Jira refuses our identity;
    nothing else that it answers is an error.
    """
    with context.lake.lock("site", "refresh of the site's tables"):
        site = SiteSync(context, context.lake.site_manifest())
        note_site_damage(site.lake, site.manifest)
        due = _due(site, project_ids, doubted=doubted, again=again, force=force)
        with site.beside_the_issues(failed_before=_failed_before(site, due)) as asking:
            rest = [key for key in project_ids if key not in due.projects]
            failed = _refresh(asking, due, rest, on_facts)
            asking.manifest.renew_notices([(OPEN_SPRINTS, None)], refresh_open_sprints(asking, rest))
        site.commit()
    return failed


def is_refresh_due(context: SyncContext, project_ids: Collection[str]) -> bool:
    """Check whether a refresh would ask for anything, or sprints that may have changed for a while."""
    site = SiteSync(context, context.lake.site_manifest())
    due = _due(site, project_ids)
    return bool(due.lists or due.projects) or are_sprints_due(site, project_ids)


@dataclass(frozen=True)
class _Due:
    """What to read: lists of the site by their tables, and the details of projects."""

    lists: Sequence[str]
    projects: Sequence[str]


def _due(
    site: SiteSync,
    project_ids: Collection[str],
    *,
    doubted: Collection[str] = (),
    again: Collection[str] = (),
    force: bool = False,
) -> _Due:
    details, wanted = site.manifest.projects, {*doubted, *_worth_another_try(site)}
    return _Due(
        [name for name in SITE_LISTS if force or name in again or _is_list_due(site, name)],
        [
            key
            for key in project_ids
            if force or key in wanted or site.is_stale(details.get(key), *OF_PROJECTS)
        ],
    )


def _is_list_due(site: SiteSync, name: str) -> bool:
    part = SITE_LISTS[name].part
    is_unread = any(notice.is_unread and notice.key == (part, None) for notice in site.manifest.notices)
    return is_unread or site.is_stale(site.manifest.tables.get(name), name)


def _worth_another_try(site: SiteSync) -> set[str]:
    """Name the projects of which something could not be read an hour ago."""
    unread = {notice.project_id for notice in site.manifest.notices if notice.is_unread}
    return {
        key
        for key, details in site.manifest.projects.items()
        if key in unread and site.now() - details.refreshed_at >= TRY_AGAIN_AFTER
    }


def _failed_before(site: SiteSync, due: _Due) -> bool:
    """Return whether nothing of what is due could be read the last time."""
    asked = {(SITE_LISTS[name].part, None) for name in due.lists} | {(DETAILS, key) for key in due.projects}
    return bool(asked) and asked <= {notice.key for notice in site.manifest.notices}


def _refresh(
    site: SiteSync, due: _Due, current: Sequence[str], on_facts: OnFacts
) -> dict[str, JiraAssetsError]:
    """Read first what the issues of projects wait for, some projects at a time, then everything else."""
    lists = _Lists(site, is_filled=bool(due.projects or current))
    reader = DetailsReader(site)
    answers: dict[str, Details | JiraAssetsError] = {}
    lists.begin([name for name in due.lists if name in NEEDED_BY_ISSUES])
    lists.put()
    fields = fields_of(site.rows("fields"))
    on_facts(SiteFacts(fields, site.manifest.projects), current)
    for some in batches(due.projects, DETAILS_AT_ONCE):
        found = dict(zip(some, reader.read(some), strict=True))
        answers |= found
        fresh = {key: as_known(site, each) for key, each in found.items() if isinstance(each, Details)}
        on_facts(SiteFacts(fields, fresh), list(fresh))
    lists.begin([name for name in due.lists if name not in NEEDED_BY_ISSUES])
    read = [answer for answer in answers.values() if isinstance(answer, Details)]
    reader.read_the_rest(read)
    lists.put()
    notices = lists.notices
    failed = _failed(site, answers, lists.parts.get("projects"))
    for key, answer in answers.items():
        if isinstance(answer, JiraAssetsError) and key not in failed:
            notices.append(site.failure(DETAILS, key, "Versions and components", answer))
    notices += put_details(site, read)
    if isinstance(lists.parts.get("projects"), JiraAssetsError):
        put_projects(site, [details.project for details in read])
    parts = [(SITE_LISTS[name].part, None) for name in due.lists]
    site.manifest.renew_notices([*parts, *asked_of(due.projects, read)], notices)
    return failed


class _Lists:
    """Lists of the site that are read side by side, and put into their tables in the order they began."""

    def __init__(self, site: SiteSync, *, is_filled: bool) -> None:
        self._site = site
        self._is_filled = is_filled
        """Whether the site has projects, whatever it lists."""
        self._begun: dict[str, Future[Part[Rows]]] = {}
        self.parts: dict[str, Part[Rows]] = {}
        self.notices: list[Notice] = []

    def begin(self, names: Sequence[str]) -> None:
        """Begin to read these lists."""
        for name in names:
            is_filled = self._is_filled and name == "projects"
            read = partial(read_list, self._site, name, is_filled=is_filled)
            self._begun[name] = self._site.context.submit(read)

    def put(self) -> None:
        """Wait for the lists that were begun, and replace their tables."""
        begun, self._begun = self._begun, {}
        drain(list(begun.values()))
        for name, part in begun.items():
            self.parts[name] = part.result()
            self.notices += put_list(self._site, name, self.parts[name])


def _failed(
    site: SiteSync, answers: Mapping[str, Details | JiraAssetsError], listed: Part[Rows] | None
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
        listed = site.read(partial(SITE_LISTS["projects"].fetch, site.client))
    seen = {row["project_id"] for row in listed.content} if isinstance(listed, Read) else None
    if seen is None:
        seen = {key for key, answer in answers.items() if isinstance(answer, Details)} or None
    states = site.context.project_states
    for key, refusal in unknown.items():
        with suppress(Forbidden, IncompleteRead):  # a 404 that says nothing about the project is a notice
            failed[key] = out_of_sight(states.key_of(key), states.of_unknown(key, refusal, seen))
    return failed
