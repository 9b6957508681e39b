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
from jira_assets.people.redaction import FORGOTTEN
from jira_assets.state import ConnectedSite, Credential, TeamMember
from jira_assets_tests.harness import Rig, open_rig
from jira_assets_tests.sync.damages import DAMAGES

DATA = generate_site(7, projects=2, issues=8, now_ms=1_795_435_200_000)
NAME, BEFORE, ADDRESS = "Inês Withdrawn", "Ines Maiden", "ines.withdrawn@acme.example"
TEAM = [TeamMember("m1", NAME, ADDRESS), TeamMember("m2", "Bo Li", "bo@acme.example")]
TRACES = (NAME, BEFORE, ADDRESS, "Withdrawn", "Maiden", "ines.withdrawn", json.dumps(NAME)[1:-1])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Somebody worked in each project, changed their name, and was matched by hand; all is published."""
    home = tmp_path_factory.mktemp("forget") / "home"
    with open_rig(home, deepcopy(DATA), parquet_mirror="true") as rig:
        rig.site.add_user("ines-1", BEFORE, ADDRESS)
        other = next(iter(rig.site.catalog.users))
        for project in rig.site.catalog.projects.values():
            mine = rig.site.create_issue(project.key, assignee="ines-1")
            rig.site.edit_issue(mine.id, assignee=other)
            rig.site.edit_issue(mine.id, assignee="ines-1", author="ines-1")
            mention = {"type": "mention", "attrs": {"id": "ines-1", "text": f"@{NAME}"}}
            paragraph = {"type": "paragraph", "content": [mention]}
            rig.site.edit_issue(mine.id, description={"type": "doc", "version": 1, "content": [paragraph]})
        rig.track()
        rig.bench.state.replace_team(TEAM)
        rig.sync()
        rig.publish()
        rig.site.rename_user("ines-1", NAME)
        a_day_later(rig)
        rig.publish()
        yield rig


@pytest.fixture
def rig(prepared: Rig, tmp_path: Path) -> Iterator[Rig]:
    """The same home for each test: what a test leaves is put back. She has left the team by now."""
    state, settings = prepared.bench.state, prepared.bench.settings
    state.set_override("ines-1", "m1")
    state.replace_team(TEAM[1:])
    folders = (settings.lake_dir, settings.warehouse_dir)
    for folder in folders:
        shutil.copytree(folder, tmp_path / folder.name, symlinks=True)
    yield prepared
    for folder in folders:
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / folder.name, folder, symlinks=True)
    shutil.rmtree(settings.dagster_dir, ignore_errors=True)
    state.remember_account("ines-1")
    state.forget_credential()
    prepared.track()
    prepared.is_behind, prepared._present = False, None


def a_day_later(rig: Rig) -> None:
    rig.site.clock.advance(timedelta(days=1))
    for project in rig.tracked:
        for issue in rig.site.issues_truth(project.project_key).values():
            if issue.assignee == "ines-1":
                rig.site.edit_issue(issue.id, summary=f"edited at {rig.site.clock.now()}")
    rig.sync()


def traces(rig: Rig) -> list[str]:
    """Look at every byte of the home, and at every value of its Parquet and DuckDB files."""
    home = rig.bench.settings.home
    found = []
    for path in sorted(home.rglob("*")):
        if path.is_file() and not path.is_symlink():
            texts = [path.read_bytes().decode("utf-8", "replace"), *_values(path)]
            found += [
                f"{path.relative_to(home)}: {each}" for each in TRACES for text in texts if each in text
            ]
    return found + [f"state: {each}" for each in TRACES if each in _state(rig)]


def _values(path: Path) -> Iterator[str]:
    with duckdb.connect() as engine:
        if path.suffix == ".parquet":
            yield str(engine.execute(f"from read_parquet('{path}')").fetchall())
        elif path.suffix == ".duckdb":
            engine.execute(f"attach '{path}' as published (read_only)")
            tables = engine.execute(
                "select table_name from duckdb_tables() where database_name = 'published'"
            )
            for (table,) in tables.fetchall():
                yield str(engine.execute(f"from published.{table}").fetchall())


def _state(rig: Rig) -> str:
    state = rig.bench.state
    return repr([state.team_members(), state.overrides(), state.forgotten(), state.records()])


def is_erased(rig: Rig) -> bool:
    return [each.erased_at is not None for each in rig.bench.state.forgotten()] == [True]


def shown(rig: Rig) -> set[tuple[Any, ...]]:
    return set(rig.ask("select display_name, email from jira_users where account_id = 'ines-1'"))


def test_a_person_who_is_forgotten_is_nowhere_in_the_home(rig: Rig) -> None:
    versions = rig.ask("select count(*) from raw_jira_issues")

    erased = rig.bench.forget("ines-1")

    assert traces(rig) == []
    assert is_erased(rig)
    assert erased.names >= {NAME, BEFORE, ADDRESS}
    assert erased.raw.rows == 2 * len(rig.tracked)
    assert set(erased.projects) == {project.project_key for project in rig.tracked}
    assert erased.publishes > 0
    assert erased.remaining == [
        "Not changed: Jira itself, and copies, exports and backups outside of this home."
    ]
    assert shown(rig) == {(FORGOTTEN, None)}
    assert rig.ask("select count(*) from raw_jira_issues") == versions
    assert rig.ask("select reason from jira_unmatched_users where account_id = 'ines-1'")[0] == ("forgotten",)
    assert rig.differences() == []
    assert rig.ask("select 1 from jira_issue_changes where from_string = 'Forgotten person'")
    assert not rig.bench.repair(rig.tracked).found


def test_later_syncs_do_not_bring_the_person_back(rig: Rig) -> None:
    rig.bench.forget("ines-1")

    a_day_later(rig)
    rig.sync(full=True)
    rig.publish()

    assert traces(rig) == []
    assert shown(rig) == {(FORGOTTEN, None)}
    assert rig.ask("select 1 from jira_issues where assignee_account_id = 'ines-1'")


def test_what_is_left_is_said(rig: Rig) -> None:
    rig.site.edit_issue(next(iter(rig.site.issues_truth())), summary=f"Ask {NAME}")
    rig.bench.state.replace_team([TeamMember("m1", "Somebody", ADDRESS.upper())])
    (rig.bench.settings.home / "state.db.0004-20260101T000000.0Z.backup").write_bytes(b"")
    rig.sync()

    erased = rig.bench.forget("ines-1")

    team, text, copies, _ = erased.remaining
    assert "m1 is still in it" in team
    assert text.startswith("1 version of issues still mention")
    assert "state.db.0004-20260101T000000.0Z.backup" in copies


def test_logs_are_searched(rig: Rig) -> None:
    folder = rig.bench.settings.dagster_dir / "storage"
    folder.mkdir(parents=True)
    (folder / "run.out").write_text(f"read {NAME} <{ADDRESS}>, and Bo Li\n", encoding="utf-8")
    with closing(sqlite3.connect(folder / "run.db")) as database:
        database.execute("pragma journal_mode = wal")
        database.execute("create table event_logs (id integer, event text)")
        database.execute("insert into event_logs values (1, ?)", (json.dumps({"name": NAME}),))
        database.commit()

    erased = rig.bench.forget("ines-1")

    assert erased.logs == 2
    assert traces(rig) == []
    assert (folder / "run.out").read_text("utf-8") == f"read {FORGOTTEN} <{FORGOTTEN}>, and Bo Li\n"
    with closing(sqlite3.connect(folder / "run.db")) as database:
        (event,) = database.execute("select event from event_logs").fetchone()
    assert json.loads(event) == {"name": FORGOTTEN}


def test_projects_that_are_no_longer_tracked_are_erased_as_well(rig: Rig) -> None:
    rig.bench.state.untrack([rig.tracked[0].project_key])

    rig.bench.forget("ines-1")

    assert traces(rig) == []


def test_the_account_that_the_home_is_connected_with_is_refused(rig: Rig) -> None:
    now = rig.bench.clock()
    rig.bench.state.connect(
        ConnectedSite("cloud", rig.server.url, "Acme"),
        Credential("api_token", "ines-1", NAME, "sealed", now, now, ADDRESS),
    )

    with pytest.raises(InputError, match="connected to Jira with the account ines-1"):
        rig.bench.forget("ines-1")
    assert rig.bench.state.forgotten() == []


def test_a_damaged_project_waits_for_its_repair_and_the_next_sync_ends_the_work(rig: Rig) -> None:
    damaged, other = rig.tracked
    manifest = rig.bench.lake.manifest(damaged.project_id)
    assert manifest is not None
    DAMAGES["truncated"](rig.bench.lake.path(manifest.raw[0].path))

    erased = rig.bench.forget("ines-1")

    assert list(erased.unfinished) == [damaged.project_key]
    assert set(erased.projects) == {other.project_key}
    assert not is_erased(rig)
    rig.bench.repair(rig.tracked)
    rig.sync()
    assert is_erased(rig)
    assert traces(rig) == []
    assert rig.differences() == []


class Killed(BaseException):
    """The process dies here."""


STEPS = (
    "warehouse.files.put_in_place",
    "warehouse.lake.write_atomically",
    "warehouse.lake._remove_old",
    "warehouse.swap.point_link",
    "warehouse.swap._remove",
    "warehouse.erase.copy_in_order",
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


def check_death(rig: Rig, monkeypatch: pytest.MonkeyPatch, step: int, end: str) -> None:
    """Let the command die at a step, and a sync or the same command end its work."""
    with monkeypatch.context() as patch, suppress(Killed):
        die_at_step(patch, step)
        rig.bench.forget("ines-1")
    if end == "sync":
        rig.sync()
        rig.publish()
    else:
        rig.bench.forget("ines-1")

    assert is_erased(rig)
    assert traces(rig) == []
    assert shown(rig) == {(FORGOTTEN, None)}
    assert rig.differences() == []


@pytest.mark.parametrize(("step", "end"), [(7, "sync")])
def test_a_death_is_made_up_for(rig: Rig, monkeypatch: pytest.MonkeyPatch, step: int, end: str) -> None:
    check_death(rig, monkeypatch, step, end)


@pytest.mark.prove
@pytest.mark.parametrize("end", ["sync", "forget"])
@pytest.mark.parametrize("step", range(58))
def test_it_may_be_killed_at_any_step(rig: Rig, monkeypatch: pytest.MonkeyPatch, step: int, end: str) -> None:
    check_death(rig, monkeypatch, step, end)
