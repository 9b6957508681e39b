"""Check whether alerts can be sent, and send a test message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jira_assets.alerts.outbox import unsent_notices
from jira_assets.alerts.send import HOW_TO_INSTALL, is_installed, send
from jira_assets.cli.check_results import Finding, bad, doubtful, good
from jira_assets.cli.wiring import open_state
from jira_assets.settings.load import Settings
from jira_assets.settings.values import mask_alert_url
from jira_assets.state import AlertMessage

NOT_INSTALLED = "The package apprise is not installed: no alert is sent."
SET_IT = "Set JIRA_ASSETS_ALERT_URLS, such as jsons://example.com/hook (docs/operations.md has more)."
TEST = AlertMessage(
    "jira_assets: test",
    "This is a test of the alerts of jira_assets. Nothing is wrong, and there is nothing to do.",
    is_recovery=True,
)


def check_alerts(settings: Settings) -> Iterator[Finding]:
    """Say where alerts go, and which did not go through; without the setting there is nothing to check."""
    if not settings.alert_urls:
        return
    if not is_installed():
        yield bad("alerts", NOT_INSTALLED, HOW_TO_INSTALL)
        return
    yield good("alerts", f"sent to {', '.join(map(mask_alert_url, settings.alert_urls))}")
    with open_state(settings) as state:
        for notice in unsent_notices(state, settings.alert_urls):
            yield doubtful("alerts", notice, "jira-assets doctor --alert-test")


def send_test(settings: Settings) -> Iterator[Finding]:
    """Send a test message to every URL."""
    if not settings.alert_urls:
        yield bad("alerts", "JIRA_ASSETS_ALERT_URLS is not set: no alert is sent.", SET_IT)
        return
    if not is_installed():
        yield bad("alerts", NOT_INSTALLED, HOW_TO_INSTALL)
        return
    for number, url in enumerate(settings.alert_urls, 1):
        name, failure = f"{mask_alert_url(url)} (URL {number})", send(url, TEST)
        if failure is None:
            yield good("alerts", f"{name}: the test message went through")
        else:
            yield bad("alerts", f"{name}: {failure}", _repair(settings))


def _repair(settings: Settings) -> str:
    source = settings.source("alert_urls")
    place = str(Path(".env").absolute()) if source == ".env" else f"the {source}"
    return f"Compare the URL in {place} with docs/operations.md and with what the service shows."
