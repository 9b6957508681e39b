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

    def pass_time(self, **units: float) -> None:
        """Move the clock of everything: both sites live by that of the first."""
        self.ours.site.clock.advance(timedelta(**units))


@contextmanager
def open_two_sites(home: Path, ours: SiteData, acme: SiteData) -> Iterator[TwoSites]:
    """Serve both sites, and open a home that is connected to them."""
    with open_harness(home, ours) as harness:
        other = DemoSite(acme, clock=harness.site.clock)
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
