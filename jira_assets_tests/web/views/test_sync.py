from __future__ import annotations

import re
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jira_assets.lake.lake import Lake
from jira_assets.lake.site_manifest import Notice, TargetRecord
from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, ProjectRef, SyncRecord
from jira_assets.warehouse.targets.target import place_of
from jira_assets.web.app_state import AppState
from jira_assets.web.queries.sync import read_overview
from jira_assets.web.sync_process import SyncProcess
from jira_assets_tests.web.conftest import OpenPage, Page
from jira_assets_tests.web.hand_made import CONNECTED, track_many


def synced(project_id: str, key: str, ago: timedelta = timedelta(minutes=3)) -> SyncRecord:
    at = datetime.now(UTC) - ago
    return SyncRecord(
        project_id, key, "complete", last_sync_at=at, last_success_at=at, issues=1234, issues_synced=1234
    )


def test_an_empty_home_says_what_to_do_first(open_page: OpenPage) -> None:
    text = open_page({}).get("/")
    assert "No Jira site is connected" in text
    assert "jira-assets connect" in text
    assert "No project is tracked yet" in text
    assert 'href="/projects"' in text


def test_it_says_who_is_connected_to_which_site(page: Page) -> None:
    text = page.get("/")
    assert "acme.atlassian.net" in text
    assert "ana@acme.com" in text


def test_a_project_shows_how_it_stands(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "PAY", "Payments")])
    page.state.records.put(synced("1", "PAY"))
    text = page.get("/")
    assert "Up to date" in text
    assert "3 min ago" in text
    assert "1\u202f234" in text
    assert "not proved yet" in text
    assert 'href="http://127.0.0.1:3000/assets/jira_issues?view=partitions&amp;partition=PAY"' in text


def test_a_failure_is_told_first_with_its_remedy(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "AAA"), ProjectRef("2", "ZZZ")])
    page.state.records.put(synced("1", "AAA"))
    failed = replace(
        synced("2", "ZZZ"),
        status="error",
        errors=3,
        last_error="403 for ZZZ.",
        last_instruction="Ask an admin.",
    )
    page.state.records.put(failed)
    text = page.get("/")
    assert "Failed, 3 times" in text
    assert "403 for ZZZ." in text
    assert "Ask an admin." in text
    assert text.index('class="key">ZZZ') < text.index('class="key">AAA')


def test_a_missing_issue_takes_the_proof_away(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "PAY"), ProjectRef("2", "WEB")])
    now = datetime.now(UTC)
    page.state.records.put(replace(synced("1", "PAY"), proved_complete_at=now, missing_issues=2))
    page.state.records.put(replace(synced("2", "WEB"), proved_complete_at=now, missing_issues=0))
    text = page.get("/")
    assert "2 missing" in text
    assert re.search(r"Proved complete</dt><dd>1 <small>of 2", text)


def test_an_old_project_is_late(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "PAY"), ProjectRef("2", "WEB")])
    page.state.records.put(synced("1", "PAY", ago=timedelta(hours=5)))
    page.state.records.put(synced("2", "WEB"))
    assert page.get("/").count('pill late">Late') == 1


def test_a_held_lock_is_a_sync_at_work(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "PAY")])
    with Lake(page.settings.lake_dir).lock("1", "sync"):
        text = page.get("/sync/projects")
    assert "Syncing" in text
    assert 'data-again="3"' in text


def test_sync_now_leaves_a_request_for_the_sensor(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "PAY"), ProjectRef("2", "WEB")])
    assert "Sync requested" in page.send("/sync", project="pay")
    assert [request.project_id for request in page.state.sync_requests.all()] == ["1"]
    assert page.get("/sync/projects").count('class="pill requested"') == 1
    page.send("/sync")
    assert [request.project_id for request in page.state.sync_requests.all()] == ["1", None]
    assert page.get("/sync/projects").count('class="pill requested"') == 2


def test_a_project_that_was_asked_for_is_no_less_up_to_date(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "PAY")])
    page.state.records.put(synced("1", "PAY"))
    page.send("/sync", project="PAY")
    text = page.get("/")
    assert re.search(r"data-summary-tile>1 <small>of 1", text)
    assert 'pill requested">Sync requested' in text
    assert 'pill complete">Up to date' in text


def test_a_request_is_done_when_its_project_was_tried_since(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "PAY"), ProjectRef("2", "WEB")])
    page.send("/sync")
    page.state.records.put(synced("1", "PAY", ago=timedelta(minutes=-1)))
    assert page.get("/sync/projects").count('class="pill requested"') == 1, "that of WEB"


