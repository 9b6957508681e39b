"""A person who is forgotten is nowhere in the home, however the work was interrupted, and stays away."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from copy import deepcopy
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.errors import InputError
from jira_assets.lake.duckdb_engine import open_engine
from jira_assets.people.redaction import FORGOTTEN
from jira_assets.state import ConnectedSite, Credential, TeamMember
from jira_assets.warehouse.models import models
from jira_assets_tests.few_tables import few_tables
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.sync.damages import DAMAGES

DATA = generate_site(7, projects=2, issues=8, now_ms=1_795_435_200_000)
NAME, BEFORE, ADDRESS = "Inês Withdrawn", "Ines Maiden", "ines.withdrawn@acme.example"
TEAM = [TeamMember("m1", NAME, ADDRESS), TeamMember("m2", "Bo Li", "bo@acme.example")]
TRACES = (NAME, BEFORE, ADDRESS, "Withdrawn", "Maiden", "ines.withdrawn", json.dumps(NAME)[1:-1])


ABOUT_PEOPLE = ("jira_users", "jira_user_matches", "jira_unmatched_users", "jira_comments", "jira_worklogs")

pytestmark = [pytest.mark.local_lake, pytest.mark.few_tables(*ABOUT_PEOPLE)]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncHarness]:
    """Somebody worked in each project, changed their name, and was matched by hand; all is published."""
    home = tmp_path_factory.mktemp("forget") / "home"
    kinds = "comments, worklogs, attachments"
    with open_harness(
        home, deepcopy(DATA), parquet_mirror="true", entities=kinds, entity_bodies="comments, worklogs"
    ) as harness:
        harness.site.add_user("ines-1", BEFORE, ADDRESS)
        other = next(iter(harness.site.catalog.users))
        for project in harness.site.catalog.projects.values():
            mine = harness.site.create_issue(project.key, assignee="ines-1")
            harness.site.edit_issue(mine.id, assignee=other)
            harness.site.edit_issue(mine.id, assignee="ines-1", author="ines-1")
            mention = {"type": "mention", "attrs": {"id": "ines-1", "text": f"@{NAME}"}}
            paragraph = {"type": "paragraph", "content": [mention]}
            text = {"type": "doc", "version": 1, "content": [paragraph]}
            harness.site.edit_issue(mine.id, description=text)
            harness.site.comment(mine.id, text, author="ines-1")
            harness.site.log_work(mine.id, author="ines-1", comment=text)
        harness.track()
        harness.pipeline.state.team.replace(TEAM)
        harness.sync()
        with few_tables(*ABOUT_PEOPLE):
            harness.publish()
            harness.site.rename_user("ines-1", NAME)
            a_day_later(harness)
            harness.publish()
        yield harness


@pytest.fixture
def harness(prepared: SyncHarness, tmp_path: Path) -> Iterator[SyncHarness]:
    """The same home for each test: what a test leaves is put back. She has left the team by now."""
    state, settings = prepared.pipeline.state, prepared.pipeline.settings
    state.team.set_override("ines-1", "m1")
    state.team.replace(TEAM[1:])
    folders = (settings.lake_dir, settings.warehouse_dir)
    for folder in folders:
        shutil.copytree(folder, tmp_path / folder.name, symlinks=True)
    yield prepared
    for folder in folders:
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / folder.name, folder, symlinks=True)
    shutil.rmtree(settings.dagster_dir, ignore_errors=True)
    state.forgotten.remove("ines-1")
    state.credentials.forget()
    prepared.track()
    prepared.is_behind, prepared._present = False, None


def a_day_later(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(days=1))
    for project in harness.tracked:
        for issue in harness.site.issues_truth(project.project_key).values():
            if issue.assignee == "ines-1":
                harness.site.edit_issue(issue.id, summary=f"edited at {harness.site.clock.now()}")
    harness.sync()


def traces(harness: SyncHarness) -> list[str]:
    """Look at every byte of the home, and at every value of its Parquet and DuckDB files."""
    home = harness.pipeline.settings.home
    found = []
    with closing(open_engine()) as engine:
        for path in sorted(home.rglob("*")):
            if path.is_file() and not path.is_symlink():
                texts = [path.read_bytes().decode("utf-8", "replace"), *_values(engine, path)]
                found += [
                    f"{path.relative_to(home)}: {each}" for each in TRACES for text in texts if each in text
                ]
    return found + [f"state: {each}" for each in TRACES if each in _state(harness)]


def _values(engine: duckdb.DuckDBPyConnection, path: Path) -> Iterator[str]:
    if path.suffix == ".parquet":
        yield str(engine.execute(f"from read_parquet('{path}')").fetchall())
    elif path.suffix == ".duckdb":
        engine.execute(f"attach '{path}' as published (read_only)")
        tables = engine.execute("select table_name from duckdb_tables() where database_name = 'published'")
        for (table,) in tables.fetchall():
            yield str(engine.execute(f"from published.{table}").fetchall())
        engine.execute("detach published")


def _state(harness: SyncHarness) -> str:
    state = harness.pipeline.state
    return repr([state.team.members(), state.team.overrides(), state.forgotten.all(), state.records.all()])


def is_erased(harness: SyncHarness) -> bool:
    return [each.erased_at is not None for each in harness.pipeline.state.forgotten.all()] == [True]


def shown(harness: SyncHarness) -> set[tuple[Any, ...]]:
    return set(harness.ask("select display_name, email from jira_users where account_id = 'ines-1'"))


@pytest.mark.parametrize(
    "tables",
    [
        "those about people",
        pytest.param("all", marks=[pytest.mark.prove, pytest.mark.few_tables(*models(), described=True)]),
    ],
)
def test_a_person_who_is_forgotten_is_nowhere_in_the_home(harness: SyncHarness, tables: str) -> None:
    if tables == "all":
        harness.pipeline.publish(force=True)
    assert traces(harness) != []
    versions = harness.ask("select count(*) from raw_jira_issues")

    erased = harness.pipeline.forget("ines-1")

    assert traces(harness) == []
    assert is_erased(harness)
    assert erased.names >= {NAME, BEFORE, ADDRESS}
    versions_lists_worklogs = 2 + 2 + 1
    assert erased.raw.rows == versions_lists_worklogs * len(harness.tracked)
    keys = {project.project_key for project in harness.tracked}
    assert set(erased.projects) == keys | {"worklogs"}
    assert erased.publishes > 0
    assert erased.remaining == [
        "Not changed: Jira itself, and copies, exports and backups outside of this home."
    ]
    assert shown(harness) == {(FORGOTTEN, None)}
    assert harness.ask("select count(*) from raw_jira_issues") == versions
    assert harness.ask("select reason from jira_unmatched_users where account_id = 'ines-1'")[0] == (
        "forgotten",
    )
    assert harness.differences() == []
    assert harness.ask("select 1 from jira_issue_changes where from_string = 'Forgotten person'")
    assert not harness.pipeline.repair(harness.tracked).found


def test_what_is_left_is_said(harness: SyncHarness) -> None:
    note = harness.site.create_issue(harness.tracked[0].project_key)
    harness.site.edit_issue(note.id, summary=f"Ask {NAME}")
    harness.pipeline.state.team.replace([TeamMember("m1", "Somebody", ADDRESS.upper())])
    (harness.pipeline.settings.home / "state.db.0004-20260101T000000.0Z.backup").write_bytes(b"")
    harness.sync()

    erased = harness.pipeline.forget("ines-1")
    harness.site.delete_issue(note.id)  # the other tests share the site

    team, text, copies, _ = erased.remaining
    assert "m1 is still in it" in team
    assert text.startswith("1 version of issues still mention")
    assert "state.db.0004-20260101T000000.0Z.backup" in copies


@pytest.mark.prove
def test_logs_are_searched(harness: SyncHarness) -> None:
    folder = harness.pipeline.settings.dagster_dir / "storage"
    folder.mkdir(parents=True)
    (folder / "run.out").write_text(f"read {NAME} <{ADDRESS}>, and Bo Li\n", encoding="utf-8")
    with closing(sqlite3.connect(folder / "run.db")) as database:
        database.execute("pragma journal_mode = wal")
        database.execute("create table event_logs (id integer, event text)")
        database.execute("insert into event_logs values (1, ?)", (json.dumps({"name": NAME}),))
        database.commit()

    erased = harness.pipeline.forget("ines-1")

    assert erased.logs == 2
    assert traces(harness) == []
    assert (folder / "run.out").read_text("utf-8") == f"read {FORGOTTEN} <{FORGOTTEN}>, and Bo Li\n"
    with closing(sqlite3.connect(folder / "run.db")) as database:
        (event,) = database.execute("select event from event_logs").fetchone()
    assert json.loads(event) == {"name": FORGOTTEN}


@pytest.mark.prove
def test_projects_that_are_no_longer_tracked_are_erased_as_well(harness: SyncHarness) -> None:
    harness.pipeline.state.projects.untrack([harness.tracked[0].project_key])

    harness.pipeline.forget("ines-1")

    assert traces(harness) == []


def test_the_account_that_the_home_is_connected_with_is_refused(harness: SyncHarness) -> None:
    now = harness.pipeline.clock()
    harness.pipeline.state.credentials.connect(
        ConnectedSite("cloud", harness.server.url, "Acme"),
        Credential("api_token", "ines-1", NAME, "sealed", now, now, ADDRESS),
    )

    with pytest.raises(InputError, match="connected to Jira with the account ines-1"):
        harness.pipeline.forget("ines-1")
    assert harness.pipeline.state.forgotten.all() == []


@pytest.mark.prove
def test_a_damaged_project_waits_for_its_repair_and_the_next_sync_ends_the_work(harness: SyncHarness) -> None:
    damaged, other = harness.tracked
    manifest = harness.pipeline.lake.manifest(damaged.project_id)
    assert manifest is not None
    DAMAGES["truncated"](harness.pipeline.lake.path(manifest.raw[0].path))

    erased = harness.pipeline.forget("ines-1")

    assert list(erased.unfinished) == [damaged.project_key]
    assert set(erased.projects) == {other.project_key, "worklogs"}
    assert not is_erased(harness)
    harness.pipeline.repair(harness.tracked)
    harness.sync()
    assert is_erased(harness)
    assert traces(harness) == []
    assert harness.differences() == []


class Killed(BaseException):
    """The process dies here."""


STEPS = (
    "lake.files.put_in_place",
    "lake.storage.local.write_atomically",
    "lake.storage.local.remove_old",
    "warehouse.swap.point_link",
    "warehouse.swap._remove",
    "lake.erase.copy_in_order",
    "sync.forget.clean_logs",
    "sync.forget.keep_only_present",
    "sync.forget.remove_spilled",
    "sync.forget.count_mentions",
)


def die_at_step(monkeypatch: pytest.MonkeyPatch, step: int) -> list[str]:
    """Let the process die before the step of this number; return what was done."""
    done: list[str] = []

    def mortal(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **options: Any) -> Any:
            if len(done) == step:
                raise Killed
            done.append(name)
            return work(*given, **options)

        return wrapped

    for name in STEPS:
        module, _, function = name.rpartition(".")
        target = import_module(f"jira_assets.{module}")
        monkeypatch.setattr(target, function, mortal(name, getattr(target, function)))
    return done


def check_death(harness: SyncHarness, monkeypatch: pytest.MonkeyPatch, step: int, end: str) -> None:
    """Let the command die at a step, and a sync or the same command end its work."""
    with monkeypatch.context() as patch, suppress(Killed):
        die_at_step(patch, step)
        harness.pipeline.forget("ines-1")
    if end == "sync":
        harness.sync()
        harness.publish()
    else:
        harness.pipeline.forget("ines-1")

    assert is_erased(harness)
    assert traces(harness) == []
    assert shown(harness) == {(FORGOTTEN, None)}
    assert harness.differences() == []


@pytest.mark.parametrize(("step", "end"), [(7, "sync")])
def test_a_death_is_made_up_for(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch, step: int, end: str
) -> None:
    check_death(harness, monkeypatch, step, end)


@pytest.mark.prove
@pytest.mark.parametrize("end", ["sync", "forget"])
@pytest.mark.parametrize("step", range(58))
def test_it_may_be_killed_at_any_step(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch, step: int, end: str
) -> None:
    check_death(harness, monkeypatch, step, end)


def test_later_syncs_do_not_bring_the_person_back(harness: SyncHarness) -> None:
    """The last one: after it the site is a day ahead of the home that the others share."""
    harness.pipeline.forget("ines-1")

    a_day_later(harness)
    harness.sync(full=True)
    harness.publish()

    assert traces(harness) == []
    assert shown(harness) == {(FORGOTTEN, None)}
    assert harness.ask("select 1 from jira_issues where assignee_account_id = 'ines-1'")
