"""Measure a first full sync and an idle second one as whole processes, ours against other tools.

`python -m benchmarks.full_sync --issues 5000 50000 --runs 3 --write`. The contestants take turns, so that
a machine that gets slower does so for all of them; ratios are taken within one turn.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contestants import CONTESTANTS, HERE, OPPONENTS_PYTHON, Contestant
from benchmarks.measure import SiteProcess, run_measured
from benchmarks.results import SYNCS, Sample, command_line, describe_machine, render, write_into

REQUIREMENTS = HERE / "requirements.txt"
USUAL = ["jira_assets", "dlt", "jira-python"]


class WrongResult(Exception):
    """A contestant did not store every issue of the site: its figures mean nothing."""


def main(given: Sequence[str] | None = None) -> None:
    """Measure, print, and with --write keep the tables."""
    arguments = parse(given)
    if any(name != "jira_assets" for name in arguments.only):
        install_opponents()
    texts = [measure_site(issues, arguments) for issues in arguments.issues]
    command = command_line("benchmarks.full_sync", given)
    text = "\n\n".join([f"`{command}`\n\n{describe_machine()}; the site runs on the same machine.", *texts])
    print(text)
    if arguments.write:
        write_into("measured", text)


def parse(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.full_sync", description=__doc__)
    parser.add_argument("--issues", type=int, nargs="+", default=[5000, 50000])
    parser.add_argument("--latency-ms", type=float, default=150)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(CONTESTANTS), default=USUAL)
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


def measure_site(issues: int, arguments: argparse.Namespace) -> str:
    """Let the contestants take turns on one site; return its tables."""
    samples: list[Sample] = []
    with SiteProcess(issues, arguments.latency_ms) as site, tempfile.TemporaryDirectory() as scratch:
        root = arguments.keep or Path(scratch)
        for run in range(1, arguments.runs + 1):
            for name in arguments.only:
                folder = root / f"{issues}-{run}-{name}"
                folder.mkdir(parents=True)
                samples += measure_turn(CONTESTANTS[name], site, folder, run)
                if arguments.keep is None:
                    shutil.rmtree(folder)
        return render(site.info, arguments.latency_ms, samples)


def measure_turn(contestant: Contestant, site: SiteProcess, folder: Path, run: int) -> list[Sample]:
    """Measure the first sync of a contestant and its idle second one."""
    contestant.prepare(site.info, folder)
    return [measure_sync(contestant, site, folder, run, sync) for sync in SYNCS]


def measure_sync(contestant: Contestant, site: SiteProcess, folder: Path, run: int, sync: str) -> Sample:
    """Measure one sync, and see that every issue is stored after it."""
    site.take_counts()
    usage = run_measured(
        contestant.command(site.info, folder), folder, contestant.variables(site.info, folder)
    )
    counts = site.take_counts()
    stored = contestant.stored_issues(folder)
    if stored != site.info.issues:
        raise WrongResult(f"{contestant.name} stored {stored} of {site.info.issues} issues.")
    sample = Sample(
        contestant=contestant.name,
        sync=sync,
        run=run,
        wall=usage.wall,
        step=contestant.own_seconds(usage, folder, counts["first_at"]),
        cpu=usage.cpu,
        peak_mib=usage.peak_mib,
        requests=counts["requests"],
        in_flight=counts["in_flight"],
    )
    print(sample, file=sys.stderr)
    return sample


if __name__ == "__main__":
    main()
