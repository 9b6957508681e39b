"""Hosts without a common disk sync one lake at the same time, die and freeze: nothing is lost or overwritten.

Each host is a process with a home of its own. They have a PostgreSQL and a store in common, which may fail.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.simulate.life import Life
from jira_assets.settings.load import load_settings
from jira_assets.state import ProjectRef
from jira_assets.sync.pipeline import Pipeline, open_pipeline
from jira_assets.warehouse.read import open_warehouse
from jira_assets_tests.child_process import child_process
from jira_assets_tests.harness import SyncHarness, credentials, open_harness
from jira_assets_tests.network_faults import Gate, faulty_store, gate_before
from jira_assets_tests.object_store import ObjectStore
from jira_assets_tests.shared_place import SharedPlace, shared_place

NEVER, LEASE_SECONDS = 0, 1.0
KILLS = int(os.environ.get("JIRA_ASSETS_TEST_KILLS", "60"))
WHEN_IT_WAS_READ = {"synced_at", "last_synced_at", "as_of"}
OF_DELETED_ISSUES = {"jira_deleted_issues", "issue_link_spans", "issue_block_spans", "issue_blocked_times"}
"""A home that begins now has never seen the issues that were deleted meanwhile, nor what they blocked."""

AS_OF_THE_READ = {"jira_issue_fields"}
"""Names of people and options in its values are those of the time at which Jira was asked for the issue."""
OF_THE_SYNC = {"warehouse_info", "sync_status", "entity_status"}
AHEAD = {"a": 3600, "b": -3600}
"""By how many seconds the clocks of these hosts are wrong."""

EXPECTED = ("did not renew its lease", "The state database", "Could not ")
"""What hosts may say of a lease that ran out, of the database, and of the store."""


@dataclass
class Hosts:
    """A site, a home on the shared lake in this process, and processes of other hosts."""

    shared: SharedPlace
    harness: SyncHarness
    environment: Mapping[str, str] = field(default_factory=dict)
    """What is different for processes of other hosts."""

    @property
    def keys(self) -> list[str]:
        """The keys of the tracked projects."""
        return sorted(project.project_key for project in self.harness.tracked)

    def start(
        self,
        name: str,
        mode: str,
        keys: Sequence[str],
        step: int = NEVER,
        sends: signal.Signals = signal.SIGKILL,
    ) -> AbstractContextManager[subprocess.Popen[str]]:
        """Start a process of a host, which sends itself a signal before that step."""
        kept = {name: os.environ[name] for name in os.environ if not name.startswith(("JIRA_", "DAGSTER"))}
        settings = {
            "JIRA_ASSETS_HOME": str(self.shared.folder / name),
            "JIRA_ASSETS_STATE_URL": self.shared.state_url,
            "JIRA_ASSETS_LAKE": self.shared.address,
            "JIRA_ASSETS_SECRET_KEY": self.shared.settings["secret_key"],
            "JIRA_ASSETS_TEST_AHEAD": str(AHEAD.get(name, 0)),
            **self.environment,
        }
        words = [str(LEASE_SECONDS), str(step), str(int(sends)), mode, *keys]
        return child_process(
            [sys.executable, "-m", "jira_assets_tests.host_process", *words],
            env=kept | settings | credentials(self.harness.server),
            stdout=subprocess.PIPE,
        )

    def run(self, name: str, mode: str, keys: Sequence[str]) -> dict[str, Any]:
        """Let a process of a host do its work; return what it says."""
        with self.start(name, mode, keys) as process:
            return said_by(process)

    @contextmanager
    def alone(self) -> Iterator[Pipeline]:
        """Open a home on a folder, which has synced the same projects."""
        tracked = self.harness.tracked
        chosen = load_settings(
            {"home": str(self.shared.folder / "alone")}, credentials(self.harness.server), dotenv=None
        )
        with open_pipeline(chosen) as pipeline:
            pipeline.state.projects.track(
                [ProjectRef(each.project_id, each.project_key, each.name) for each in tracked]
            )
            assert pipeline.sync(pipeline.state.projects.tracked()).failures == []
            yield pipeline

    def check(self, *, but: Collection[str] = ()) -> None:
        """The lake is whole, and hosts publish from it what one host alone would, but for some tables."""
        assert self.harness.reconcile().failures == []
        assert {record.missing_issues for record in self.harness.pipeline.state.records.all()} == {0}
        assert self.harness.differences() == []
        now = self.harness.site.clock.now()
        with self.alone() as alone:
            expected = published(alone, now)
        assert len(expected["jira_issues"]) == len(self.harness.site.issues_truth())
        found = published(self.harness.pipeline, now)
        assert [name for name in expected if found[name] != expected[name] and name not in but] == []


def said_by(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, _ = process.communicate()
    assert process.returncode == 0
    said: dict[str, Any] = json.loads(out)
    return said


def published(pipeline: Pipeline, now: datetime) -> dict[str, list[tuple[Any, ...]]]:
    """Publish as if it were that time; return every row, without when it was read."""
    replace(pipeline, clock=lambda: now).publish(force=True)
    warehouse = open_warehouse(pipeline.settings.warehouse_file)
    try:
        columns = warehouse.execute("select table_name, column_name from duckdb_columns()").fetchall()
        tables: dict[str, list[str]] = {}
        for table, column in columns:
            if column not in WHEN_IT_WAS_READ and table not in OF_THE_SYNC:
                tables.setdefault(table, []).append(column)
        named = {name for (name,) in warehouse.execute("select table_name from duckdb_tables()").fetchall()}
        return {
            table: sorted(warehouse.execute(f"select {', '.join(names)} from {table}").fetchall(), key=repr)
            for table, names in tables.items()
            if table in named
        }
    finally:
        warehouse.close()


@contextmanager
def open_hosts(
    folder: Path, state_url: str, projects: int, issues: int, address: str | None = None
) -> Iterator[Hosts]:
    """Serve a site whose projects are all tracked; without an address, a folder is the store."""
    site = generate_site(5, projects=projects, issues=issues, now_ms=int(time.time() * 1000))
    with (
        shared_place(folder, state_url, address) as shared,
        open_harness(folder / "here", site, frozen=False, **shared.settings) as harness,
    ):
        harness.track()
        yield Hosts(shared, harness)


@pytest.fixture(
    params=[
        pytest.param("folder", id="folder, all tables", marks=pytest.mark.prove),
        pytest.param("azure", id="azure, all tables", marks=pytest.mark.prove),
    ]
)
def hosts(request: pytest.FixtureRequest, tmp_path: Path, postgres_url: str) -> Iterator[Hosts]:
    """A small site, which nobody has synced."""
    address = None if request.param == "folder" else request.getfixturevalue(request.param)
    with open_hosts(tmp_path, postgres_url, 3, 24, address) as hosts:
        yield hosts


def test_hosts_sync_at_the_same_time_one_is_killed_and_one_freezes(hosts: Hosts) -> None:
    first, second, third = hosts.keys
    # All want the second project. One host freezes just before its first commit of one, one is killed there.
    with (
        hosts.start("a", "incremental", [first, second], 2, signal.SIGSTOP) as frozen,
        hosts.start("b", "full", [second, third], 3, signal.SIGKILL) as killed,
    ):
        assert killed.wait() == -signal.SIGKILL
        assert os.WIFSTOPPED(os.waitpid(frozen.pid, os.WUNTRACED)[1])
        assert hosts.run("c", "incremental", hosts.keys)["failures"] == []  # as soon as the leases ran out
        frozen.send_signal(signal.SIGCONT)
        failures = said_by(frozen)["failures"]
    assert failures
    assert all("over while this one did not renew its lease" in reason for reason in failures)
    hosts.check()


@contextmanager
def restarting(gate: Gate, dice: random.Random) -> Iterator[None]:
    """Have the database go away for a while, at some moment of the block or after it."""

    def restart() -> None:
        over.wait(dice.random() * 3)
        gate.close()
        over.wait(dice.random() * 2)
        gate.open()

    over = threading.Event()
    thread = threading.Thread(target=restart)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.prove
@pytest.mark.timeout(7200)
def test_deaths_freezes_wrong_clocks_and_servers_that_fail_lose_nothing(
    tmp_path: Path, postgres_url: str, object_store: ObjectStore, s3: str
) -> None:
    dice = random.Random(KILLS)
    with (
        gate_before(postgres_url) as gate,
        faulty_store(object_store.endpoint, share=0.03) as between,
        open_hosts(tmp_path, postgres_url, 3, 120, s3) as hosts,
    ):
        through = make_url(postgres_url).set(port=gate.port)
        hosts.environment = {
            **object_store.environment,
            "AWS_ENDPOINT_URL_S3": between.endpoint,
            "JIRA_ASSETS_STATE_URL": through.render_as_string(hide_password=False),
        }
        life = Life(hosts.harness.site, 1)
        steps = {mode: hosts.run("a", mode, hosts.keys)["steps"] for mode in ("full", "incremental")}
        for number in range(KILLS):
            for _ in range(6):
                life.step()
            mode = dice.choice(sorted(steps))
            sends = dice.choice([signal.SIGKILL, signal.SIGSTOP])
            step = dice.randint(1, max(2, steps[mode]))
            with ExitStack() as faults:
                if dice.random() < 0.3:
                    faults.enter_context(restarting(gate, dice))
                with hosts.start(dice.choice("abc"), mode, hosts.keys, step, sends) as ill:
                    _, status = os.waitpid(ill.pid, os.WUNTRACED)
                    failures = []
                    if dice.random() < 0.7:
                        failures += hosts.run(dice.choice("abd"), "incremental", hosts.keys)["failures"]
                    if os.WIFSTOPPED(status):
                        ill.send_signal(signal.SIGCONT)
                        failures += said_by(ill)["failures"]
            assert [reason for reason in failures if not any(words in reason for words in EXPECTED)] == []
            sys.stdout.write(f"{number}: {mode}, {sends.name} before step {step}; {len(failures)} failed\n")
            if number % 10 == 9:
                assert hosts.harness.sync().failures == []
                assert hosts.harness.reconcile().failures == []  # which finds what was deleted
                assert hosts.harness.differences() == []
        assert hosts.harness.sync().failures == []
        hosts.check(but=OF_DELETED_ISSUES | AS_OF_THE_READ)
        assert between.refused > KILLS / 10
