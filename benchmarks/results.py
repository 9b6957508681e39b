"""What was measured, and the tables that show it."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.measure import SiteInfo
from benchmarks.scenarios import SCENARIOS, Scenario

OURS = "jira_assets"
HEADER = [
    "",
    "seconds",
    "times ours",
    "seconds of the sync itself",
    "times ours",
    "CPU seconds",
    "afterwards",
    "peak MiB",
    "requests",
    "points",
    "in flight",
]
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured sync; `readable` are the seconds until the changes could be read, if that was watched."""

    contestant: str
    scenario: str
    run: int
    wall: float
    step: float
    readable: float | None
    cpu: float
    cpu_after: float
    peak_mib: float
    requests: int
    points: int
    in_flight: int


def render(site: SiteInfo, latency_ms: float, samples: Sequence[Sample]) -> str:
    """Write the tables of one site as Markdown: medians, and ratios within one run."""
    runs = len({sample.run for sample in samples})
    heading = (
        f"## {site.issues:,} issues in {counted(len(site.projects), 'project')}\n\n"
        f"{site.issue_bytes / 1000:.1f} kB an issue and {site.changelog_bytes / 1000:.1f} kB of changelog, "
        f"{latency_ms:g} ms an answer; "
        f"medians of {counted(runs, 'interleaved run')}."
    )
    measured = {each: [sample for sample in samples if sample.scenario == each] for each in SCENARIOS}
    tables = [_section(SCENARIOS[name], some) for name, some in measured.items() if some]
    return "\n\n".join([heading, *tables])


def counted(number: int, thing: str) -> str:
    """Write a number of things."""
    return f"{number:,} {thing}{'s' if number != 1 else ''}"


def _section(scenario: Scenario, samples: Sequence[Sample]) -> str:
    parts = [f"### {scenario.title}", table(samples)]
    seen = [each.readable for each in samples if each.readable is not None]
    if seen:
        what = "The new value" if scenario.changed == 1 else "The last of the new values"
        parts.append(
            f"{what} could be read in the published file {median(seen):.1f} s after the start of "
            f"`jira-assets sync` ({min(seen):.1f}-{max(seen):.1f})."
        )
    return "\n\n".join(parts)


def table(samples: Sequence[Sample]) -> str:
    """Write one table of one kind of sync."""
    names = list(dict.fromkeys(sample.contestant for sample in samples))
    lines = [HEADER, ["---", *["---:"] * (len(HEADER) - 1)]]
    lines += [_row(name, [each for each in samples if each.contestant == name], samples) for name in names]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(name: str, mine: Sequence[Sample], samples: Sequence[Sample]) -> list[str]:
    ours = {each.run: each for each in samples if each.contestant == OURS}
    pairs = [(each, ours[each.run]) for each in mine if each.run in ours]
    return [
        name,
        f"{median(each.wall for each in mine):.1f}",
        _times(each.wall / our.wall for each, our in pairs),
        f"{median(each.step for each in mine):.1f}",
        _times(each.step / our.step for each, our in pairs),
        f"{median(each.cpu for each in mine):.1f}",
        f"{median(each.cpu_after for each in mine):.1f}",
        f"{median(each.peak_mib for each in mine):.0f}",
        f"{median(each.requests for each in mine):.0f}",
        f"{median(each.points for each in mine):.0f}",
        f"{max(each.in_flight for each in mine)}",
    ]


def _times(ratios: Iterable[float]) -> str:
    """Show the median of the ratios and, in brackets, their range."""
    known = sorted(ratios)
    if not known:
        return ""
    spread = f" ({known[0]:.1f}-{known[-1]:.1f})" if len(known) > 1 else ""
    return f"{median(known):.1f}{spread}"


def describe_machine() -> str:
    """Say in neutral words what it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, DuckDB {version('duckdb')}, Dagster {version('dagster')}"
    )


def command_line(module: str, given: Sequence[str] | None) -> str:
    """Name the command that gave the figures; without arguments of a caller, those of this process."""
    return shlex.join(["python", "-m", module, *(sys.argv[1:] if given is None else given)])


def write_into(mark: str, text: str) -> None:
    """Replace what stands between the markers of this name in the page of figures, or add it at the end."""
    begin, end = f"<!-- begin: {mark} -->", f"<!-- end: {mark} -->"
    page = PAGE.read_text(encoding="utf-8")
    if begin not in page:
        page = f"{page}\n{begin}{end}\n"
    before, _, rest = page.partition(begin)
    PAGE.write_text(f"{before}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}", encoding="utf-8")
