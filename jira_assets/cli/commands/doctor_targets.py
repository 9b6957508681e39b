"""Check that the targets of the publish can be reached, and what they show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from jira_assets.cli.check_results import Finding, bad, doubtful, good
from jira_assets.cli.wiring import open_state
from jira_assets.errors import TargetError
from jira_assets.formatting import ago, counted
from jira_assets.lake.home_lake import open_lake
from jira_assets.settings.load import Settings
from jira_assets.sync.targets import TargetStatus, target_statuses
from jira_assets.warehouse.targets.target import open_target

_PUBLISH = "jira-assets publish"


def check_targets(settings: Settings) -> Iterator[Finding]:
    """Ask every target what it shows; without further targets there is nothing to check."""
    with open_state(settings) as state:
        statuses = target_statuses(open_lake(settings, state, state.sites.all()), settings)
    for status in statuses:
        yield _look(settings, status)


def _look(settings: Settings, status: TargetStatus) -> Finding:
    try:
        shown = open_target(status.target, settings).shown()
    except TargetError as error:
        return bad(status.target, error.reason, error.instruction)
    if shown is None:
        return doubtful(status.target, f"{status.place}: nothing published yet", _PUBLISH)
    now = datetime.now(UTC)
    said = f"{status.place}: shows the publish of {shown.published_at:%Y-%m-%d %H:%M:%S} UTC"
    if shown.published_at != status.shows or not status.is_current:
        return doubtful(status.target, f"{said}, which is not the newest one", _PUBLISH)
    changed = f"; {counted(shown.changed_values, 'value')} in another form" if shown.changed_values else ""
    return good(status.target, f"{said} ({ago(shown.published_at, now)}), the newest one{changed}")
