"""`jira-assets users forget`: a preview, a confirmation, and what was done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import jira_assets.definitions  # noqa: F401 - it describes every table, so it is loaded before there are few
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.site import DemoSite
from jira_assets.state import State
from jira_assets_tests.cli.conftest import NOON_MS, Run, SyncedHome, synced_home
from jira_assets_tests.few_tables import few_tables

TABLES = ("jira_users", "jira_unmatched_users", "jira_user_matches")

pytestmark = pytest.mark.few_tables(*TABLES)

NAME, ADDRESS = "Ines Withdrawn", "ines.withdrawn@acme.example"


@pytest.fixture(scope="module")
def home_of_everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncedHome]:
    """A home with the issue of somebody who is to be forgotten, and its site, which tests only read."""
    site = DemoSite(generate_site(1, projects=3, issues=3, now_ms=NOON_MS))
    site.add_user("ines-1", NAME, ADDRESS)
    site.create_issue("PAY", assignee="ines-1")
    with few_tables(*TABLES), synced_home(tmp_path_factory.mktemp("synced") / "home", site) as home:
        yield home


@pytest.fixture(autouse=True)
def synced(home_of_everybody: SyncedHome, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a copy of that home."""
    home_of_everybody.copy_to(home, monkeypatch)


def names(run: Run) -> list[str]:
    return run("sql", "select display_name from jira_users").stdout.splitlines()


def test_a_person_is_forgotten_by_name_and_listed(run: Run) -> None:
    result = run("users", "forget", NAME, "--yes")

    assert result.exit_code == 0, result.stderr
    assert "Erased: 1 version of issues in 1 raw file (PAY 1)" in result.stderr
    assert "Not changed: Jira itself" in result.stderr
    assert NAME not in names(run)
    assert "Forgotten person" in names(run)
    (listed,) = json.loads(run("users", "forgotten", "--json").stdout)
    assert listed["account_id"] == "ines-1"
    assert listed["erased_at"] is not None
    assert "ines-1" in run("users", "forgotten").stdout


def test_without_a_confirmation_it_is_a_preview(run: Run, state: State) -> None:
    result = run("users", "forget", ADDRESS)

    assert result.exit_code == 1
    assert f"ines-1: {NAME}, {ADDRESS}." in result.stderr
    assert "To rewrite: 1 raw file with 1 version of issues (PAY 1)." in result.stderr
    assert "Nothing was changed" in result.stderr
    assert "--yes" in result.stderr
    assert state.forgotten.all() == []
    assert NAME in names(run)


def test_taking_an_account_off_the_list_brings_its_name_back_with_the_next_reads(
    run: Run, state: State
) -> None:
    run("users", "forget", "ines-1", "--yes")

    assert run("users", "forget", "ines-1", "--undo").exit_code == 0

    assert state.forgotten.all() == []
    assert run("sync", "--full").exit_code == 0
    assert NAME in names(run)
    again = run("users", "forget", "ines-1", "--undo")
    assert again.exit_code == 1
    assert "ines-1 is not forgotten." in again.stderr


@pytest.mark.prove
def test_an_id_that_was_never_seen_is_mentioned(run: Run) -> None:
    result = run("users", "forget", "ines-2", "--yes")

    assert result.exit_code == 0
    assert "No name or address of ines-2 was stored. Check the id." in result.stderr