def write_dagster(page: Page, *, seen: timedelta) -> None:
    """Write what Dagster's storage holds: a heartbeat, and three runs."""
    folder = page.settings.dagster_dir / "history"
    folder.mkdir(parents=True)
    now = datetime.now(UTC)
    with closing(sqlite3.connect(folder / "runs.db")) as storage, storage:
        storage.execute("create table daemon_heartbeats (daemon_type, timestamp)")
        beat = (now - seen).replace(tzinfo=None).isoformat(" ")
        storage.execute("insert into daemon_heartbeats values ('SENSOR', ?)", (beat,))
        storage.execute("create table runs (id, run_id, pipeline_name, status, start_time, end_time)")
        storage.execute("create table run_tags (run_id, key, value)")
        at = now.timestamp()
        storage.executemany(
            "insert into runs values (?, ?, ?, ?, ?, ?)",
            [
                (1, "r1", "sync_jira", "SUCCESS", at - 500, at - 497.5),
                (2, "r2", "sync_jira", "SUCCESS", at - 400, at - 100),
                (3, "r3", "reconcile_jira", "STARTED", at - 60, None),
                (4, "r4", "sync_jira", "FAILURE", None, at - 90),
            ],
        )
        storage.execute("insert into run_tags values ('r4', 'jira_assets/failures_of', 'r2')")
        storage.execute("insert into run_tags values ('r2', 'jira_assets/result', '1 of 4 projects failed')")


def test_the_last_runs_stand_there_with_duration_and_outcome(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "PAY")])
    write_dagster(page, seen=timedelta(seconds=20))
    text = page.get("/")
    runs = text[text.index('id="runs"') :]
    order = ["Reconcile", "Running", "1 of 4 projects failed", "5 min", "Done", "2.5 s"]
    assert sorted(order, key=runs.index) == order
    assert 'href="http://127.0.0.1:3000/runs/r2"' in runs
    assert "runs/r4" not in runs, "it only tells Dagster what failed in r2"


@pytest.mark.parametrize(("seen", "word"), [(20, "Running"), (600, "Not running")])
def test_a_light_tells_whether_the_daemon_runs(page: Page, seen: int, word: str) -> None:
    page.state.projects.track([ProjectRef("1", "PAY")])
    write_dagster(page, seen=timedelta(seconds=seen))
    assert re.search(rf"Dagster's daemon</dt><dd><span[^>]*>{word}<", page.get("/"))


def test_a_storage_that_cannot_be_read_is_no_error_of_the_page(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "PAY")])
    assert "Not running" in page.get("/"), "nothing was ever started"
    folder = page.settings.dagster_dir / "history"
    folder.mkdir(parents=True)
    (folder / "runs.db").write_text("no database, but long enough to be taken for one " * 20)
    assert "Unknown" in page.get("/")


def test_sync_now_starts_a_process_of_its_own_and_says_how_it_ended(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        started.append(command[command.index("--home") :])
        options["stderr"].write(b"PAY: 20 of about 100 issues\nError: Jira does not answer.\n")
        options["stderr"].flush()
        assert syncs.progress_of("PAY") == "20 of about 100 issues"
        assert syncs.progress_of("WEB") == ""
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(subprocess, "run", run)
    home = str(page.settings.home)
    syncs = SyncProcess(lambda: page.settings, lambda: page.state)
    page.state.projects.track([ProjectRef("1", "PAY"), ProjectRef("2", "WEB")])
    page.state.sync_requests.add("1")
    syncs.follow_requests()
    syncs.wait()
    assert started == [["--home", home, "sync", "PAY"]]
    assert syncs.failure == "Jira does not answer."
    page.state.sync_requests.clear([request.request_id for request in page.state.sync_requests.all()])
    page.state.sync_requests.add()
    syncs.follow_requests()
    syncs.wait()
    syncs.follow_requests()
    syncs.wait()
    assert started[1:] == [["--home", home, "sync"]], "each request is tried once; the sensor tries again"


def test_a_request_that_nobody_hears_says_what_may_be_wrong(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "PAY")])
    page.send("/sync")
    assert "has not started" not in page.get("/sync/projects")
    page.state.sync_requests.clear([request.request_id for request in page.state.sync_requests.all()])
    page.state.clock = lambda: datetime.now(UTC) - timedelta(minutes=4)
    page.state.sync_requests.add()
    text = page.get("/sync/projects")
    assert "has not started" in text
    assert "jira-assets up" in text


def test_a_sync_of_an_unknown_project_is_refused(page: Page) -> None:
    answer = page.client.post("/sync", data={"project": "NOPE"})
    assert answer.status_code == 400
    assert "NOPE is not tracked" in answer.text


