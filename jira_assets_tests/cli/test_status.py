from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jira_assets.lake.entity_state import EntityProof, EntityState
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest, Paused
from jira_assets.lake.site_manifest import Notice
from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, Credential, ProjectRef, State, SyncRecord
from jira_assets.state.encryption import open_secret_box
from jira_assets.state.models import CONSENT_LIFE
from jira_assets_tests.cli.conftest import Run

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DONE = SyncRecord("10001", "PAY", "complete", NOON, NOON, NOON, issues=7, proved_complete_at=NOON)


def tracked_pay(state: State) -> None:
    state.projects.track([ProjectRef("10001", "PAY", "Payments")])


def only_project(run: Run) -> dict[str, Any]:
    (project,) = json.loads(run("status", "--json").stdout)["projects"]
    assert isinstance(project, dict)
    return project


def test_without_projects_the_next_step_is_told(run: Run) -> None:
    assert "jira-assets projects track KEY" in run("status").stderr


def test_a_project_that_was_never_synced_is_pending(run: Run, state: State) -> None:
    tracked_pay(state)
    project = only_project(run)
    assert (project["status"], project["last_success_at"], project["errors"]) == ("pending", None, 0)


def test_the_json_has_its_documented_keys(run: Run, state: State, warehouse: Path) -> None:
    tracked_pay(state)
    state.records.put(DONE)
    document = json.loads(run("status", "--json").stdout)
    assert list(document) == [
        "site_url",
        "connection",
        "paused_until",
        "sites",
        "warehouse",
        "targets",
        "projects",
        "entities",
        "notices",
    ]
    assert document["targets"] == []
    assert document["warehouse"].endswith("jira.duckdb")
    assert document["projects"] == [
        {
            "project_id": "10001",
            "project_key": "PAY",
            "status": "complete",
            "last_sync_at": "2026-11-23T12:00:00Z",
            "last_success_at": "2026-11-23T12:00:00Z",
            "watermark": "2026-11-23T12:00:00Z",
            "issues": 7,
            "issues_synced": 0,
            "issues_created": 0,
            "issues_updated": 0,
            "issues_deleted": 0,
            "requests": 0,
            "seconds": 0.0,
            "errors": 0,
            "last_error": None,
            "last_instruction": None,
            "proved_complete_at": "2026-11-23T12:00:00Z",
            "missing_issues": None,
            "probed_at": None,
            "error_kind": None,
            "inactive_since": None,
            "name": "Payments",
            "held_by": None,
            "reading": None,
        }
    ]


def test_how_far_a_read_is_that_the_next_sync_continues(run: Run, state: State, settings: Settings) -> None:
    tracked_pay(state)
    state.records.put(SyncRecord("10001", "PAY", "pending", NOON))
    paused = Paused(NOON, 3200, 40_000)
    Lake(settings.lake_dir).commit(Manifest("10001", "PAY", paused=paused))
    assert only_project(run)["reading"] == "reading: 3,200 of 40,000 issues"
    assert "pending" in run("status").stdout
    assert "reading: 3,200 of 40,000 issues" in run("status").stdout
    assert run("status").exit_code in (0, 4)


def test_syncing_means_that_the_lock_is_held(run: Run, state: State, settings: Settings) -> None:
    tracked_pay(state)
    state.records.put(DONE)
    with Lake(settings.lake_dir).lock("10001", "sync"):
        project = only_project(run)
        assert project["status"] == "syncing"
        assert "(sync, since" in project["held_by"]
    assert only_project(run)["status"] == "complete"


def test_what_a_dead_run_wrote_is_not_believed(run: Run, state: State) -> None:
    tracked_pay(state)
    state.records.put(SyncRecord("10001", "PAY", "syncing"))
    project = only_project(run)
    assert (project["status"], project["last_error"]) == ("error", "The last sync did not finish.")


def test_untracked_projects_are_left_out(run: Run, state: State) -> None:
    tracked_pay(state)
    state.records.put(DONE)
    state.projects.untrack(["PAY"])
    assert json.loads(run("status", "--json").stdout)["projects"] == []


def test_a_pause_is_told_while_it_lasts(run: Run, state: State) -> None:
    state.pauses.pause(datetime.now(UTC) - timedelta(hours=1), "quota")
    assert "Jira asks" not in run("status").stderr
    state.pauses.pause(datetime.now(UTC) + timedelta(hours=1), "the hourly quota is used up")
    assert "the hourly quota is used up" in run("status").stderr


def test_the_table_shows_what_went_wrong(run: Run, state: State) -> None:
    tracked_pay(state)
    state.records.put(
        SyncRecord("10001", "PAY", "error", NOON, missing_issues=2, errors=1, last_error="Jira said no.")
    )
    heading, row = run("status").stdout.splitlines()
    assert heading.split()[:3] == ["project", "status", "issues"]
    assert row.startswith("PAY      error   0       never       never (2 missing)  Jira said no.")


def sealed(settings: Settings) -> str:
    return open_secret_box(None, settings.secret_key_file).seal({"api_token": "t"})


