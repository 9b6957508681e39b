"""Two sites in a home that watches itself: what one of them refuses is said of that one alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from jira_assets.alerts.watch import sync_and_publish
from jira_assets.demo.generate.generate import generate_site
from jira_assets.errors import AuthenticationError
from jira_assets.qualified import split
from jira_assets_tests.alerts.conftest import SECRET_URL
from jira_assets_tests.harness import MONDAY_NOON
from jira_assets_tests.two_sites import TwoSites, open_two_sites

pytestmark = pytest.mark.few_tables

NOW_MS = int(MONDAY_NOON.timestamp() * 1000)


@pytest.fixture
def sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoSites]:
    """Track a project on each of two sites, with alerts on that are sent to no one."""
    monkeypatch.setattr("jira_assets.alerts.watch.is_installed", lambda: True)
    monkeypatch.setattr("jira_assets.alerts.watch.send", lambda *_: None)
    monkeypatch.setattr("jira_assets.sync.setting_checks.find_spec", lambda _: True)
    data = [generate_site(1, projects=1, issues=3, now_ms=NOW_MS) for _ in range(2)]
    with open_two_sites(tmp_path / "home", *data) as sites:
        settings = replace(sites.pipeline.settings, alert_urls=(SECRET_URL,))
        sites.ours.pipeline = replace(sites.pipeline, settings=settings)
        sites.track_all()
        yield sites


def sync(sites: TwoSites, *prefixes: str) -> None:
    """Sync the projects of the sites with these prefixes, as a run does."""
    tracked = sites.pipeline.state.projects.tracked()
    chosen = [each for each in tracked if split(each.project_id)[0] in prefixes]
    sync_and_publish(sites.pipeline, partial(sites.pipeline.sync, chosen))


def stopped(sites: TwoSites) -> list[str]:
    """Name the sites of which it is noted that syncs have stopped, and not that they go on."""
    alerts = sites.pipeline.state.alerts.all()
    return [each.subject for each in alerts if each.name == "syncs_stopped" and each.cleared_at is None]


def test_a_run_over_one_site_that_is_refused_says_nothing_of_the_other(sites: TwoSites) -> None:
    sites.acme.switches.dead_credentials = True
    with pytest.raises(AuthenticationError):
        sync(sites, "acme:")
    assert stopped(sites) == ["acme"]


def test_where_both_refuse_each_has_its_own_alert(sites: TwoSites) -> None:
    sites.acme.switches.dead_credentials = sites.ours.site.switches.dead_credentials = True
    with pytest.raises(AuthenticationError):
        sync(sites, "", "acme:")
    assert stopped(sites) == ["", "acme"]


def test_a_run_over_one_site_does_not_end_the_alert_about_the_other(sites: TwoSites) -> None:
    sites.acme.switches.dead_credentials = True
    sync(sites, "", "acme:")
    sync(sites, "")
    assert stopped(sites) == ["acme"]
    sites.acme.switches.dead_credentials = False
    sync(sites, "acme:")
    assert stopped(sites) == []
