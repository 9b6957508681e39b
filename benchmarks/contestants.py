"""Who reads the site: how each is started, what it stored, and how long its own part took."""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from benchmarks.measure import Change, SiteInfo, Usage, run_measured
from benchmarks.scenarios import SCENARIOS, Scenario

HERE = Path(__file__).parent
OPPONENTS_PYTHON = HERE.parent / ".venv-benchmarks" / "bin" / "python"


class WrongResult(Exception):
    """A contestant did not bring what is on the site: its figures mean nothing."""


class Contestant(ABC):
    """A way to read a site."""

    name: str
    scenarios: Collection[str] = SCENARIOS
    """Those that it can take part in."""

    @abstractmethod
    def command(self, site: SiteInfo, folder: Path, scenario: Scenario) -> list[str]:
        """Return the command of one sync."""

    @abstractmethod
    def own_seconds(self, usage: Usage, folder: Path, first_request_at: float) -> float:
        """Return the seconds of the last sync without starting up and importing."""

    @abstractmethod
    def check(self, site: SiteInfo, folder: Path, change: Change, usage: Usage) -> None:
        """Raise WrongResult unless the last sync brought every issue of the site, and the change to it."""

    def variables(self, site: SiteInfo, folder: Path) -> dict[str, str]:
        """Return the environment of the command."""
        return {}

    def prepare(self, site: SiteInfo, folder: Path) -> None:  # noqa: B027  # most need nothing
        """Do what is done once, before the first sync."""

    def published(self, folder: Path) -> Path | None:
        """Return the file that can be read during a sync, if there is one."""
        return None


class Storing(Contestant):
    """One that stores the issues in DuckDB."""

    database: str
    issues: str
    """A query for the id and the summary of each issue."""

    def check(self, site: SiteInfo, folder: Path, change: Change, usage: Usage) -> None:
        """Look into the database."""
        with duckdb.connect(str(folder / self.database), read_only=True) as database:
            stored: dict[str, str] = dict(database.execute(self.issues).fetchall())
        if len(stored) != site.issues:
            raise WrongResult(f"{self.name} stored {len(stored)} of {site.issues} issues.")
        if not change.summaries.items() <= stored.items():
            raise WrongResult(f"{self.name} did not store the changed summaries.")
        if not stored.keys().isdisjoint(change.deleted):
            raise WrongResult(f"{self.name} still has the deleted issues.")


class JiraAssets(Storing):
    """This project: `jira-assets sync`, with a home of its own."""

    name = "jira_assets"
    database = "home/warehouse/jira.duckdb"
    issues = "select jira_id, summary from jira_issues"

    def command(self, site: SiteInfo, folder: Path, scenario: Scenario) -> list[str]:
        """Return the command of one sync; deletions are seen by proofs."""
        return [self._program(), "reconcile" if scenario.deleted else "sync"]

    def variables(self, site: SiteInfo, folder: Path) -> dict[str, str]:
        """Return the settings of the sync."""
        return {
            "JIRA_ASSETS_HOME": str(folder / "home"),
            "JIRA_SITE_URL": site.url,
            "JIRA_EMAIL": site.email,
            "JIRA_API_TOKEN": site.token,
        }

    def prepare(self, site: SiteInfo, folder: Path) -> None:
        """Track every project."""
        run_measured([self._program(), "projects", "track", "--all"], folder, self.variables(site, folder))

    def services(self, port: int) -> list[str]:
        """Return the command that keeps the home fresh."""
        return [self._program(), "up", "--port", str(port)]

    def own_seconds(self, usage: Usage, folder: Path, first_request_at: float) -> float:
        """Return the seconds from the first request to the end of the process."""
        return usage.ended_at - first_request_at

    def published(self, folder: Path) -> Path:
        """Return the link to the warehouse."""
        return folder / self.database

    def _program(self) -> str:
        return str(Path(sys.executable).parent / "jira-assets")


@dataclass
class Script(Contestant):
    """A script in `opponents/`, run with the opponents' Python; its last line is JSON."""

    name: str
    script: str
    flags: tuple[str, ...] = ()
    scenarios: Collection[str] = field(default_factory=lambda: SCENARIOS)

    def command(self, site: SiteInfo, folder: Path, scenario: Scenario) -> list[str]:
        """Return the command of one sync."""
        where = ["--url", site.url, "--projects", ",".join(site.projects), "--folder", str(folder)]
        who = ["--email", site.email, "--token", site.token]
        return [str(OPPONENTS_PYTHON), str(HERE / "opponents" / self.script), *where, *who, *self.flags]

    def variables(self, site: SiteInfo, folder: Path) -> dict[str, str]:
        """Return the environment: nothing may phone home while it is measured."""
        return {"RUNTIME__DLTHUB_TELEMETRY": "false"}

    def own_seconds(self, usage: Usage, folder: Path, first_request_at: float) -> float:
        """Return what the script says of its own part."""
        return float(_last_line(usage)["seconds"])

    def check(self, site: SiteInfo, folder: Path, change: Change, usage: Usage) -> None:
        """Believe what the script says that it read."""
        read = _last_line(usage)["issues"]
        if read != site.issues:
            raise WrongResult(f"{self.name} read {read} of {site.issues} issues.")


@dataclass
class StoringScript(Storing, Script):
    """A script that stores the issues."""

    issues: str = ""
    deletion: str = ""
    """The flag with which it sees deletions."""
    database: str = "jira.duckdb"

    def command(self, site: SiteInfo, folder: Path, scenario: Scenario) -> list[str]:
        """Return the command of one sync."""
        command = super().command(site, folder, scenario)
        return [*command, self.deletion] if scenario.deleted else command


def _last_line(usage: Usage) -> Mapping[str, float]:
    line: dict[str, float] = json.loads(usage.output.splitlines()[-1])
    return line


IN_DLT = "select id, fields->>'summary' from site.issues"
IN_JIRA_PYTHON = "select jira_id, summary from jira_issues"
CONTESTANTS: dict[str, Contestant] = {
    each.name: each
    for each in (
        JiraAssets(),
        Script("bare", "bare.py", scenarios=("first",)),
        *(
            StoringScript(name, "dlt_rest_api.py", flags, issues=IN_DLT, deletion="--replace")
            for name, flags in (("dlt", ()), ("dlt-parallel", ("--parallel",)))
        ),
        *(
            StoringScript(name, "jira_python.py", flags, issues=IN_JIRA_PYTHON, deletion="--deletions")
            for name, flags in (("jira-python", ()), ("jira-python-pages", ("--pages",)))
        ),
    )
}
