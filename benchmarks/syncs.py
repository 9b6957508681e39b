"""Measure syncs as whole processes, ours against other tools: the first one, and later ones after changes.

`python -m benchmarks.syncs --issues 5000 --projects 1 8 64 --runs 3 --write`. The contestants take turns, so
that a machine that gets slower does so for all of them; ratios are taken within one turn.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from benchmarks.contestants import CONTESTANTS, HERE, OPPONENTS_PYTHON, Contestant
from benchmarks.measure import SiteProcess, run_measured
from benchmarks.published import PublishedValues
from benchmarks.results import Sample, command_line, describe_machine, render, write_into
from benchmarks.scenarios import SCENARIOS, Scenario

REQUIREMENTS = HERE / "requirements.txt"
USUAL = ["jira_assets", "bare", "dlt", "jira-python"]


def main(given: Sequence[str] | None = None) -> None:
    """Measure, print, and with --write keep the tables."""
    arguments = parse(given)
    if any(name != "jira_assets" for name in arguments.only):
        install_opponents()
    command = command_line("benchmarks.syncs", given)
    head = f"`{command}`\n\n{describe_machine()}; the site runs on the same machine."
    for issues in arguments.issues:
        for projects in arguments.projects:
            text = f"{head}\n\n{measure_site(issues, projects, arguments)}"
            print(text)
            if arguments.write:
                write_into(f"{issues} issues, projects: {projects}", text)


def parse(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.syncs", description=__doc__)
    parser.add_argument("--issues", type=int, nargs="+", default=[5000])
    parser.add_argument("--projects", type=int, nargs="+", default=[8])
    parser.add_argument("--body-bytes", type=int, default=4000, help="of each description")
    parser.add_argument("--latency-ms", type=float, default=150)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(CONTESTANTS), default=USUAL)
    parser.add_argument("--scenarios", nargs="+", choices=list(SCENARIOS), default=list(SCENARIOS))
    parser.add_argument("--write", action="store_true", help="put the tables into the docs")
    parser.add_argument("--keep", type=Path, help="keep what the syncs wrote, in this folder")
    return parser.parse_args(given)


def install_opponents() -> None:
    """Install the opponents into an environment of their own, unless the pins have not changed."""
    venv = OPPONENTS_PYTHON.parent.parent
    pins = venv / "installed.txt"
    if pins.exists() and pins.read_bytes() == REQUIREMENTS.read_bytes():
        return
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    pip = [str(OPPONENTS_PYTHON), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    subprocess.run([*pip, "--require-hashes", "-r", str(REQUIREMENTS)], check=True)
    shutil.copy(REQUIREMENTS, pins)


def measure_site(issues: int, projects: int, arguments: argparse.Namespace) -> str:
    """Let the contestants take turns on one site; return its tables."""
    samples: list[Sample] = []
    with (
        SiteProcess(issues, projects, arguments.latency_ms, arguments.body_bytes) as site,
        tempfile.TemporaryDirectory() as scratch,
    ):
        info, root = site.info, arguments.keep or Path(scratch)
        for run in range(1, arguments.runs + 1):
            for name in arguments.only:
                folder = root / f"{issues}-{projects}-{run}-{name}"
                folder.mkdir(parents=True)
                samples += measure_turn(CONTESTANTS[name], site, folder, run, arguments.scenarios)
                if arguments.keep is None:
                    shutil.rmtree(folder)
    return render(info, arguments.latency_ms, samples)


def measure_turn(
    contestant: Contestant, site: SiteProcess, folder: Path, run: int, scenarios: Sequence[str]
) -> list[Sample]:
    """Measure the syncs of a contestant, each after the one before."""
    contestant.prepare(site.info, folder)
    wanted = [each for each in SCENARIOS if each in scenarios and each in contestant.scenarios]
    return [measure_sync(contestant, site, folder, run, SCENARIOS[each]) for each in wanted]


def measure_sync(
    contestant: Contestant, site: SiteProcess, folder: Path, run: int, scenario: Scenario
) -> Sample:
    """Change the site and measure one sync, and see that it brought the change."""
    change = scenario.apply(site)
    command = contestant.command(site.info, folder, scenario)
    variables = contestant.variables(site.info, folder)
    published = contestant.published(folder) if change.summaries else None
    site.take_counts()
    with PublishedValues(published) if published else nullcontext() as values:
        if values:
            values.expect(change.summaries)
        usage = run_measured(command, folder, variables)
    counts = site.take_counts()
    contestant.check(site.info, folder, change, usage)
    sample = Sample(
        contestant=contestant.name,
        scenario=scenario.name,
        run=run,
        wall=usage.wall,
        step=contestant.own_seconds(usage, folder, counts["first_at"]),
        readable=max(values.seen.values()) - usage.started_at if values else None,
        cpu=usage.cpu,
        cpu_after=usage.cpu_after,
        peak_mib=usage.peak_mib,
        requests=counts["requests"],
        points=counts["points"],
        in_flight=counts["in_flight"],
    )
    print(sample, file=sys.stderr)
    return sample


if __name__ == "__main__":
    main()
