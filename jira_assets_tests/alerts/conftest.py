"""A home with a target for alerts, and services that receive them over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jira_assets_tests.alerts.webhook import Webhook, open_webhook
from jira_assets_tests.harness import SyncHarness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sync.conftest import synced_once

SECRET_URL = "json://me:PLANTED-pass@127.0.0.1:9/PLANTED-path"


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """Serve a webhook."""
    with open_webhook() as opened:
        yield opened


@pytest.fixture
def harness(
    tmp_path: Path, templates: HomeTemplates, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SyncHarness]:
    """Track two projects that were just synced, with alerts on, whether apprise is there or not."""
    monkeypatch.setattr("jira_assets.alerts.watch.is_installed", lambda: True)
    monkeypatch.setattr("jira_assets.sync.setting_checks.find_spec", lambda _: True)
    with templates.open(synced_once, tmp_path / "home") as harness:
        settings = replace(harness.pipeline.settings, alert_urls=(SECRET_URL,))
        harness.pipeline = replace(harness.pipeline, settings=settings)
        yield harness
