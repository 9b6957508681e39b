"""Measure how fresh `jira-assets up` keeps the published file: from a change on the site to the value in it.

`python -m benchmarks.freshness --projects 1 200 --write`. Issues change one by one at random moments, whether
the change before is published or not. A thread watches the published file.
"""

from __future__ import annotations

import argparse
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median, quantiles

from benchmarks.contestants import JiraAssets
from benchmarks.measure import MeasuredProcess, SiteProcess, Usage, run_measured
from benchmarks.published import PublishedValues
from benchmarks.results import command_line, counted, describe_machine, write_into
from benchmarks.scenarios import SCENARIOS

PATIENCE = 300
"""Seconds after which a value will not come any more."""

HOUR = 3600
HEADER = [
    "projects",
    "median",
    "95th percentile",
    "longest",
    "requests an hour",
    "points an hour",
    "CPU of a core",
]


class NeverPublished(Exception):
    """A change did not reach the published file: a mistake, not a figure."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Seconds from each change to its publication, and what `up` used meanwhile."""

    waits: Sequence[float]
    seconds: float
    requests: int
    points: int
    usage: Usage


def main(given: Sequence[str] | None = None) -> None:
    """Measure, print, and with --write keep the table."""
    arguments = parse(given)
    rows = [[str(projects), *row(measure(projects, arguments))] for projects in arguments.projects]
    lines = [HEADER, ["---:"] * len(HEADER), *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    what = (
        f"{counted(arguments.issues, 'issue')}, {arguments.latency_ms:g} ms an answer; "
        f"{counted(arguments.changes, 'change')}, one in {arguments.every:g} s on average."
    )
    command = command_line("benchmarks.freshness", given)
    text = f"`{command}`\n\n{describe_machine()}; the site runs on the same machine.\n\n{what}\n\n{table}"
    print(text)
    if arguments.write:
        write_into("freshness", text)


def parse(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.freshness", description=__doc__)
    parser.add_argument("--issues", type=int, default=5000)
    parser.add_argument("--projects", type=int, nargs="+", default=[1, 200])
    parser.add_argument("--latency-ms", type=float, default=150)
    parser.add_argument("--changes", type=int, default=50)
    parser.add_argument("--every", type=float, default=17, help="mean seconds between two changes")
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    return parser.parse_args(given)


def row(found: Freshness) -> list[str]:
    """Write the figures of one site."""
    percentile = quantiles(found.waits, n=20, method="inclusive")[-1]
    return [
        f"{median(found.waits):.1f} s",
        f"{percentile:.1f} s",
        f"{max(found.waits):.1f} s",
        f"{found.requests / found.seconds * HOUR:,.0f}",
        f"{found.points / found.seconds * HOUR:,.0f}",
        f"{(found.usage.cpu + found.usage.cpu_after) / found.usage.wall:.0%}",
    ]


def measure(projects: int, arguments: argparse.Namespace) -> Freshness:
    """Sync a site once, then keep it fresh while it changes."""
    ours = JiraAssets()
    with (
        SiteProcess(arguments.issues, projects, arguments.latency_ms) as site,
        tempfile.TemporaryDirectory() as scratch,
    ):
        folder = Path(scratch)
        ours.prepare(site.info, folder)
        variables = ours.variables(site.info, folder)
        run_measured(ours.command(site.info, folder, SCENARIOS["first"]), folder, variables)
        return watch_up(ours, site, folder, arguments)


def watch_up(ours: JiraAssets, site: SiteProcess, folder: Path, arguments: argparse.Namespace) -> Freshness:
    """Change issues while `jira-assets up` runs."""
    moments = Random(arguments.changes)
    changed_at: dict[str, float] = {}
    with PublishedValues(ours.published(folder)) as values:
        up = MeasuredProcess(ours.services(free_port()), folder, ours.variables(site.info, folder))
        try:
            change(site, values)
            wait_for_all(values)  # now everything has started
            site.take_counts()
            began = time.monotonic()
            for _ in range(arguments.changes):
                time.sleep(moments.uniform(0, 2 * arguments.every))
                changed_at |= change(site, values)
            wait_for_all(values)
            seconds, counts = time.monotonic() - began, site.take_counts()
        finally:
            up.interrupt()
            usage = up.finish()
    waits = sorted(values.seen[issue] - at for issue, at in changed_at.items())
    print(len(site.info.projects), [round(each, 1) for each in waits], file=sys.stderr)
    return Freshness(waits, seconds, counts["requests"], counts["points"], usage)


def change(site: SiteProcess, values: PublishedValues) -> dict[str, float]:
    """Change an issue; return when."""
    changed = site.change(1)
    values.expect(changed.summaries)
    return dict.fromkeys(changed.summaries, changed.at)


def wait_for_all(values: PublishedValues) -> None:
    """Wait until every value is published."""
    give_up = time.monotonic() + PATIENCE
    while missing := values.missing():
        if time.monotonic() > give_up:
            raise NeverPublished(f"not published after {PATIENCE} s: {', '.join(sorted(missing))}")
        time.sleep(0.1)


def free_port() -> int:
    """Choose a port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
