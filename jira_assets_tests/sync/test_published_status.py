"""The published status of a project is what is true of it when the file is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from jira_assets_tests.harness import SyncHarness, open_harness


def statuses(harness: SyncHarness) -> dict[str, str]:
    """The published status of each project."""
    harness.pipeline.publish(force=True)
    return dict(harness.ask("select project_key, status from sync_status"))


@pytest.mark.few_tables
def test_the_published_status_says_how_each_project_stands(tmp_path: Path) -> None:
    with open_harness(tmp_path / "home") as harness:
        harness.track()
        first, second = harness.tracked

        with harness.pipeline.lake.lock(first.project_id, "sync"):
            assert statuses(harness) == {first.project_key: "syncing", second.project_key: "pending"}

        harness.site.forbid_project(second.project_key)
        harness.sync()
        assert statuses(harness) == {first.project_key: "complete", second.project_key: "error"}
