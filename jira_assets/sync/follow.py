"""Publish whenever the lake changed: for a host that syncs nothing.

Without targets nothing is written to the lake, which may be that of another host: no notice, no repair.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeAlias

from jira_assets.clock import utc_now
from jira_assets.errors import JiraAssetsError
from jira_assets.lake.home_lake import folders_of, open_lake
from jira_assets.lake.lake import Lake
from jira_assets.resource_limits import resource_errors
from jira_assets.settings.load import Settings
from jira_assets.state import State
from jira_assets.sync.project_facts import project_facts
from jira_assets.sync.publish import publish_warehouse
from jira_assets.sync.targets import TargetStatus, publish_to_targets, target_statuses
from jira_assets.warehouse.publish import PublishResult

EVERY_SECONDS = 2.0
"""How often is looked for changes of the lake: this reads what a commit replaces."""

ANYWAY_SECONDS = 60.0
"""How often all is compared: decisions, settings and the day change tables as well."""


Event: TypeAlias = "PublishResult | TargetStatus | Failure"


@dataclass(frozen=True)
class Failure:
    """A publish that failed; the file before stays, and the next look tries again."""

    error: JiraAssetsError


def follow_lake(
    settings: Settings,
    wait: Callable[[float], bool],
    *,
    force: bool = False,
    with_targets: bool = False,
    now: Callable[[], datetime] = utc_now,
    seconds: Callable[[], float] = time.monotonic,
) -> Iterator[Event]:
    """Publish now, and again whenever the lake changed, until `wait`, given seconds, returns true.

    With `with_targets`, the targets of the settings follow. Yields each publish, how targets stand whenever
    that changed, and each failure that is another one than the one before.
    """
    seen: object = None
    compared, failed = 0.0, ""
    targets: list[TargetStatus] = []
    with closing(State.open(settings.state_url)) as state, _lake_of(settings, state) as lake:
        while True:
            found = _look(lake, state)
            if found != seen or seconds() - compared >= ANYWAY_SECONDS:
                seen, compared = found, seconds()
                try:
                    with resource_errors(settings.home):
                        again = partial(publish_warehouse, lake, state, settings, now=now())
                        published = again(force=force)
                        if with_targets:
                            newer = publish_to_targets(lake, settings, now, again, force=force)
                            published = newer or published
                except JiraAssetsError as error:
                    seen = None  # a file may have been replaced while it was read
                    if str(error) != failed:
                        yield Failure(error)
                    failed = str(error)
                else:
                    force, failed = False, ""
                    if published:
                        yield published
                    if with_targets:
                        before, targets = targets, target_statuses(lake, settings)
                        yield from (target for target in targets if target not in before)
            if wait(EVERY_SECONDS):
                return


def _lake_of(settings: Settings, state: State) -> closing[Lake]:
    return closing(open_lake(settings, state, state.sites.all()))


def _look(lake: Lake, state: State) -> object:
    """Return what differs after any commit of a project or of a site, and when projects are tracked."""
    lake = lake.seeing(folders_of(state.sites.all()))
    projects = {project_id: facts.files for project_id, facts in project_facts(lake).items()}
    sites = [site.site_manifest().file_paths() for site in (lake, *map(lake.of, lake.folders))]
    return projects, sites, [project.project_id for project in state.projects.tracked()]
