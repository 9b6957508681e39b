"""Targets of the publish beside a sync: they follow it, stop nothing, and say how they stand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest
from sqlalchemy.engine import URL, make_url

from jira_assets.alerts.watch import sync_and_publish
from jira_assets.lake.stamps import moment_of
from jira_assets.sync.health import NOTHING_UNREAD, judge_home
from jira_assets.sync.publish import is_published
from jira_assets.sync.targets import overdue_targets, published_stamp, targets_behind
from jira_assets.warehouse.targets.postgres.target import PostgresTarget
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sync.conftest import Cli
from jira_assets_tests.warehouse.targets.database import Database, connected

pytestmark = pytest.mark.few_tables

NOWHERE = "postgresql://me:hunter2@127.0.0.1:1/none"


@pytest.fixture
def database(postgres_server: str) -> Iterator[Database]:
    """Offer the schema into which the home publishes."""
    url = make_url(postgres_server)
    with connected(url) as owner:
        yield Database(PostgresTarget(url, "jira"), owner)
        owner.run("drop schema if exists jira cascade")


@contextmanager
def synced(home: Path) -> Iterator[SyncHarness]:
    with open_harness(home) as harness:
        harness.track()
        harness.sync()
        harness.publish()
        yield harness


@pytest.fixture
def harness(templates: HomeTemplates, tmp_path: Path, database: Database) -> Iterator[SyncHarness]:
    """Open a home that was synced and published before it was to publish into the database."""
    with templates.open(synced, tmp_path / "home") as harness:
        yield publishing_to(harness, database.target.url)


def publishing_to(harness: SyncHarness, url: URL | str) -> SyncHarness:
    """Name the database in the settings of the home."""
    text = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    settings = replace(harness.pipeline.settings, publish=("duckdb", "postgres"), publish_postgres_url=text)
    harness.pipeline = replace(harness.pipeline, settings=settings)
    return harness


def change(harness: SyncHarness) -> None:
    """Have something to publish."""
    project = next(iter(harness.site.catalog.projects.values())).key
    harness.site.edit_issue(f"{project}-1", summary="Changed")
    harness.sync()


def check_each_publish_is_shown(
    harness: SyncHarness, name: str, differences: Callable[[Path], object]
) -> None:
    """Fill a target that is behind, and follow a change; `differences` compares it with a file."""
    file = harness.pipeline.settings.warehouse_file
    assert targets_behind(harness.pipeline.lake, harness.pipeline.settings) == [name]
    assert harness.publish() is None  # the file is as it should be
    assert differences(file) == {}

    change(harness)
    with mock.patch.object(harness.pipeline.listener, "publishing_to") as begun:
        assert harness.publish() is not None
        assert harness.publish() is None
    begun.assert_called_once_with(name)
    assert differences(file) == {}
    assert harness.pipeline.notices() == []


def test_a_target_shows_each_publish_and_says_so(harness: SyncHarness, database: Database, cli: Cli) -> None:
    check_each_publish_is_shown(harness, "postgres", database.differences)

    said = cli("status")
    assert "postgres: up to date: the publish of" in said.stderr
    [target] = json.loads(cli("status", "--json").stdout)["targets"]
    assert (target["target"], target["behind_seconds"], target["trouble"]) == ("postgres", 0.0, None)
    assert target["place"].endswith("/postgres, schema jira")
    assert "✓ postgres: " in cli("doctor").stdout


@pytest.mark.prove
def test_publish_brings_targets_up_to_date_and_force_writes_all_again(
    harness: SyncHarness, database: Database, cli: Cli
) -> None:
    assert "postgres: up to date" in cli("publish").stderr
    before = database.writers("jira_issues")
    assert "postgres: up to date" in cli("publish").stderr
    assert database.writers("jira_issues") == before
    assert "postgres: up to date" in cli("publish", "--force").stderr
    after = database.writers("jira_issues")
    assert all(after[issue] != before[issue] for issue in after)


def test_a_target_that_fails_stops_nothing_and_is_tried_again(
    harness: SyncHarness, database: Database, cli: Cli
) -> None:
    good = harness.pipeline.settings.publish_postgres_url
    harness.publish()
    shown = harness.pipeline.targets()[0].shows
    publishing_to(harness, f"{good}?connect_timeout=3&application_name=other".replace("tests@", "nobody@"))
    change(harness)
    pipeline = harness.pipeline
    result, published = sync_and_publish(pipeline, lambda: pipeline.sync(harness.tracked))
    assert published is not None

    [notice] = [str(each) for each in pipeline.notices()]
    assert notice in result.notices
    assert "target postgres" in notice
    assert 'role "nobody" does not exist' in notice
    assert not is_published(pipeline.lake, pipeline.state, pipeline.settings, now=pipeline.clock())
    faults = {each.name: each.faults for each in judge_home(pipeline).verdicts}
    assert list(faults[NOTHING_UNREAD]) == ["target postgres"]
    assert "✗ postgres: " in cli("doctor").stdout
    assert "! target postgres" in cli("publish").stderr

    [status] = harness.pipeline.targets()
    assert (status.shows, status.behind_seconds) == (None, None)  # of the other place nothing is known
    publishing_to(harness, str(good))
    [status] = harness.pipeline.targets()
    assert status.shows == shown
    assert status.behind_seconds
    assert "behind the newest publish" in cli("status").stderr
    pipeline = harness.pipeline
    result, _ = sync_and_publish(pipeline, lambda: pipeline.sync(harness.tracked))
    assert result.notices == []
    assert harness.pipeline.notices() == []
    assert database.differences(pipeline.settings.warehouse_file) == {}
    assert is_published(pipeline.lake, pipeline.state, harness.pipeline.settings, now=pipeline.clock())


def test_no_password_is_shown_or_kept(harness: SyncHarness, cli: Cli) -> None:
    publishing_to(harness, NOWHERE)
    said = [
        cli(*words).output
        for words in (("publish",), ("status",), ("status", "--json"), ("doctor",), ("config",))
    ]
    assert all("127.0.0.1" in text for text in said)
    assert "hunter2" not in "".join(said)
    home = harness.pipeline.settings.home
    kept = [path for path in home.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]
    assert kept == []


def test_an_error_that_nobody_expected_is_a_notice_as_well(harness: SyncHarness) -> None:
    with mock.patch.object(PostgresTarget, "publish", side_effect=ValueError("PLANTED")):
        harness.publish()
    [notice] = harness.pipeline.notices()
    assert "unexpected ValueError" in notice.reason
    assert "PLANTED" not in str(notice)


def test_without_a_database_it_is_that_of_the_state_or_says_which_setting_it_lacks(
    harness: SyncHarness,
) -> None:
    of_state = "postgresql+psycopg2://me:hunter2@db/state"
    settings = replace(harness.pipeline.settings, publish_postgres_url=None, state_url=of_state)
    target = PostgresTarget.from_settings(settings)
    assert (target.url.database, target.place) == ("state", "postgresql://me:…@db/state, schema jira")

    settings = replace(settings, state_url="sqlite:///state.db")
    harness.pipeline = replace(harness.pipeline, settings=settings)
    harness.publish()
    [notice] = harness.pipeline.notices()
    assert "JIRA_ASSETS_PUBLISH_POSTGRES_URL" in notice.instruction


def test_what_is_no_target_any_more_leaves_no_notice(harness: SyncHarness) -> None:
    publishing_to(harness, NOWHERE)
    harness.publish()
    assert len(harness.pipeline.notices()) == 1
    settings = replace(harness.pipeline.settings, publish=("duckdb",))
    harness.pipeline = replace(harness.pipeline, settings=settings)
    harness.publish()
    assert harness.pipeline.notices() == []
    assert harness.pipeline.targets() == []
    assert harness.pipeline.lake.site_manifest().targets == {}


def test_a_target_has_some_time_to_follow_before_it_is_overdue(harness: SyncHarness) -> None:
    lake, settings = harness.pipeline.lake, harness.pipeline.settings
    published_at = moment_of(published_stamp(settings) or "")
    assert overdue_targets(lake, settings, published_at + timedelta(seconds=90)) == []
    assert overdue_targets(lake, settings, published_at + timedelta(seconds=150)) == ["postgres"]
    later = replace(harness.pipeline, clock=lambda: published_at + timedelta(seconds=150))
    [faults] = [each.faults for each in judge_home(later).verdicts if each.name == NOTHING_UNREAD]
    assert list(faults) == ["target postgres"]
    harness.publish()
    assert overdue_targets(lake, settings, published_at + timedelta(days=1)) == []


def test_nothing_of_a_target_is_loaded_without_the_setting() -> None:
    code = (
        "import sys, jira_assets.sync.pipeline, jira_assets.sync.targets; "
        "of_postgres = [name for name in sys.modules if 'psycopg2' in name or 'targets.postgres' in name]; "
        "import jira_assets.warehouse.targets.delta.target; "
        "of_delta = [name for name in sys.modules if name.startswith(('deltalake', 'arro3', 'pyarrow'))]; "
        "print(of_postgres + of_delta)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


@pytest.mark.few_tables("jira_users")
def test_a_person_who_is_forgotten_is_not_in_the_target(harness: SyncHarness, database: Database) -> None:
    harness.pipeline.publish(force=True)
    [(account, name), *_] = database.ask(
        "select account_id, display_name from jira_users where account_id in "
        "(select assignee_account_id from jira_issues) and display_name in "
        "(select display_name from jira_users group by 1 having count(*) = 1) order by 1"
    )
    erased = harness.pipeline.forget(account)
    assert database.differences(harness.pipeline.settings.warehouse_file) == {}
    assert database.ask(f"select count(*) from jira_users where display_name = '{name}'") == [(0,)]
    assert database.ask(f"select count(*) from jira_issue_fields where value::text like '%{name}%'") == [(0,)]
    assert any("vacuum" in sentence for sentence in erased.remaining)

    publishing_to(harness, NOWHERE)
    harness.pipeline.publish()
    [(other,)] = database.ask(f"select max(account_id) from jira_users where account_id <> '{account}'")
    erased = harness.pipeline.forget(other)
    assert any("may show the name" in sentence for sentence in erased.remaining)
