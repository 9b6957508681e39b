"""Measure what histories and metrics of a large site cost: deriving, publishing, a change, and panels.

`python -m benchmarks.metrics --write`. The lake is generated, without a site: 1,000,000 issues with 4.7
changes each, in 100 projects. DuckDB gets 2 GB.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from statistics import median

from benchmarks.lake import write_lake, write_raw
from benchmarks.results import command_line, describe_machine, write_into
from jira_assets.lake.derive import derive_project
from jira_assets.lake.lake import Lake
from jira_assets.warehouse.inputs import PublishInputs
from jira_assets.warehouse.metric_settings import MetricSettings
from jira_assets.warehouse.publish import publish
from jira_assets.warehouse.read import open_warehouse

MEMORY = "2GB"
CHANGED = 100
PANELS = {
    "velocity": "from sprint_velocity where board_id = '105' and sprints_ago <= 7",
    "lead and cycle time": "from flow_times_weekly where project_key = 'P105'",
    "resolution trend": "from resolution_trend where project_key = 'P105'",
    "cycle-time scatter": (
        "from cycle_time_scatter where project_key = 'P105' and finished_on > date '2026-08-22'"
    ),
    "aging work": "from aging_work where project_key = 'P105'",
    "throughput": "from throughput_weekly where project_key = 'P105'",
    "cumulative flow": "from cumulative_flow where project_key = 'P105'",
    "burndown": "from sprint_burndown where sprint_id = '105079'",
    "time in status": "from status_times where project_key = 'P105'",
    "forecast, days": "from forecast_days('P105', items := 100)",
    "forecast, items": "from forecast_items('P105')",
    "data quality": "from data_quality where project_key = 'P105'",
    "all projects: lead and cycle time": "from flow_times_weekly where project_key is null",
    "all projects: cumulative flow": (
        "select day, sum(done), sum(in_progress), sum(to_do) from cumulative_flow group by day"
    ),
    "all projects: resolution trend": (
        "select week, sum(created), sum(resolved), sum(open_at_end) from resolution_trend group by week"
    ),
}


def main(given: Sequence[str] | None = None) -> None:
    """Measure, print, and with --write keep the table."""
    arguments = parse(given)
    root = arguments.lake or Path(tempfile.mkdtemp())
    try:
        text = measure(root, arguments)
    finally:
        if arguments.lake is None:
            shutil.rmtree(root)
    text = f"`{command_line('benchmarks.metrics', given)}`\n\n{describe_machine()}.\n\n{text}"
    print(text)
    if arguments.write:
        write_into("metrics", text)


def parse(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.metrics", description=__doc__)
    parser.add_argument("--projects", type=int, default=100)
    parser.add_argument("--issues", type=int, default=10_000, help="in each project")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--lake", type=Path, help="keep the lake in this folder, and use what is there")
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    return parser.parse_args(given)


def measure(root: Path, arguments: argparse.Namespace) -> str:
    """Measure on a lake."""
    lake = Lake(root / "lake", memory_limit=MEMORY)
    if not lake.manifests():
        with closing(Lake(lake.root, memory_limit="1GB")) as writer:
            write_lake(writer, arguments.projects, arguments.issues)
    rows = [("derive everything", seconds(lambda: derive_all(lake)))]
    rows.append(("publish everything", seconds(lambda: publish_lake(lake, root, force=True))))
    rows.append((f"publish after {CHANGED} changed issues", republish(lake, root, arguments)))
    panels = panel_times(root, arguments.runs)
    rows += [(f"panel: {name}", f"{spent * 1000:.0f} ms") for name, spent in panels.items()]
    issues = sum(file.rows for m in lake.manifests() if (file := m.derived_file("jira_issues")))
    changes = sum(file.rows for m in lake.manifests() if (file := m.derived_file("jira_issue_changes")))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    head = (
        f"{issues:,} issues of {len(lake.manifests())} projects, {changes:,} changes; peak {peak:.0f} MiB; "
        f"panels and changes are medians of {arguments.runs} runs, a new connection for each panel.\n\n"
        "| | |\n| --- | ---: |\n"
    )
    return head + "\n".join(f"| {name} | {spent} |" for name, spent in rows)


def seconds(work: Callable[[], object]) -> str:
    """Tell how long it takes."""
    return f"{elapsed(work):.1f} s"


def elapsed(work: Callable[[], object]) -> float:
    """Measure how long it takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def derive_all(lake: Lake) -> None:
    """Derive every project that is not derived."""
    with closing(lake):
        for manifest in lake.manifests():
            manifest.drop_derived(list(manifest.derived))
            derive_project(lake, manifest)


def publish_lake(lake: Lake, root: Path, *, force: bool = False) -> None:
    """Publish it as of its last day."""
    ids = [manifest.project_id for manifest in lake.manifests()]
    inputs = PublishInputs(ids, metrics=MetricSettings("UTC", date(2026, 11, 20)))
    publish(lake, root / "warehouse", inputs, force=force)


def republish(lake: Lake, root: Path, arguments: argparse.Namespace) -> str:
    """Publish after some issues of one project changed, each time those of another."""
    spent = []
    for run, manifest in enumerate(lake.manifests()[: arguments.runs]):
        first = arguments.issues - CHANGED + 2 + run
        with closing(lake):
            write_raw(lake, manifest, first, first + CHANGED)
            derive_project(lake, manifest)
        spent.append(elapsed(lambda: publish_lake(lake, root)))
    return f"{median(spent):.1f} s"


def panel_times(root: Path, runs: int) -> dict[str, float]:
    """Ask what each panel asks, each time anew."""
    return {
        name: median(elapsed(lambda query=query: ask(root, query)) for _ in range(runs))  # type: ignore[misc]
        for name, query in PANELS.items()
    }


def ask(root: Path, query: str) -> None:
    """Open the warehouse and ask."""
    with closing(open_warehouse(root / "warehouse" / "jira.duckdb")) as warehouse:
        warehouse.execute(query).fetchall()


if __name__ == "__main__":
    main()
