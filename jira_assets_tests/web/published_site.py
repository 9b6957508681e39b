"""A demo site that was synced and published once, for the tests that read figures.

In it somebody gave things names that are script.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jira_assets.demo.generate.generate import generate_site
from jira_assets.state import TeamMember
from jira_assets_tests.harness import SyncHarness, open_harness

NOW_MS = 1_795_435_200_000
HOSTILE = "<img src=x onerror=window.hacked=1>"
BLOCKED = "In Review, To Do"
"""The statuses in which issues are blocked: all finished ones were, and many are."""


@contextmanager
def published_site(home: Path, issues: int = 240) -> Iterator[SyncHarness]:
    """Serve a site of two projects, sync and publish it."""
    data = generate_site(7, projects=2, issues=issues, now_ms=NOW_MS)
    with open_harness(home, data, blocked_statuses=BLOCKED) as harness:
        harness.track()
        statuses = harness.site.catalog.statuses
        harness.site.rename_status(
            next(key for key in statuses if statuses[key].name not in BLOCKED), HOSTILE
        )
        harness.pipeline.state.team.replace([TeamMember("m1", "Ana Silva"), TeamMember("m2", HOSTILE)])
        harness.sync()
        harness.publish()
        yield harness
