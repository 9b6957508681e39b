"""Work on several sites at the same time: one that is down or slow stops no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from datetime import datetime
from functools import partial

from jira_assets.errors import Cancelled, InputError, JiraAssetsError
from jira_assets.qualified import split
from jira_assets.sync.project import Task, failed
from jira_assets.sync.results import Outcome
from jira_assets.sync.run import SyncResult
from jira_assets.sync.site_access import note_access
from jira_assets.sync.site_pipeline import SitePipeline

Part = tuple[SitePipeline, list[Task]]
Result = SyncResult | JiraAssetsError


def work_on_sites(
    sites: Sequence[SitePipeline],
    tasks: Sequence[Task],
    *,
    deep: bool = False,
    until: datetime | None = None,
    cancelled: threading.Event | None = None,
    is_part: bool = False,
) -> SyncResult:
    """Do the tasks, which have qualified ids, each in its site; the outcomes come in their order.

    A site that cannot be asked fails its own projects. Where that is every site, raises the first error,
    unless these tasks are only a part of what was wanted, and the rest is done already.
    """
    parts = _by_site(sites, tasks)
    ended = cancelled or threading.Event()
    work = partial(_work_on, deep=deep, until=until, cancelled=ended, is_waited_for=len(parts) > 1)
    results = _results(parts, work, ended)
    refusals = {
        site.site.prefix: result
        for (site, _), result in zip(parts, results, strict=True)
        if isinstance(result, JiraAssetsError)
    }
    for site, _ in parts:
        note_access(site, refusals.get(site.site.prefix))
    if refusals and len(refusals) == len(results) and not is_part:
        (prefix, first), *others = refusals.items()
        raise _naming(first, prefix, dict(others))
    return _together(tasks, parts, results)


def _results(parts: Sequence[Part], work: Callable[[Part], Result], ended: threading.Event) -> list[Result]:
    if len(parts) == 1:
        return [work(parts[0])]
    with ThreadPoolExecutor(max(len(parts), 1), thread_name_prefix="site") as threads:
        futures = [threads.submit(copy_context().run, work, part) for part in parts]
        try:
            return [future.result() for future in futures]
        except BaseException:
            ended.set()
            raise


def _naming(error: JiraAssetsError, prefix: str, others: Mapping[str, JiraAssetsError]) -> JiraAssetsError:
    """Return the error of a site with its prefix, and the errors of the others, among its facts."""
    error.facts.update(site=prefix, others=others)
    return error


def _by_site(sites: Sequence[SitePipeline], tasks: Sequence[Task]) -> list[Part]:
    parts = []
    for site in sites:
        own = [task for task in tasks if split(task.project.project_id)[0] == site.site.prefix]
        if own:
            parts.append((site, [replace(each, project=site.as_own(each.project)) for each in own]))
    return parts


def _work_on(
    part: Part, *, deep: bool, until: datetime | None, cancelled: threading.Event, is_waited_for: bool
) -> Result:
    """Work on a site; other sites that wait for it are not held up by one that is down."""
    site, tasks = part
    try:
        if is_waited_for:
            site.check_reachable()
        return site.work_on(tasks, deep=deep, until=until, cancelled=cancelled)
    except Cancelled:
        raise
    except JiraAssetsError as error:
        return error


def _together(tasks: Sequence[Task], parts: Sequence[Part], results: Sequence[Result]) -> SyncResult:
    found, refusals, accepted = [], {}, set()
    for (site, own), result in zip(parts, results, strict=True):
        if isinstance(result, JiraAssetsError):
            refusals[site.site.prefix] = result
            result = SyncResult([failed(site.lake, task.project, result) for task in own])
        else:
            accepted.add(site.site.prefix)
        found.append(_in_home(site, result))
    by_id = {outcome.project_id: outcome for result in found for outcome in result.outcomes}
    return SyncResult(
        [by_id.get(task.project.project_id) or _of_no_site(task) for task in tasks],
        [notice for result in found for notice in result.notices],
        sum(result.requests for result in found),
        refusals,
        accepted,
    )


def _of_no_site(task: Task) -> Outcome:
    """Return the outcome of a project whose site has another name by now, or none."""
    error = InputError(
        f"The site of {task.project.project_key} was renamed, added or removed after this sync had begun.",
        "Run `jira-assets sync` again.",
    )
    return Outcome(task.project.project_id, task.project.project_key, error=error)


def _in_home(site: SitePipeline, result: SyncResult) -> SyncResult:
    return SyncResult(
        [site.in_home(outcome) for outcome in result.outcomes],
        [site.says(notice) for notice in result.notices],
        result.requests,
    )