def connect(state: State, settings: Settings) -> None:
    """Store a credential without a consent that could end."""
    credential = Credential("api_token", "a1", "Ana", sealed(settings), NOON, NOON, email="ana@acme.com")
    state.credentials.connect(ConnectedSite("c", "https://acme.atlassian.net", "Acme"), credential)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"status": "pending"}, 0),
        ({"status": "error", "last_error": "Jira said no."}, 3),
        ({"missing_issues": 2}, 3),
        ({"inactive_since": NOON, "last_error": "Jira knows no project PAY."}, 3),
    ],
)
def test_the_exit_code_says_whether_projects_are_well(
    run: Run, state: State, settings: Settings, changes: dict[str, Any], code: int
) -> None:
    tracked_pay(state)
    connect(state, settings)
    state.records.put(replace(DONE, **changes))
    assert run("status").exit_code == code
    assert run("status", "--json").exit_code == code
    quiet = run("--quiet", "status")
    assert (quiet.exit_code, quiet.stdout, bool(quiet.stderr)) == (code, "", code != 0)


@pytest.mark.parametrize(
    ("lost", "ends_in", "code"),
    [
        (False, timedelta(days=30), 0),
        (False, timedelta(days=3), 0),
        (False, -timedelta(days=1), 4),
        (True, timedelta(days=30), 4),
    ],
)
def test_the_exit_code_says_whether_syncs_go_on(
    run: Run, state: State, settings: Settings, lost: bool, ends_in: timedelta, code: int
) -> None:
    tracked_pay(state)
    state.records.put(replace(DONE, status="error", last_error="Jira said no."))
    assert run("status").exit_code == 4, "nobody is connected"
    connect(state, settings)
    consented = datetime.now(UTC) + ends_in - CONSENT_LIFE
    credential = Credential(
        "oauth", "a1", "Ana", sealed(settings), consented, datetime.now(UTC), client_id="c"
    )
    if lost:
        credential = replace(credential, consent_lost_at=NOON, consent_lost_why="Revoked.")
    state.credentials.connect(ConnectedSite("c", "https://acme.atlassian.net", "Acme"), credential)
    state.records.put(DONE)
    assert run("status").exit_code == code


def test_a_token_without_its_site_is_not_taken_for_a_connection(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA_API_TOKEN", "t")
    told = run("status").stderr
    assert "JIRA_API_TOKEN is set and overrides the stored connection" in told
    assert "JIRA_SITE_URL, JIRA_EMAIL not set" in told


def test_a_home_that_is_no_folder_is_named_with_the_ways_out(run: Run, home: Path) -> None:
    home.write_text("a file", encoding="utf-8")
    result = run("status")
    assert result.exit_code == 1
    assert f"Check that {home} is a folder in which this user may create and change files" in result.stderr
    assert "JIRA_ASSETS_HOME" in result.stderr


def test_a_project_with_missing_issues_is_not_called_complete(run: Run, state: State) -> None:
    tracked_pay(state)
    state.records.put(replace(DONE, missing_issues=2))
    assert run("status").stdout.splitlines()[1].split()[:2] == ["PAY", "incomplete"]


@pytest.mark.usefixtures("site")
def test_what_stops_no_sync_is_told_below_the_table(run: Run, state: State, settings: Settings) -> None:
    tracked_pay(state)
    state.records.put(DONE)
    lake = Lake(settings.lake_dir)
    manifest = lake.site_manifest()
    manifest.notices = [
        Notice("people", "The users cannot be read.", "Ask an admin.", NOON),
        Notice("boards", "Jira answered GET /board/10001 with 500.", "Wait.", NOON, "10001"),
        Notice("boards", "Jira answered GET /board/10002 with 500.", "Wait.", NOON, "10002"),
    ]
    lake.commit_site(manifest)

    told = run("status")

    assert told.exit_code == 0
    assert told.stderr.splitlines()[-2:] == [
        "! people: The users cannot be read. Ask an admin. (since 2026-11-23 12:00 UTC)",
        "! boards of PAY: Jira answered GET /board/10001 with 500. Wait. (since 2026-11-23 12:00 UTC)",
    ]
    assert json.loads(run("status", "--json").stdout)["notices"][1] == {
        "part": "boards",
        "reason": "Jira answered GET /board/10001 with 500.",
        "instruction": "Wait.",
        "since": "2026-11-23T12:00:00Z",
        "projects": ["PAY"],
    }
    found = [each for each in json.loads(run("doctor", "--json").stdout) if each["check"] == "notices"]
    assert [(each["verdict"], each["repair"]) for each in found] == [
        ("warning", "Ask an admin."),
        ("warning", "Wait."),
    ]


def test_comments_and_worklogs_are_shown_with_their_proof(run: Run, state: State, settings: Settings) -> None:
    tracked_pay(state)
    lake = Lake(settings.lake_dir)
    manifest = Manifest("10001", "PAY")
    proof = EntityProof(NOON, 120, 120)
    manifest.entities = {"comments": EntityState(NOON, proof=proof), "remote_links": EntityState(behind=2)}
    lake.commit(manifest)
    site = lake.site_manifest()
    site.worklogs.chosen = {"10001": False}
    lake.commit_site(site)

    said = run("status").stderr
    assert "PAY: 120 comments in Jira, 120 here, missing 0; proved" in said
    assert "PAY: remote links not proved yet, 2 issues still to be read." in said
    assert "PAY: worklogs not proved yet." in said
    shown = json.loads(run("status", "--json").stdout)["entities"]
    assert [(row["entity"], row["in_jira"], row["missing"]) for row in shown] == [
        ("comments", 120, 0),
        ("remote_links", None, None),
        ("worklogs", None, None),
    ]
