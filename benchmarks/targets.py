"""Measure what the targets of the publish cost, PostgreSQL and Delta: filling them, following a change.

`python -m benchmarks.targets --write`. The lake is generated, without a site: 100,000 issues with 4.7 changes
each, in 100 projects. Each publish into a target is a process of its own. Without --url, a PostgreSQL is
started for the benchmark, which does not wait for the disk. The Delta tables are in a folder.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from benchmarks.lake import write_lake, write_raw
from benchmarks.metrics import CHANGED, MEMORY, derive_all, elapsed, publish_lake
from benchmarks.results import command_line, describe_machine, write_into
from jira_assets.lake.derive import derive_project
from jira_assets.lake.lake import Lake
from jira_assets.warehouse.targets.delta.target import DeltaTarget
from jira_assets.warehouse.targets.postgres.target import PostgresTarget
from jira_assets.warehouse.targets.target import Target
from jira_assets_tests.postgres import find_programs, running_postgres

SCHEMA = "jira_benchmark"
USUAL = 100_000
"""Issues; the figures of other numbers have a place of their own in the docs."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one publish into the target used, without the server: seconds, MiB of its process, rows."""

    wall: float
    cpu: float
    peak_mib: float
    written: int

    def row(self, target: str, what: str) -> str:
        """Write a row of the table."""
        figures = f"{self.wall:.1f} | {self.cpu:.1f} | {self.peak_mib:.0f} | {self.written:,}"
        return f"| {target} | {what} | {figures} |"


def main(given: Sequence[str] | None = None) -> None:
    """Measure, print, and with --write keep the table."""
    arguments = parse(given)
    if arguments.once:
        print(json.dumps(publish_once(arguments)))
        return
    with tempfile.TemporaryDirectory() as folder, server(arguments.url) as url:
        found = measure(arguments.lake or Path(folder), url, arguments)
    found = f"`{command_line('benchmarks.targets', given)}`\n\n{describe_machine()}.\n\n{found}"
    print(found)
    if arguments.write:
        is_usual = arguments.projects * arguments.issues == USUAL
        write_into("targets" if is_usual else "targets of a large site", found)


def parse(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.targets", description=__doc__)
    parser.add_argument("--projects", type=int, default=100)
    parser.add_argument("--issues", type=int, default=1_000, help="in each project")
    parser.add_argument("--url", help="a database in which the schema jira_benchmark may be replaced")
    parser.add_argument("--lake", type=Path, help="keep the lake in this folder, and use what is there")
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    parser.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(given)


@contextmanager
def server(url: str | None) -> Iterator[str]:
    """Name a database: the one that was given, or that of a server which is started for the block."""
    if url:
        yield url
        return
    programs = find_programs()
    if programs is None:
        raise SystemExit("There is no PostgreSQL: install it, or name a database by --url.")
    with running_postgres(programs) as own:
        yield own


def publish_once(arguments: argparse.Namespace) -> dict[str, float]:
    """Publish the file into the target, and return what this process used for it."""
    target: Target
    if arguments.folder:
        target = DeltaTarget(str(arguments.folder))
    else:
        target = PostgresTarget(make_url(arguments.url), SCHEMA)
    before = time.process_time()
    begin = time.perf_counter()
    written = target.publish(arguments.once).written
    return {
        "wall": time.perf_counter() - begin,
        "cpu": time.process_time() - before,
        "peak_mib": peak_kib() / 1024,
        "written": written,
    }


def peak_kib() -> int:
    """Return the most memory that this process had; what Linux accounts includes that of its parent."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(root: Path, url: str, arguments: argparse.Namespace) -> str:
    """Measure on a lake."""
    lake = Lake(root / "lake", memory_limit=MEMORY)
    if not lake.manifests():
        with closing(Lake(lake.root, memory_limit="1GB")) as writer:
            write_lake(writer, arguments.projects, arguments.issues)
        derive_all(lake)
    publish_lake(lake, root, force=True)
    ask(url, f"drop schema if exists {SCHEMA} cascade")
    targets = {"PostgreSQL": ["--url", url], "Delta": ["--folder", str(root / "delta")]}
    shutil.rmtree(root / "delta", ignore_errors=True)
    rows = [publish(root, where).row(name, "everything") for name, where in targets.items()]
    sizes = [float(str(ask(url, _SIZE))) / 2**20, size_of(root / "delta") / 2**20]
    files = sum(1 for _ in (root / "delta").rglob("*.parquet"))
    rows += [publish(root, where).row(name, "nothing") for name, where in targets.items()]
    with closing(lake):
        write_raw(lake, lake.manifests()[0], arguments.issues - CHANGED + 2, arguments.issues + 2)
        derive_project(lake, lake.manifests()[0])
    duckdb = elapsed(lambda: publish_lake(lake, root))
    changed = f"{CHANGED} changed issues of one project"
    rows += [publish(root, where).row(name, changed) for name, where in targets.items()]
    issues = sum(file.rows for m in lake.manifests() if (file := m.derived_file("jira_issues")))
    ask(url, f"drop schema {SCHEMA} cascade")
    rows.sort(key=lambda row: row.startswith("| Delta"))
    return (
        f"{issues:,} issues of {len(lake.manifests())} projects; {sizes[0]:,.0f} MiB in PostgreSQL with "
        f"indexes, {sizes[1]:,.0f} MiB in {files:,} files of Delta tables. "
        f"Publishing the DuckDB file after the change took {duckdb:.1f} s. CPU and memory are those of the "
        "publishing process, not of the server.\n\n"
        "| target | published | seconds | CPU seconds | peak MiB | rows written |\n"
        "| --- | --- | ---: | ---: | ---: | ---: |\n" + "\n".join(rows)
    )


_SIZE = (
    "select sum(pg_total_relation_size(c.oid)) from pg_class as c "
    f"where c.relkind = 'r' and c.relnamespace = '{SCHEMA}'::regnamespace"
)


def publish(root: Path, where: Sequence[str]) -> Cost:
    """Publish in a process of its own."""
    file = root / "warehouse" / "jira.duckdb"
    command = [sys.executable, "-m", "benchmarks.targets", *where, "--once", str(file)]
    return Cost(**json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def size_of(folder: Path) -> int:
    """Add up the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def ask(url: str, statement: str) -> object:
    """Run a statement; return its only value, if it has one."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        engine.dispose()


if __name__ == "__main__":
    main()
