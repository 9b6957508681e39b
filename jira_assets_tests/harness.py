"""A demo site, a home of its own, and the two tied together: what most tests of syncing start from."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from jira_assets.demo.clock import VirtualClock
from jira_assets.demo.data import SiteData
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.request_log import Request
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets.settings.load import load_settings
from jira_assets.state import ProjectRef, TrackedProject
from jira_assets.sync.pipeline import Pipeline, open_pipeline
from jira_assets.sync.project import Task
from jira_assets.sync.publish import publish_inputs
from jira_assets.sync.results import Outcome
from jira_assets.sync.run import SyncResult
from jira_assets.warehouse.publish import PublishResult
from jira_assets_tests.postgres import empty_schema
from jira_assets_tests.present import PresentWarehouse
from jira_assets_tests.preview import Preview

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""Far from midnight, so that minutes that pass are not another day."""

ON_POSTGRES = "JIRA_ASSETS_TEST_POSTGRES"
"""With this variable set, every rig keeps its state in a PostgreSQL of the tests' own."""

ON_A_SHARED_LAKE = "JIRA_ASSETS_TEST_SHARED_LAKE"
"""With this variable set, every rig does so, and has its lake in a store: a folder beside its home."""


@dataclass
class SyncHarness:
    """A site that is served, and a workbench on a home that is connected to it; both live by one clock."""

    site: DemoSite
    server: DemoServer
    pipeline: Pipeline
    published: list[PublishResult | None] = field(default_factory=list)
    is_behind: bool = False
    options: dict[str, str] = field(default_factory=dict)
    """The settings that were chosen for the home."""
    _preview: Preview | None = None
    _present: PresentWarehouse | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to work on the same home."""
        settings = self.pipeline.settings
        places = {"JIRA_ASSETS_HOME": str(settings.home), "JIRA_ASSETS_STATE_URL": settings.state_url}
        if settings.lake_url:
            places |= {
                "JIRA_ASSETS_LAKE": settings.lake_url,
                "JIRA_ASSETS_SECRET_KEY": settings.secret_key or "",
            }
        return {**credentials(self.server), **places}

    @property
    def tracked(self) -> list[TrackedProject]:
        """The tracked projects."""
        return self.pipeline.state.projects.tracked()

    def track(self, *keys: str) -> None:
        """Track projects of the site, all of them when none is named."""
        projects = self.site.catalog.projects.values()
        refs = [ProjectRef(str(p.id), p.key, p.name) for p in projects if not keys or p.key in keys]
        self.pipeline.state.projects.track(refs)

    def sync(self, *keys: str, full: bool = False) -> SyncResult:
        """Sync the tracked projects, or those named."""
        projects = self.pipeline.state.projects.find(keys) if keys else self.tracked
        result = self.pipeline.sync(projects, full=full)
        self._fall_behind()
        return result

    def work_on(self, tasks: Sequence[Task]) -> SyncResult:
        """Do these tasks."""
        result = self.pipeline.work_on(tasks)
        self._fall_behind()
        return result

    def reconcile(self, *, accept: Collection[str] = ()) -> SyncResult:
        """Reconcile the tracked projects."""
        result = self.pipeline.reconcile(self.tracked, accept=accept)
        self._fall_behind()
        return result

    def _fall_behind(self) -> None:
        self.is_behind, self._preview = True, None

    def publish(self) -> PublishResult | None:
        """Publish what the syncs brought."""
        self.is_behind = False
        published = self.pipeline.publish()
        self.published.append(published)
        return published

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the published warehouse or, after a sync, what publishing would show."""
        if self.is_behind:
            if self._preview is None:
                pipeline = self.pipeline
                state, now = pipeline.state, pipeline.clock()
                inputs = publish_inputs(pipeline.lake, state, pipeline.settings, state.sites.all(), now=now)
                self._preview = Preview(pipeline.lake, inputs)
            return self._preview.ask(query)
        if self._present is None:
            self._present = PresentWarehouse(self.pipeline.settings.warehouse_file)
        return self._present.opened().execute(query).fetchall()

    def requests_of(self, *keys: str, full: bool = False) -> list[Request]:
        """Sync, and return the requests that it took."""
        mark = self.site.journal.mark()
        self.sync(*keys, full=full)
        return self.site.requests_since(mark)

    def differences(self, *, gone: Collection[str] = ()) -> list[str]:
        """Compare the warehouse with the site, for the tracked projects; nothing means they are equal.

        Issues that count as `gone` are no parents.
        """
        tracked = {project.project_id for project in self.tracked}
        truth = {
            key: (
                issue.key,
                issue.project_id,
                issue.summary,
                issue.issue_type,
                issue.status,
                issue.status_category,
                issue.assignee,
                issue.points,
                None if issue.parent_id in gone else issue.parent_id,
                issue.updated.replace(tzinfo=None),
            )
            for key, issue in self.site.issues_truth().items()
            if issue.project_id in tracked
        }
        rows = self.ask(
            "select jira_id, jira_key, project_id, summary, issue_type, status, status_category, "
            "assignee_account_id, story_points, parent_id, updated_at from jira_issues"
        )
        found = {row[0]: tuple(row[1:]) for row in rows}
        return [
            f"{key}: the site has {truth.get(key)}, the warehouse {found.get(key)}"
            for key in sorted(truth.keys() | found.keys())
            if truth.get(key) != found.get(key)
        ] + self._sprint_differences(tracked)

    def _sprint_differences(self, tracked: set[str]) -> list[str]:
        truth = {
            (issue.id, sprint)
            for issue in self.site.issues_truth().values()
            if issue.project_id in tracked
            for sprint in issue.sprint_ids
        }
        found = set(self.ask("select jira_id, sprint_id from jira_issue_sprints"))
        changes = dict(
            self.ask("select jira_id, count(distinct change_id) from jira_issue_changes group by all")
        )
        told = [
            f"{issue.id}: the site has {issue.changes} changes, the warehouse {changes.get(issue.id, 0)}"
            for issue in self.site.issues_truth().values()
            if issue.project_id in tracked and issue.changes != changes.get(issue.id, 0)
        ]
        return [f"sprints differ: {pair}" for pair in sorted(truth ^ found)] + told


