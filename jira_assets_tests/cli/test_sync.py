"""`sync` as a person types it: tables, words and exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

import jira_assets.definitions  # noqa: F401 - it describes every table, so it is loaded before there are few
from jira_assets.demo.site import DemoSite
from jira_assets.settings.load import Settings
from jira_assets_tests.child_process import child_process
from jira_assets_tests.cli.conftest import Run
from jira_assets_tests.waiting import wait_until

pytestmark = pytest.mark.few_tables

KEYS = ["MOB", "PAY", "WEB"]


def track_all(run: Run) -> None:
    """Track every project of the site."""
    assert run("projects", "track", "--all").exit_code == 0


@pytest.mark.usefixtures("recorded_here")
def test_a_sync_ends_with_a_table_of_outcomes_and_publishes(
    run: Run, site: DemoSite, settings: Settings
) -> None:
    track_all(run)

    result = run("sync")

    assert result.exit_code == 0, result.output
    header, *rows = result.stdout.splitlines()
    assert header.split() == [
        "project", "result", "issues", "synced", "created", "updated", "errors", "requests", "seconds",
    ]  # fmt: skip
    assert [row.split()[:2] for row in rows] == [[key, "complete"] for key in KEYS]
    assert settings.warehouse_file.exists()
    assert (settings.dagster_dir / "dagster.yaml").exists()


def test_a_second_sync_and_publish_say_that_nothing_changed(run: Run, site: DemoSite) -> None:
    run("projects", "track", "PAY")
    run("sync")

    result = run("sync")

    assert result.exit_code == 0
    assert "Nothing changed" in result.stderr
    assert run("--quiet", "sync").output == ""
    assert run("--quiet", "status").output == ""
    assert run("--quiet", "publish", "--force").output == ""
    assert "is up to date" in run("publish").stderr
    assert "Published" in run("publish", "--force").stderr


def test_the_outcomes_come_as_json(run: Run, site: DemoSite) -> None:
    track_all(run)

    document = json.loads(run("sync", "--json").stdout)

    assert [project["project_key"] for project in document["projects"]] == KEYS
    assert sum(project["fetched"] for project in document["projects"]) == len(site.issues_truth())
    assert document["published"].endswith("jira.duckdb")
    assert document["requests"] > 0


def test_only_the_named_projects_are_synced(run: Run, site: DemoSite) -> None:
    track_all(run)

    document = json.loads(run("sync", "--json", "pay").stdout)

    assert [project["project_key"] for project in document["projects"]] == ["PAY"]


def test_one_forbidden_project_of_three_is_named_and_the_exit_code_is_3(run: Run, site: DemoSite) -> None:
    track_all(run)
    site.forbid_project("PAY")

    result = run("sync")

    assert result.exit_code == 3
    assert "PAY: " in result.stderr
    assert [row.split()[1] for row in result.stdout.splitlines()[1:]] == ["complete", "error", "complete"]


def test_dead_credentials_end_with_exit_code_4_and_change_nothing(
    run: Run, site: DemoSite, settings: Settings
) -> None:
    track_all(run)
    site.switches.dead_credentials = True

    result = run("sync")

    assert result.exit_code == 4
    assert "demo-token" not in result.output
    assert not settings.warehouse_file.exists()


def test_a_mistyped_key_is_found_before_anything_starts(run: Run, site: DemoSite, settings: Settings) -> None:
    track_all(run)

    result = run("sync", "PYA")

    assert result.exit_code == 1
    assert "PAY" in result.stderr
    assert not settings.dagster_dir.exists()


def test_without_tracked_projects_it_is_said_what_to_do(run: Run, site: DemoSite) -> None:
    result = run("sync")

    assert result.exit_code == 1
    assert "jira-assets projects track" in result.stderr


def test_ctrl_c_ends_a_sync_soon_and_the_next_one_goes_on(
    run: Run, site: DemoSite, settings: Settings
) -> None:
    track_all(run)
    site.latency_ms = 1000

    already = site.journal.total
    command = [sys.executable, "-c", "from jira_assets.cli import main; main()", "sync"]
    with child_process(command, stderr=subprocess.PIPE) as process:
        wait_until(lambda: site.journal.total >= already + 4 or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        told = process.communicate()[1]
    assert (process.returncode, told.splitlines()[-1]) == (130, "Interrupted.")
    assert not settings.warehouse_file.exists()

    site.latency_ms = 0
    assert run("sync").exit_code == 0
    assert settings.warehouse_file.exists()
