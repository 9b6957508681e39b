"""A home with a target for alerts, and services that receive them over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jira_assets_tests.alerts.webhook import Webhook, open_webhook
from jira_assets_tests.harness import SyncHarness, open_harness

SECRET_URL = "json://me:PLANTED-pass@127.0.0.1:9/PLANTED-path"


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """Serve a webhook."""
    with open_webhook() as opened:
        yield opened


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncHarness]:
    """Track two projects, with alerts on; whether apprise is installed plays no part."""
    monkeypatch.setattr("jira_assets.alerts.watch.is_installed", lambda: True)
    monkeypatch.setattr("jira_assets.sync.setting_checks.find_spec", lambda _: True)
    with open_harness(tmp_path / "home") as harness:
        settings = replace(harness.pipeline.settings, alert_urls=(SECRET_URL,))
        harness.pipeline = replace(harness.pipeline, settings=settings)
        harness.track()
        yield harness
