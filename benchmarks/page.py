"""Measure the page on a large site: how soon its charts can be seen, and how much memory its process takes.

`python -m benchmarks.page --write`. The lake is generated, without a site: 200,000 issues in 20 projects.
The page is served by a process of its own; Chromium looks at it on the same two processors.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import requests
from playwright.sync_api import Browser, BrowserContext, Page

from benchmarks.lake import write_lake
from benchmarks.metrics import derive_all, publish_lake
from benchmarks.results import command_line, describe_machine, write_into
from jira_assets.lake.lake import Lake
from jira_assets.state import State
from jira_assets.web.queries.panels import PANELS
from jira_assets_tests.web.browser import chromium

FLOW = "/flow?project=P105&weeks=52"
EVERYTHING = "/flow?project=*&weeks=0"
WATCH = """
window.drawnAt = {};
new MutationObserver(() => {
  for (const panel of document.querySelectorAll("[data-drawn]")) {
    const name = panel.dataset.panel;
    if (name in drawnAt) continue;
    drawnAt[name] = 0;
    requestAnimationFrame(() => requestAnimationFrame(() => { drawnAt[name] = performance.now(); }));
  }
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-drawn"], childList: true });
"""
IN_VIEW = """
() => {
  const seen = [...document.querySelectorAll("[data-panel]")].filter(
    (panel) => panel.getBoundingClientRect().top < innerHeight
  );
  const times = seen.map((panel) => drawnAt[panel.dataset.panel]);
  return times.every(Boolean) ? [Math.min(...times), Math.max(...times)] : null;
}
"""


@dataclass(frozen=True, slots=True)
class Look:
    """Milliseconds until the first chart was seen, and until all that fit on the screen were."""

    first: float
    all: float


def main(given: Sequence[str] | None = None) -> None:
    """Measure, print, and with --write keep the table."""
    arguments = parse(given)
    with tempfile.TemporaryDirectory() as folder:
        text = measure(arguments.home or Path(folder), arguments)
    text = f"`{command_line('benchmarks.page', given)}`\n\n{describe_machine()}.\n\n{text}"
    print(text)
    if arguments.write:
        write_into("page", text)


def parse(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--projects", type=int, default=20)
    parser.add_argument("--issues", type=int, default=10_000, help="in each project")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--home", type=Path, help="keep lake and warehouse here, and use what is there")
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    return parser.parse_args(given)


def measure(home: Path, arguments: argparse.Namespace) -> str:
    """Serve a large site and look at it."""
    make_home(home, arguments.projects, arguments.issues)
    fresh, again, everything, served = [], [], [], []
    for _ in range(arguments.runs):
        with page_process(home) as page, chromium() as browser:
            with person(browser) as context:
                fresh.append(look(context, page.address + FLOW))
                again.append(look(context, page.address + FLOW))
                everything.append(look(context, page.address + EVERYTHING))
            use_everything(page.address)
            served.append(page.peak_mib())
    rows = [
        ("first look: the process has just started, the browser knows nothing", fresh),
        ("another look", again),
        ("all projects, all time", everything),
    ]
    lines = [
        f"| {name} | {middle(each.first for each in looks)} | {middle(each.all for each in looks)} |"
        for name, looks in rows
    ]
    return (
        f"{arguments.projects * arguments.issues:,} issues of {arguments.projects} projects; "
        f"medians of {arguments.runs} runs, from the click to the painted chart.\n\n"
        "| | first chart | all in view |\n| --- | ---: | ---: |\n" + "\n".join(lines) + "\n\n"
        f"The page's process took at most {max(served):.0f} MiB: "
        "every page, panel and CSV was requested, four at a time."
    )


def middle(times: Iterable[float]) -> str:
    """Show the median of some milliseconds."""
    return f"{median(times) / 1000:.2f} s"


def make_home(home: Path, projects: int, issues: int) -> None:
    """Generate, derive and publish a site, unless it is there."""
    lake = Lake(home / "lake", memory_limit="1GB")
    if lake.manifests():
        return
    with closing(lake):
        write_lake(lake, projects, issues)
    derive_all(lake)
    publish_lake(lake, home, force=True)
    with State.open(f"sqlite:///{home / 'state.db'}"):
        pass  # created: the page is there to read it


@dataclass(frozen=True, slots=True)
class PageProcess:
    """The page, served by a process of its own."""

    address: str
    pid: int

    def peak_mib(self) -> float:
        """Read the most memory that it ever had."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@contextmanager
def page_process(home: Path) -> Iterator[PageProcess]:
    """Start `jira-assets web` and stop it."""
    environment = {**os.environ, "JIRA_ASSETS_HOME": str(home)}
    command = [str(Path(sys.executable).parent / "jira-assets"), "web", "--port", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None  # noqa: S101  # it was asked for above
        address = process.stderr.readline().split()[4].rstrip("./")
        try:
            yield PageProcess(address, process.pid)
        finally:
            process.send_signal(signal.SIGINT)


@contextmanager
def person(browser: Browser) -> Iterator[BrowserContext]:
    """Come with a browser that has never been here."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    context.add_init_script(WATCH)
    yield context
    context.close()


def look(context: BrowserContext, address: str) -> Look:
    """Open a page and wait for what can be seen of it without scrolling."""
    page: Page = context.new_page()
    page.goto(address, wait_until="commit")
    page.wait_for_function("() => document.querySelector('[data-panel]')")
    found = page.wait_for_function(IN_VIEW, timeout=30_000).json_value()
    page.close()
    return Look(*found)


def use_everything(address: str) -> None:
    """Ask for every page, panel and download, as several people at once would."""
    paths = ["/", "/projects", "/people", "/people.csv"]
    for query in ("project=P103&weeks=26", "project=*&weeks=0", "project=P107&type=Story&weeks=52"):
        paths.append(f"/flow?{query}")
        paths += [f"/flow/{name}.{kind}?{query}" for name in PANELS for kind in ("json", "csv")]
    with ThreadPoolExecutor(4) as several:
        for answer in several.map(lambda path: requests.get(address + path, timeout=60), paths):
            answer.raise_for_status()


if __name__ == "__main__":
    main()
