"""Two days of virtual time: what is kept grows as the data does, not as the number of ticks."""

from __future__ import annotations

import gc
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from jira_assets.definitions import defs
from jira_assets.defs.resources import Home
from jira_assets.defs.sensors import jira_changes
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.simulate.life import Life
from jira_assets.sync.pipeline import Pipeline
from jira_assets_tests.harness import SyncHarness, open_harness

TICK = timedelta(seconds=30)
HALF_A_DAY = timedelta(hours=12)
CHANGE_EVERY = timedelta(minutes=20)
KB, MB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Size:
    """How much there is of everything that could grow."""

    lake_files: int
    lake_bytes: int
    home_bytes: int
    events: int
    event_bytes: int
    memory: int
    requests: int
    runs: int

    def since(self, before: Size) -> Size:
        """Return by how much each has grown."""
        return Size(**{name: value - getattr(before, name) for name, value in vars(self).items()})


class Soak:
    """A sensor that ticks by the clock of a demo site, and the runs that it asks for."""

    def __init__(self, harness: SyncHarness, instance: dg.DagsterInstance) -> None:
        class VirtualHome(Home):
            """The home as it is opened everywhere, with the clock of the site."""

            @contextmanager
            def opened(self) -> Iterator[Pipeline]:
                with super().opened() as bench:
                    yield replace(bench, clock=harness.site.clock.now, sleep=harness.site.clock.sleep)

        self.harness = harness
        self.instance = instance
        self.home = VirtualHome()
        self.cursor: str | None = None
        self.life = Life(harness.site, 1)
        self.runs = 0

    def pass_time(self, span: timedelta, *, changing: bool) -> Size:
        """Tick all the time; return by how much everything has grown."""
        before, clock = self.size(), self.harness.site.clock
        until, change_at = clock.now() + span, clock.now()
        while clock.now() < until:
            if changing and clock.now() >= change_at:
                self.life.step()
                change_at += CHANGE_EVERY
            self.tick()
            clock.advance(TICK)
        return self.size().since(before)

    def tick(self) -> None:
        """Do what the daemon does at a tick."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        result = jira_changes(context, home=self.home)
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        for request in result.dynamic_partitions_requests or ():
            if isinstance(request, dg.AddDynamicPartitionsRequest):
                self.instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
        for event in result.asset_events:
            self.instance.report_runless_asset_event(event)
        for run in result.run_requests or ():
            self.run(run)

    def run(self, request: dg.RunRequest) -> None:
        """Run what was asked for."""
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        result = defs.resolve_job_def("sync_jira").execute_in_process(
            instance=self.instance, run_config={**request.run_config, **quiet}, resources={"home": self.home}
        )
        assert result.success
        self.runs += 1

    def size(self) -> Size:
        """Measure everything."""
        lake = files_below(self.harness.pipeline.lake.root)
        gc.collect()
        events = files_below(Path(self.instance.root_directory))
        return Size(
            lake_files=len(lake),
            lake_bytes=sum(lake.values()),
            home_bytes=sum(files_below(self.harness.pipeline.settings.home).values()),
            events=count_events(self.instance),
            event_bytes=sum(events.values()),
            memory=resident_bytes(),
            requests=self.harness.site.journal.total,
            runs=self.runs,
        )


def files_below(folder: Path) -> dict[Path, int]:
    """List the files below a folder with their sizes."""
    return {path: path.lstat().st_size for path in folder.rglob("*") if path.is_file()}


def count_events(instance: dg.DagsterInstance) -> int:
    """Count the events that are kept for ever, of runs and of assets."""
    counted = 0
    for file in Path(instance.root_directory).rglob("*.db"):
        with closing(sqlite3.connect(file)) as connection:
            if connection.execute("select 1 from sqlite_master where name = 'event_logs'").fetchone():
                counted += connection.execute("select count(*) from event_logs").fetchone()[0]
    return counted


def resident_bytes() -> int:
    """Tell how much memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


@contextmanager
def soaking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, projects: int, issues: int) -> Iterator[Soak]:
    """Open a site with tracked projects, a home and an instance on disk."""
    (tmp_path / "dagster").mkdir()
    quiet = {"telemetry": {"enabled": False}}
    data = generate_site(3, projects=projects, issues=issues, now_ms=1_790_000_000_000)
    with (
        open_harness(tmp_path / "home", data) as harness,
        dg.DagsterInstance.local_temp(str(tmp_path / "dagster"), quiet) as instance,
    ):
        harness.track()
        for name, value in harness.environment.items():
            monkeypatch.setenv(name, value)
        yield Soak(harness, instance)


def is_idle(grown: Size, ticks: int) -> None:
    """Nobody changed anything: a request a tick, an event or two every quarter of an hour, nothing else."""
    quarters = ticks * TICK / timedelta(minutes=15)
    assert grown.runs == 0
    assert grown.lake_files == 0
    assert grown.lake_bytes < 10 * KB
    assert grown.events <= 2 * quarters + 5  # one of the status, and now and then the verdicts of the checks
    assert grown.event_bytes <= quarters * 20 * KB + MB
    assert grown.requests <= ticks * 1.2 + 10
    assert grown.memory < 20 * MB


def grows_with_the_data(grown: Size, ticks: int) -> None:
    """People changed things: a run each time at most, and little is kept of it."""
    changes = ticks * TICK / CHANGE_EVERY
    assert 0 < grown.runs <= 2 * changes
    assert grown.lake_files <= 20 * changes
    assert grown.lake_bytes <= changes * 400 * KB
    assert grown.events <= grown.runs * 80 + ticks * TICK / timedelta(minutes=15)
    assert grown.memory < 60 * MB


def soak(story: Soak, span: timedelta) -> list[Size]:
    """Let idle and busy spans alternate, twice; what is kept of the second round is like the first."""
    ticks = span // TICK
    told = []
    story.tick()
    for _ in range(2):
        told.append(story.pass_time(span, changing=False))
        is_idle(told[-1], ticks)
        told.append(story.pass_time(span, changing=True))
        grows_with_the_data(told[-1], ticks)
        story.tick()
    assert story.harness.pipeline.publish() is None  # the runs published everything
    idle, busy, idle_again, busy_again = told
    assert abs(idle_again.events - idle.events) <= 5
    assert busy_again.event_bytes <= 2 * busy.event_bytes
    assert busy_again.lake_bytes <= 3 * busy.lake_bytes
    assert busy_again.memory <= 20 * MB
    return told


@pytest.mark.prove
def test_two_days_with_fifty_projects_leave_what_the_data_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with soaking(tmp_path, monkeypatch, projects=50, issues=1000) as story:
        for grown in soak(story, HALF_A_DAY):
            with capsys.disabled():
                print(f"\n{grown}")  # noqa: T201  # the figures of the proof
