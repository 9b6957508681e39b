"""Publish the warehouse from what lake and state hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime, timedelta

from jira_assets.errors import JiraAssetsError, LockHeld
from jira_assets.lake.home_lake import folders_of
from jira_assets.lake.lake import Lake
from jira_assets.lake.site_manifest import Notice
from jira_assets.resource_limits import resource_errors
from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, State, TrackedProject
from jira_assets.sync.notices import renew_notice
from jira_assets.sync.raw_table import is_raw_table_current
from jira_assets.sync.results import read_portfolio, read_statuses
from jira_assets.sync.targets import targets_behind
from jira_assets.warehouse.metric_settings import MetricSettings, ProjectMetrics
from jira_assets.warehouse.publish import PublishInputs, PublishResult, is_up_to_date, publish
from jira_assets.warehouse.sites import PublishedSite


def publish_warehouse(
    lake: Lake,
    state: State,
    settings: Settings,
    *,
    now: datetime,
    force: bool = False,
    on_begin: Callable[[int], None] = lambda _: None,
) -> PublishResult | None:
    """Build and swap in a new warehouse; None when the present one shows all there is.

    Calls `on_begin` with the number of tables before it builds any.

    Raises `PublishError` when the new one does not pass its checks; the present one then stays.
    """
    sites = state.sites.all()  # of now: others than when the lake was opened, perhaps
    lake = lake.seeing(folders_of(sites))
    return publish(
        lake,
        settings.warehouse_dir,
        publish_inputs(lake, state, settings, sites, now=now),
        force=force,
        mirrored=settings.parquet_mirror,
        mirrors_kept=timedelta(minutes=settings.parquet_mirror_minutes),
        on_begin=on_begin,
    )


def is_published(lake: Lake, state: State, settings: Settings, *, now: datetime) -> bool:
    """Check whether the warehouse and the other targets show all there is, and no publish failed.

    That holds where other hosts publish, too.
    """
    if not is_raw_table_current(lake, settings):
        return False
    if not settings.publish:
        return True
    failed = any(notice.part == PART for notice in lake.site_manifest().notices)
    if failed or targets_behind(lake, settings):
        return False
    sites = state.sites.all()
    lake = lake.seeing(folders_of(sites))
    inputs = publish_inputs(lake, state, settings, sites, now=now)
    return is_up_to_date(lake, settings.warehouse_dir, inputs, mirrored=settings.parquet_mirror)


def publish_inputs(
    lake: Lake, state: State, settings: Settings, sites: Sequence[ConnectedSite], *, now: datetime
) -> PublishInputs:
    """Gather what is published beside the lake."""
    portfolio = read_portfolio(state)
    projects = portfolio.projects
    return PublishInputs(
        tracked=[project.project_id for project in projects],
        team_members=[asdict(member) for member in state.team.members()],
        sync_status=[asdict(found.record) for found in read_statuses(state, lake, portfolio)],
        sites=[_published(lake, settings, site) for site in sites],
        metrics=metric_settings(settings, projects, now),
        extra_fields=settings.extra_fields,
        team_from=settings.team_from,
    )


def _published(lake: Lake, settings: Settings, site: ConnectedSite) -> PublishedSite:
    held = lake.of(site.prefix).site()
    url = held.site_url if held else (settings.jira_site_url if site.is_first else site.url)
    return PublishedSite(site.prefix, site.short_name, url or "", site.name)


def metric_settings(settings: Settings, projects: Sequence[TrackedProject], now: datetime) -> MetricSettings:
    """Take from the settings what the metrics of each project are computed with."""
    found = {project.project_id: _project_metrics(settings, project.project_key) for project in projects}
    return MetricSettings.at(now, settings.time_zone, found)


def _project_metrics(settings: Settings, key: str) -> ProjectMetrics:
    # Who names a project only has said nothing of the others: those keep what is usual.
    usual, undelivered = ProjectMetrics(), settings.undelivered_resolutions
    others = undelivered.site or usual.undelivered_resolutions
    return ProjectMetrics(
        settings.hierarchy_levels.of(key) or usual.hierarchy_levels,
        undelivered.of(key) if undelivered.is_named(key) else others,
        settings.active_statuses.of(key),
        settings.blocked_statuses.of(key),
        dict(settings.status_categories.of(key)),
    )


PART = "warehouse"
_STAYS = "The warehouse before this one stays in use."


@contextmanager
def publish_noted(lake: Lake, now: datetime) -> Iterator[None]:
    """Note why the block failed, or that it did not; the error is raised as it is."""
    try:
        with resource_errors():
            yield
    except LockHeld:
        raise
    except Exception as error:
        with suppress(OSError):  # a full disk keeps no notice either
            renew_notice(lake, PART, _describe(error, now))
        raise
    renew_notice(lake, PART, None)


def _describe(error: Exception, now: datetime) -> Notice:
    if isinstance(error, JiraAssetsError):
        return Notice(PART, f"The last publish failed: {error.reason}", error.instruction or _STAYS, now)
    reason = f"The last publish failed with an unexpected {type(error).__name__}."
    return Notice(PART, reason, f"{_STAYS} `jira-assets publish` tries again and shows the error.", now)
