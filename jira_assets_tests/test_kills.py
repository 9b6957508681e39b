"""kill -9 at any moment of a command: what is published is whole, and nothing is lost.

The installed command is killed at random moments, and at chosen ones, most of them late: just before one of
the changes of files that a commit, swap, compaction or repair consists of.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.simulate.life import Life
from jira_assets.lake.files import TEMPORARY_PREFIX
from jira_assets.lake.lake import UNNAMED_FILES_LIVE
from jira_assets.warehouse.swap import BUILD_PREFIX
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.kill_at_change import COMPACT
from jira_assets_tests.sync.damages import DAMAGES

INSTALLED = Path(sys.executable).with_name("jira-assets")
COMMANDS = (["sync"], ["reconcile"], ["sync", "--full"], ["publish", "--force"], ["repair"])
WITH_COMPACTION = (*COMMANDS, [COMPACT])
MAIN = "from jira_assets.cli import main; main()"
KILLS = int(os.environ.get("JIRA_ASSETS_TEST_KILLS", "100"))
"""How many times each kind of kill is proved; fewer give a quick answer while the commands are changed."""
LONGEST = 120.0
UNFINISHED = (TEMPORARY_PREFIX, BUILD_PREFIX, "duckdb_temp")
TABLES = ("jira_issues", "jira_issue_changes", "jira_issue_sprints", "jira_issue_fields", "sync_status")


@dataclass
class Killer:
    """Run commands on the home of a rig in processes of their own, and kill them."""

    harness: SyncHarness
    dice: random.Random
    lengths: dict[str, float] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)

    def start(self, words: Sequence[str], before_change: int | None = None) -> subprocess.Popen[bytes]:
        """Start a command in a session of its own, so that all it starts can be killed with it.

        It kills itself before that change of files, if one is given; 0 stands for none.
        """
        program = [str(INSTALLED)] if INSTALLED.exists() else [sys.executable, "-c", MAIN]
        if before_change is not None:
            program = [sys.executable, "-m", "jira_assets_tests.kill_at_change"]
            program += [str(self.report), str(before_change)]
        home = self.harness.pipeline.settings.home
        kept = {name: os.environ[name] for name in os.environ if not name.startswith(("JIRA_", "DAGSTER"))}
        environment = kept | self.harness.environment | {"HOME": str(home)}
        return subprocess.Popen(
            [*program, *words],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def run(self, words: Sequence[str]) -> None:
        """Let a command end by itself; it has to succeed."""
        began = time.monotonic()
        with self.start(words, 0) as process:
            assert process.wait(LONGEST) == 0, words
        self.lengths[" ".join(words)] = time.monotonic() - began
        self.changes[" ".join(words)] = int(self.report.read_text(encoding="utf-8"))

    @property
    def report(self) -> Path:
        """Where a command leaves how many changes it made, or before which one it was killed."""
        return self.harness.pipeline.settings.home.with_name("changes")

    def kill_late(self, words: Sequence[str]) -> bool:
        """Kill a command before one of its changes of files, rather a late one; tell whether it got there."""
        most = self.changes[" ".join(words)]
        chosen = max(1, round(most * self.dice.uniform(0.3, 1.1)))
        with self.start(words, chosen) as process:
            code = process.wait(LONGEST)
            assert code in (0, -signal.SIGKILL), (words, chosen, code)
        said = self.report.read_text(encoding="utf-8")
        if code == 0:  # there was less to do than the last time
            self.changes[" ".join(words)] = int(said)
        else:
            sys.stdout.write(f"{' '.join(words)}: killed before {said}\n")
        return code != 0

    def kill(self, words: Sequence[str]) -> bool:
        """Kill a command and all it started at a random moment; tell whether it was still running."""
        length = self.lengths[" ".join(words)]
        with self.start(words) as process:
            try:
                # Most of a command is its start; what matters happens in its second half.
                process.wait(length * self.dice.uniform(0.3, 1.0))
            except subprocess.TimeoutExpired:
                holders = self.holders()
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(LONGEST)
                assert holders <= {process.pid}
                return True
        return False

    def holders(self) -> set[int]:
        """Return the processes that are said to work on a project now, apart from one without a name yet."""
        held = [self.harness.pipeline.lake.holder(project.project_id) for project in self.harness.tracked]
        return {holder.pid for holder in held if holder is not None} - {0}


def change_the_site(harness: SyncHarness, life: Life) -> None:
    """Let people work for a while."""
    for _ in range(6):
        life.step()


def published_versions(harness: SyncHarness) -> set[tuple[str, str]]:
    """Read every table of the published file whole; return the versions of issues it shows."""
    with duckdb.connect(str(harness.pipeline.settings.warehouse_file.resolve()), read_only=True) as warehouse:
        for table in TABLES:
            rows = warehouse.execute(f"select * from {table}").fetchall()
            assert rows, table
        issues, distinct = warehouse.execute(
            "select count(*), count(distinct jira_id) from jira_issues"
        ).fetchall()[0]
        assert issues == distinct
        assert warehouse.execute("select value from warehouse_info where key = 'fingerprint'").fetchall()
        return set(warehouse.execute("select jira_id, updated_at::varchar from jira_issues").fetchall())


def prepare(killer: Killer, life: Life, words: Sequence[str]) -> None:
    """Give a command something to do: changes in Jira, and a damaged file of the lake to repair."""
    change_the_site(killer.harness, life)
    if words[0] != "repair":
        return
    lake, dice = killer.harness.pipeline.lake, killer.dice
    manifest = lake.manifest(dice.choice(killer.harness.tracked).project_id)
    assert manifest is not None
    damage = DAMAGES[dice.choice(sorted(DAMAGES))]
    damage(lake.path(dice.choice(sorted(manifest.file_paths()))))


def publishes_no_less(killer: Killer, before: set[tuple[str, str]]) -> None:
    """What is published is as it was before the kill, or newer."""
    shown = dict(published_versions(killer.harness))
    truth = killer.harness.site.issues_truth()
    for issue_id, updated in before:
        assert issue_id not in truth or shown.get(issue_id, "") >= updated, issue_id
    assert killer.holders() == set()


def names_what_is_there(killer: Killer) -> None:
    """What the lake names is there, and can be read."""
    lake = killer.harness.pipeline.lake
    for manifest in lake.manifests():
        for relative in sorted(manifest.file_paths()):
            lake.engine.execute(f"select count(*) from read_parquet('{lake.path(relative)}')")


def leftovers(harness: SyncHarness) -> list[Path]:
    """List what dead processes left lying about."""
    home, lake = harness.pipeline.settings.home, harness.pipeline.lake
    named = {lake.path(file) for manifest in lake.manifests() for file in manifest.file_paths()}
    unnamed = {path for path in lake.root.glob("*/project=*/*") if path not in named}
    return sorted(unnamed | {path for path in home.rglob("*") if path.name.startswith(UNFINISHED)})


def grow_old(paths: Sequence[Path]) -> None:
    """Let files look as old as those that are swept."""
    then = time.time() - UNNAMED_FILES_LIVE - 1
    for path in paths:
        os.utime(path, (then, then), follow_symlinks=False)


def prove(
    home: Path,
    kills: int,
    commands: Sequence[Sequence[str]],
    *,
    heal_often: bool = True,
    late: bool = False,
) -> None:
    """Kill as often as told, look each time at what is left, and let the next sync heal it."""
    dice = random.Random(kills)
    with killing(home, dice) as killer:
        life, killed = Life(killer.harness.site, 1), 0
        for once in sorted({tuple(each) for each in commands}, reverse=True):  # a sync comes first
            prepare(killer, life, once)
            killer.run(once)
        while killed < kills:
            words = commands[killed % len(commands)]
            before = published_versions(killer.harness)
            prepare(killer, life, words)
            killed += (killer.kill_late if late else killer.kill)(words)
            publishes_no_less(killer, before)
            if words == ["repair"]:
                assert killer.harness.pipeline.repair(killer.harness.tracked).result.failures == []
            names_what_is_there(killer)
            if heal_often and dice.random() < 0.5:  # else the next one has to cope with what two of them left
                heal(killer)
        heal(killer)


def heal(killer: Killer) -> None:
    """Sync and reconcile once more: all is there, and nothing lies about any longer."""
    harness = killer.harness
    assert harness.sync().failures == []
    assert harness.reconcile().failures == []
    harness.publish()
    assert harness.differences() == []
    assert {record.status for record in harness.pipeline.state.records.all()} == {"complete"}
    grow_old(leftovers(harness))
    assert harness.sync().failures == []
    assert leftovers(harness) == []


@contextmanager
def killing(home: Path, dice: random.Random) -> Iterator[Killer]:
    """Open a home that real processes share with this one; the clock runs for all of them."""
    now = int(time.time() * 1000)
    with open_harness(home, generate_site(1, projects=2, issues=120, now_ms=now), frozen=False) as harness:
        harness.track()
        yield Killer(harness, dice)


@pytest.mark.prove
def test_five_kills_lose_nothing(tmp_path: Path) -> None:
    prove(tmp_path, 5, [["reconcile"], *[["publish", "--force"]] * 4], heal_often=False)


@pytest.mark.prove
def test_a_hundred_kills_at_any_moment_lose_nothing(tmp_path: Path) -> None:
    prove(tmp_path, KILLS, COMMANDS)


@pytest.mark.prove
def test_a_hundred_kills_between_changes_of_files_lose_nothing(tmp_path: Path) -> None:
    prove(tmp_path, KILLS, WITH_COMPACTION, late=True)
