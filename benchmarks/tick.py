"""Measure what watching an idle site costs: a tick of each sensor, and the page about the syncs.

`python -m benchmarks.tick --write`. A site with two issues a project is served by a process of its own. The
home is written as syncs would have left it, without a sync: manifests, outcomes, one raw file a project, and
the partitions in a Dagster instance with the databases of `jira-assets up`. Nothing changes meanwhile.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from unittest.mock import patch

import dagster as dg
from starlette.testclient import TestClient

from benchmarks.measure import SiteInfo, SiteProcess
from benchmarks.results import command_line, describe_machine, write_into
from jira_assets.cli.dagster_home import use_dagster_home
from jira_assets.definitions import defs
from jira_assets.defs.partitions import NAME, follow_tracked
from jira_assets.defs.resources import Home
from jira_assets.jira.models import IssueRef
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Derived, DerivedFile, FieldMapping, Manifest, Proof
from jira_assets.lake.raw_writer import Observation, RawFileWriter
from jira_assets.lake.site_manifest import ProjectDetails
from jira_assets.settings.load import load_settings
from jira_assets.state import ProjectRef, SyncRecord
from jira_assets.sync.change_detection import TICKS_FOR_ALL
from jira_assets.sync.external_inputs import note_followed, outside_identity
from jira_assets.sync.pipeline import Pipeline, open_pipeline
from jira_assets.web.application import create_app

ISSUES_A_PROJECT = 2
GROUPS = {"issues": 8, "changes": 3, "worklogs": 1}
"""Derived tables by group, about as many as a project has."""


def main(given: Sequence[str] | None = None) -> None:
    """Measure, print, and with --write keep the table."""
    arguments = parse(given)
    rows = []
    for count in arguments.projects:
        with ProcessPoolExecutor(1, get_context("spawn")) as fresh:  # first calls are those of a new process
            rows.append((count, fresh.submit(measure, count, arguments.runs).result()))
    head = f"`{command_line('benchmarks.tick', given)}`\n\n{describe_machine()}."
    text = f"{head}\n\n{render(rows, arguments.runs)}"
    print(text)
    if arguments.write:
        write_into("tick", text)


def parse(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tick", description=__doc__)
    parser.add_argument("--projects", type=int, nargs="+", default=[1, 200, 10_000])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    return parser.parse_args(given)


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of the first call in a process, of the next and of later ones; the most requests of any."""

    first: float
    soon: float
    later: float
    requests: int


def render(rows: Sequence[tuple[int, Mapping[str, Cost]]], runs: int) -> str:
    """Write the table as Markdown."""
    lines = [
        f"| {projects:,} | {name} | {shown(cost.first)} | {shown(cost.soon)} | {shown(cost.later)} "
        f"| {cost.requests} |"
        for projects, costs in rows
        for name, cost in costs.items()
    ]
    return (
        "CPU milliseconds of the process that ticks or serves the page. Medians: of the "
        f"{TICKS_FOR_ALL} calls after the first, which call every project by name once, and of {runs} later "
        "ones. The "
        "requests are the most of any call.\n\n"
        "| projects | | first call | next calls | later calls | requests |\n"
        "| ---: | --- | ---: | ---: | ---: | ---: |\n" + "\n".join(lines)
    )


def shown(seconds: float) -> str:
    """Write some CPU seconds."""
    return f"{seconds * 1000:,.0f}"


