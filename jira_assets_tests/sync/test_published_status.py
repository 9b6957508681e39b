"""The published status of a project is what is true of it when the file is published."""

from __future__ import annotations

from pathlib import Path

from jira_assets_tests.harness import Rig, open_rig


def statuses(rig: Rig) -> dict[str, str]:
    """The published status of each project."""
    rig.bench.publish(force=True)
    return dict(rig.ask("select project_key, status from sync_status"))


def test_the_published_status_says_how_each_project_stands(tmp_path: Path) -> None:
    with open_rig(tmp_path / "home") as rig:
        rig.track()
        first, second = rig.tracked
        assert statuses(rig) == {first.project_key: "pending", second.project_key: "pending"}

        with rig.bench.lake.lock(first.project_id, "sync"):
            assert statuses(rig)[first.project_key] == "syncing"

        rig.site.forbid_project(second.project_key)
        rig.sync()
        assert statuses(rig) == {first.project_key: "complete", second.project_key: "error"}