def by_key(result: SyncResult) -> dict[str, Outcome]:
    """The outcomes of a sync or reconcile, by the keys of the projects."""
    return {outcome.project_key: outcome for outcome in result.outcomes}


def has_state_elsewhere() -> bool:
    """Check whether a copy of a home would not have its state."""
    return any(os.environ.get(name) for name in (ON_POSTGRES, ON_A_SHARED_LAKE))


def credentials(server: DemoServer) -> dict[str, str]:
    """The environment that connects to a demo site."""
    return {"JIRA_SITE_URL": server.url, "JIRA_EMAIL": "demo@example.com", "JIRA_API_TOKEN": "demo-token"}


@contextmanager
def open_harness(
    home: Path, data: SiteData | None = None, *, frozen: bool = True, **settings: str
) -> Iterator[SyncHarness]:
    """Serve a site (a small generated one by default) and open a home that is connected to it.

    The clock stands still at a Monday's noon until a test moves it, or it is real when it is not `frozen`;
    sleeping moves it.
    """
    clock = VirtualClock(MONDAY_NOON if frozen else None, frozen=frozen)
    site = DemoSite(data or generate_site(7, projects=2, issues=60, now_ms=clock.now_ms()), clock=clock)
    if has_state_elsewhere():
        settings = {"state_url": empty_schema(), **settings}
    if os.environ.get(ON_A_SHARED_LAKE):
        key = Fernet.generate_key().decode()
        settings = {"lake_url": f"file://{home}-store", "secret_key": key, **settings}
    with serve_site(site, home, settings) as harness:
        yield harness


@contextmanager
def serve_site(
    site: DemoSite, home: Path, settings: dict[str, str], *, port: int = 0
) -> Iterator[SyncHarness]:
    """Serve a site and open a home that is connected to it and lives by its clock."""
    with DemoServer(site, port=port) as server:
        chosen = load_settings({"home": str(home), **settings}, credentials(server), dotenv=None)
        with open_pipeline(chosen) as pipeline:
            pipeline = replace(pipeline, clock=site.clock.now, sleep=site.clock.sleep)
            yield SyncHarness(site, server, pipeline, options=settings)