def measure(projects: int, runs: int) -> Mapping[str, Cost]:
    """Measure with so many projects."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SiteProcess(ISSUES_A_PROJECT * projects, projects, 0, 0, "--unprinted") as site,
        environment(Path(folder), site.info),
    ):
        settings = load_settings()
        with open_pipeline(settings) as pipeline:
            write_home(pipeline, heads(pipeline))
            settings.warehouse_dir.mkdir(parents=True)
            settings.warehouse_file.touch()
            note_followed(pipeline.lake, outside_identity(pipeline.state, settings))
            keys = [project.project_key for project in pipeline.state.projects.tracked()]
        use_dagster_home(settings)
        with dg.DagsterInstance.get() as instance:
            follow_tracked(instance, keys)
            assert len(instance.get_dynamic_partitions(NAME)) == projects  # noqa: S101  # what is measured
            page = TestClient(create_app(load_settings), "http://localhost")
            with closing(page):
                calls = {
                    "tick of `jira_changes`": tick_of("jira_changes", instance),
                    "tick of `publish_local_changes`": tick_of("publish_local_changes", instance),
                    "the page, opened": lambda: show(page, "/"),
                    "the page, kept open": lambda: show(page, "/sync/projects"),
                }
                return {name: cost(call, site, runs) for name, call in calls.items()}


@contextmanager
def environment(home: Path, site: SiteInfo) -> Iterator[None]:
    """Connect this process to the site, with a home of its own and an alert that is never due."""
    variables = {
        "JIRA_ASSETS_HOME": str(home / "home"),
        "JIRA_SITE_URL": site.url,
        "JIRA_EMAIL": site.email,
        "JIRA_API_TOKEN": site.token,
        "JIRA_ASSETS_ALERT_URLS": "json://127.0.0.1:9/",
    }
    with patch.dict(os.environ, variables):
        yield


def heads(pipeline: Pipeline) -> Mapping[str, Sequence[IssueRef]]:
    """List the issues of the site by project."""
    found = defaultdict(list)
    with pipeline.sites[0].asking_jira() as context:
        for page in context.client.search_refs("updated >= 0"):
            for ref in page:
                found[ref.project_id].append(ref)
    return found


def write_home(pipeline: Pipeline, listed: Mapping[str, Sequence[IssueRef]]) -> None:
    """Write what syncs a minute ago would have left of these projects."""
    lake, state, now = pipeline.lake, pipeline.state, pipeline.clock() - timedelta(minutes=1)
    keys = {project_id: refs[0].key.rpartition("-")[0] for project_id, refs in listed.items()}
    state.projects.track(ProjectRef(project_id, key, f"Project {key}") for project_id, key in keys.items())
    site = lake.site_manifest()
    for project_id, refs in listed.items():
        lake.commit(manifest_of(lake, project_id, keys[project_id], refs, now))
        with lake.lock(project_id, "benchmark"):
            pass  # its lock is there, as after every sync
        site.set_project(project_id, ProjectDetails(now, boards=(project_id,)))
        state.records.put(
            SyncRecord(
                project_id,
                keys[project_id],
                "complete",
                last_sync_at=now,
                last_success_at=now,
                watermark=now,
                issues=len(refs),
                proved_complete_at=now,
                missing_issues=0,
            )
        )
    lake.commit_site(site)


def manifest_of(lake: Lake, project_id: str, key: str, refs: Sequence[IssueRef], now: datetime) -> Manifest:
    """Write the raw file of a project and describe what there is of it."""
    manifest = Manifest(
        project_id,
        key,
        watermark=now,
        looked_back_at=now,
        proof=Proof(now, len(refs), len(refs), 0, 0),
        mapping=FieldMapping("customfield_10016", "customfield_10020", "the board"),
    )
    writer = RawFileWriter(lake, manifest, now)
    writer.add(Observation(ref.id, ref.key, project_id, key, ref.updated, payload=b"{}") for ref in refs)
    if (raw := writer.finish()) is not None:
        manifest.add_raw(raw)
    for group, tables in GROUPS.items():
        digest = "0" * 64
        files = {
            f"{group}_{number}": DerivedFile(
                f"{group}_{number}/project={project_id}/{digest[:24]}.parquet", len(refs), 4096, digest
            )
            for number in range(tables)
        }
        manifest.set_derived(group, Derived(digest[:24], files))
    return manifest


def tick_of(name: str, instance: dg.DagsterInstance) -> Callable[[], None]:
    """Return a function that lets a sensor tick, each time with the cursor that it left."""
    sensor = defs.get_repository_def().get_sensor_def(name)
    cursor: str | None = None

    def tick() -> None:
        nonlocal cursor
        with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
            result = sensor(context, home=Home())
        assert isinstance(result, dg.SensorResult)  # noqa: S101  # sensors of ours return one
        said = result.skip_reason.skip_message if result.skip_reason else "a run was requested"
        assert said == "Nothing changed.", said  # noqa: S101  # what is measured
        cursor = result.cursor

    return tick


def show(page: TestClient, address: str) -> None:
    """Open an address of the page."""
    page.get(address).raise_for_status()


def cost(work: Callable[[], None], site: SiteProcess, runs: int) -> Cost:
    """Call it once and then again and again."""
    spent, requests = [], []
    site.take_counts()
    for _ in range(1 + TICKS_FOR_ALL + runs):
        spent.append(cpu_seconds(work))
        requests.append(int(site.take_counts()["requests"]))
    soon, later = spent[1 : 1 + TICKS_FOR_ALL], spent[1 + TICKS_FOR_ALL :]
    return Cost(spent[0], median(soon), median(later), max(requests))


def cpu_seconds(work: Callable[[], None]) -> float:
    """Measure the CPU time of this process and its threads."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
