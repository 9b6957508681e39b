"""A home of two demo sites: the first is that of a harness, the second is called acme."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from jira_assets.clock import utc_now
from jira_assets.demo.data import SiteData
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets.state import ConnectedSite, Credential, ProjectRef
from jira_assets.state.encryption import open_secret_box
from jira_assets.sync.pipeline import Pipeline, open_pipeline
from jira_assets_tests.harness import SyncHarness, open_harness


@dataclass
class TwoSites:
    """Both sites, and the home that is connected to them."""

    ours: SyncHarness
    acme: DemoSite
    acme_server: DemoServer

    @property
    def pipeline(self) -> Pipeline:
        """The home."""
        return self.ours.pipeline

    def track_all(self) -> None:
        """Track every project of both sites."""
        self.ours.track()
        projects = self.acme.catalog.projects.values()
        self.pipeline.state.projects.track(
            [ProjectRef(f"acme:{each.id}", f"acme:{each.key}", each.name) for each in projects]
        )

    def side(self, name: str) -> SyncHarness:
        """Return what the happenings of a site are done with."""
        return self.ours if name == "ours" else SyncHarness(self.acme, self.acme_server, self.pipeline)

    def differences(self) -> list[str]:
        """Compare what publishing would show with both sites; nothing means they are equal."""
        tracked = {project.project_id for project in self.pipeline.state.projects.tracked()}
        truth = _truth(self.ours.site, "") | _truth(self.acme, "acme:")
        truth = {key: issue for key, issue in truth.items() if issue[1] in tracked}
        rows = self.ours.ask(
            "select jira_id, jira_key, project_id, summary, status, assignee_account_id, story_points, "
            "parent_id, updated_at, coalesce(site, '') from jira_issues"
        )
        found = {row[0]: tuple(row[1:]) for row in rows}
        told = [
            f"{key}: the site has {truth.get(key)}, the warehouse {found.get(key)}"
            for key in sorted(truth.keys() | found.keys())
            if truth.get(key) != found.get(key)
        ]
        sprints_of = _sprints(self.ours.site, "") | _sprints(self.acme, "acme:")
        sprints = {(key, sprint) for key in truth for sprint in sprints_of[key]}
        shown = set(self.ours.ask("select jira_id, sprint_id from jira_issue_sprints"))
        return told + [f"sprints differ: {pair}" for pair in sorted(sprints ^ shown)]

    def pass_time(self, **units: float) -> None:
        """Move the clock of everything: both sites live by that of the first."""
        self.ours.site.clock.advance(timedelta(**units))


def _truth(site: DemoSite, prefix: str) -> dict[str, tuple[Any, ...]]:
    """Return every issue of a site that can be seen, by qualified id."""
    return {
        prefix + issue.id: (
            issue.key,
            prefix + issue.project_id,
            issue.summary,
            issue.status,
            issue.assignee,
            issue.points,
            None if issue.parent_id is None else prefix + issue.parent_id,
            issue.updated.replace(tzinfo=None),
            prefix.removesuffix(":"),
        )
        for issue in site.issues_truth().values()
    }


def _sprints(site: DemoSite, prefix: str) -> dict[str, list[str]]:
    """Return the qualified ids of the sprints of each issue, by its qualified id."""
    return {
        prefix + issue.id: [prefix + sprint for sprint in issue.sprint_ids]
        for issue in site.issues_truth().values()
    }


@contextmanager
def open_two_sites(home: Path, ours: SiteData, acme: SiteData, *, frozen: bool = True) -> Iterator[TwoSites]:
    """Serve both sites, and open a home that is connected to them."""
    with open_harness(home, ours, frozen=frozen) as harness:
        other = DemoSite(acme, clock=harness.site.clock)
        other.cloud_id = "the-cloud-id-of-acme"
        with DemoServer(other) as server:
            connect_acme(harness.pipeline, other, server.url)
            with open_pipeline(harness.pipeline.settings) as pipeline:
                clock = harness.site.clock
                harness.pipeline = replace(pipeline, clock=clock.now, sleep=clock.sleep)
                yield TwoSites(harness, other, server)


def connect_acme(pipeline: Pipeline, site: DemoSite, url: str) -> ConnectedSite:
    """Add the second site, and store its credential as `connect` does."""
    settings, state = pipeline.settings, pipeline.state
    added = state.sites.add(ConnectedSite(site.cloud_id, url, site.name, short_name="acme"))
    box, now = open_secret_box(settings.secret_key, settings.secret_key_file), utc_now()
    secrets = box.seal({"api_token": "demo-token"})
    account = site.accounts.first
    credential = Credential(
        "api_token", account.account_id, "Demo Analyst", secrets, now, now, email="demo@example.com"
    )
    state.of(added).credentials.connect(added, credential)
    return added


def with_other_field_ids(data: SiteData) -> SiteData:
    """Return the same site, where each custom field has the id that another one has here."""
    ids = sorted(field.id for field in data.fields if field.custom)
    renamed: SiteData = _renamed(data, dict(zip(ids, [*ids[1:], ids[0]], strict=True)))
    return renamed


def _renamed(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, dict):
        changed = {_renamed(key, ids): _renamed(entry, ids) for key, entry in value.items()}
        number = ids.get(f"customfield_{changed.get('customId')}", "").removeprefix("customfield_")
        return {**changed, "customId": int(number)} if number else changed
    if isinstance(value, list):
        return [_renamed(entry, ids) for entry in value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{each.name: _renamed(getattr(value, each.name), ids) for each in fields(value)}
        )
    return value
