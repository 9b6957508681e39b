"""Check what stands among the notices: parts of the site that cannot be read, settings that match nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

from jira_assets.cli.check_results import Finding, bad, doubtful, good
from jira_assets.cli.wiring import open_state
from jira_assets.lake.damage import damage_signs
from jira_assets.lake.home_lake import open_lake
from jira_assets.settings.load import Settings
from jira_assets.sync.notices import current_notices
from jira_assets.sync.setting_checks import PART, KnownNames, unmatched_settings


def check_notices(settings: Settings) -> Iterator[Finding]:
    """Repeat what the last syncs noticed; the settings are looked at as they are now."""
    with open_state(settings) as state, closing(open_lake(settings, state, state.sites.all())) as lake:
        tracked = state.projects.tracked()
        if not tracked:
            return
        known = KnownNames(lake, tracked)
        try:
            unmatched = list(unmatched_settings(known, settings, datetime.now(UTC)))
        except damage_signs() as error:
            yield bad(
                "settings", f"The tables do not open: {str(error).splitlines()[0]}", "jira-assets repair"
            )
            unmatched = []
        standing = [each for each in current_notices(lake, tracked) if not each.part.startswith(PART)]
    for notice in standing:
        since = f"(since {notice.since:%Y-%m-%d %H:%M} UTC)"
        yield doubtful("notices", f"{notice.concerns}: {notice.reason} {since}", notice.instruction)
    for each in unmatched:
        name = each.part.removeprefix(PART)
        yield doubtful("settings", f"{name}: {each.reason}", each.instruction)
    if not standing and not unmatched:
        yield good(
            "notices",
            "every part of the site was read, and every setting refers to something that exists on the site",
        )
