"""Look for problems and send what is new: the step that the sensor and every sync end with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from jira_assets.alerts.changes import compare
from jira_assets.alerts.conditions import Access, find_conditions
from jira_assets.alerts.message import write_message
from jira_assets.alerts.outbox import Send, send_queued, unsent_notices
from jira_assets.alerts.send import is_installed, send, target_of
from jira_assets.errors import JiraAssetsError
from jira_assets.state import Alert, AlertMessage
from jira_assets.sync.health import Health, judge_home
from jira_assets.sync.pipeline import Pipeline
from jira_assets.sync.run import SyncResult
from jira_assets.warehouse.publish import PublishResult, prepare_publish


def sync_and_publish(
    pipeline: Pipeline, work: Callable[[], SyncResult]
) -> tuple[SyncResult, PublishResult | None]:
    """Do the work on the lake, publish, and send alerts about how it went.

    Returns None for what was published when the warehouse showed all of it already. An error that ends the
    work is raised with the notices about alerts that were not sent as its notes.
    """
    # While the work waits for Jira.
    threading.Thread(target=prepare_publish, name="prepare").start()
    try:
        result = work()
        before = pipeline.target_notices()
        published = pipeline.publish()
    except JiraAssetsError as error:
        for notice in raise_alerts(pipeline, _refused(error)):
            error.add_note(notice)
        raise
    result.notices = [line for line in result.notices if line not in before]
    result.notices += pipeline.target_notices()
    access = {prefix: Access(refusal=error) for prefix, error in result.refusals.items()}
    result.notices += raise_alerts(pipeline, accepted_by(result.accepted) | access)
    return result, published


def accepted_by(prefixes: Iterable[str]) -> dict[str, Access]:
    """Return how the sites with these prefixes received us: they answered."""
    return {prefix: Access(was_accepted=True) for prefix in prefixes}


def _refused(error: JiraAssetsError) -> dict[str, Access]:
    """Return how the sites received us that an error is from; one without a site concerns the first."""
    errors = {error.facts.get("site", ""): error, **error.facts.get("others", {})}
    return {prefix: Access(refusal=each) for prefix, each in errors.items()}


def raise_alerts(
    pipeline: Pipeline,
    access: Mapping[str, Access],
    send_one: Send | None = None,
    health: Health | None = None,
) -> list[str]:
    """Note which problems stand, queue one message about what changed, and send what is due.

    Does nothing without the setting, or without apprise. Returns a notice for each URL to which messages did
    not go through. `access` is how each site received us, by prefix; `health` is what was just judged.
    """
    settings, state = pipeline.settings, pipeline.state
    if not settings.alert_urls or not is_installed():
        return []
    now, lasting = pipeline.clock(), timedelta(minutes=settings.alert_after_minutes)
    health = health or judge_home(pipeline)
    look = find_conditions(
        health.portfolio.projects, health.verdicts, health.connected, health.notices, access
    )
    site = _site_name(pipeline)

    def change(known: list[Alert]) -> tuple[list[Alert], AlertMessage | None]:
        changes = compare(known, look, now, lasting)
        return changes.alerts, write_message(changes, site)

    state.alerts.revise(change, [target_of(url) for url in settings.alert_urls], now)
    send_queued(state, settings.alert_urls, now, send_one or send)
    return unsent_notices(state, settings.alert_urls)


def _site_name(pipeline: Pipeline) -> str:
    site = pipeline.lake.site()
    url = site.site_url if site else pipeline.settings.jira_site_url
    return (url or "no site").partition("://")[2] or "no site"