def test_a_pause_that_jira_asked_for_is_told(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "PAY")])
    page.state.pauses.pause(datetime.now(UTC) + timedelta(minutes=5), "429 from /search")
    assert "429 from /search" in page.get("/")


def test_what_people_named_their_project_is_no_markup(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "PAY", "<script>alert(1)</script>")])
    page.state.records.put(
        replace(synced("1", "PAY"), status="error", last_error="<img src=x onerror=alert(1)>")
    )
    text = page.get("/")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert "<img" not in text


@pytest.mark.prove
def test_ten_thousand_projects_are_searched_rather_than_scrolled(page: Page) -> None:
    track_many(page.state, 10_000)
    text = page.get("/")
    assert "The first 200 of 10\u202f000" in text
    assert len(text) < 600_000
    assert page.get("/?q=p09999").count('class="key"') == 1
    assert "No tracked project matches" in page.get("/?q=%25%27")


def test_the_settings_are_not_read_again_for_each_project(page: Page) -> None:
    loads: list[int] = []

    def load() -> Settings:
        loads.append(1)
        return page.settings

    app_state = AppState(load)
    read_overview(app_state)  # opens the state
    counts = []
    for projects in (1, 40):
        page.state.projects.track(ProjectRef(str(number), f"P{number}") for number in range(projects))
        loads.clear()
        assert len(read_overview(app_state).rows) == projects
        counts.append(len(loads))
    app_state.state.close()

    assert counts[0] == counts[1]


def test_what_could_not_be_read_is_shown_with_its_repair(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "PAY", "Payments")])
    lake = Lake(page.settings.lake_dir)
    manifest = lake.site_manifest()
    since = datetime.now(UTC) - timedelta(hours=2)
    manifest.notices = [
        Notice("boards", "They cannot be read: <403>.", "Run `jira-assets doctor`.", since, "1")
    ]
    lake.commit_site(manifest)

    text = page.get("/")

    assert "boards of PAY:" in text
    assert "They cannot be read: &lt;403&gt;." in text
    assert "<code>jira-assets doctor</code>" in text
    assert "2 h ago" in text


def test_the_targets_of_the_publish_say_what_they_show(open_page: OpenPage) -> None:
    url = "postgresql://me:hunter2@bi.acme.com/jira"
    environ = {
        "JIRA_ASSETS_PUBLISH": "postgres,delta",
        "JIRA_ASSETS_PUBLISH_POSTGRES_URL": url,
        "JIRA_ASSETS_PUBLISH_DELTA_URL": "s3://acme/jira",
    }
    page = open_page(CONNECTED | environ)
    page.state.projects.track([ProjectRef("1", "PAY", "Payments")])
    assert "postgres: nothing published yet" in page.get("/")
    assert "delta: nothing published yet" in page.get("/")

    stamps = [f"2026112{day}T120000000000000Z" for day in (2, 3)]
    for stamp in stamps:
        (page.settings.warehouse_dir / stamp).mkdir(parents=True)
        (page.settings.warehouse_dir / stamp / "jira.duckdb").touch()
    page.settings.warehouse_file.symlink_to(f"{stamps[1]}/jira.duckdb")
    lake = Lake(page.settings.lake_dir)
    manifest = lake.site_manifest()
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for name, stamp in zip(("postgres", "delta"), stamps, strict=True):
        manifest.note_target(name, TargetRecord(place_of(name, page.settings), stamp, noon, noon))
    lake.commit_site(manifest)
    text = page.get("/")
    assert (
        "postgres: 1 day, 0:00:00 behind the newest publish: the publish of 2026-11-22 12:00:00 UTC" in text
    )
    assert "delta: up to date" in text
    assert "hunter2" not in text

    page.settings.warehouse_file.unlink()
    page.settings.warehouse_file.symlink_to(f"{stamps[0]}/jira.duckdb")
    assert "postgres: up to date" in page.get("/")


def test_each_site_is_shown_with_its_connection_and_its_trouble(page: Page) -> None:
    page.state.projects.track([ProjectRef("1", "PAY")])
    assert "<strong>acme</strong>" not in page.get("/")
    site = page.state.sites.add(ConnectedSite("c2", "https://beta.atlassian.net", short_name="beta"))
    page.state.projects.track([ProjectRef("beta:1", "beta:PAY")])
    text = page.get("/")
    assert "beta: The site beta is not connected." in text
    assert "jira-assets connect --site-name beta" in text
    page.state.of(site).pauses.pause(datetime.now(UTC) + timedelta(hours=1), "quota")
    assert "beta: quota" in page.get("/")
