"""A demo site that was synced and published once, for the tests that read figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jira_assets.demo.generate.generate import generate_site
from jira_assets_tests.harness import SyncHarness, open_harness

NOW_MS = 1_795_435_200_000
BLOCKED = "In Review, To Do"
"""The statuses in which issues are blocked: all finished ones were, and many are."""


@contextmanager
def published_site(
    home: Path, issues: int = 240, change: Callable[[SyncHarness], None] | None = None
) -> Iterator[SyncHarness]:
    """Serve a site of two projects, `change` what is to be another, sync and publish it."""
    data = generate_site(7, projects=2, issues=issues, now_ms=NOW_MS)
    with open_harness(home, data, blocked_statuses=BLOCKED) as harness:
        harness.track()
        if change is not None:
            change(harness)
        harness.sync()
        harness.publish()
        yield harness
