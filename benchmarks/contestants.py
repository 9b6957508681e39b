"""Who reads the site: how each is started, what it stored, and how long its own part took."""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.measure import SiteInfo, Usage, run_measured

HERE = Path(__file__).parent
OPPONENTS_PYTHON = HERE.parent / ".venv-benchmarks" / "bin" / "python"


class Contestant(ABC):
    """A way to bring a site into DuckDB."""

    name: str
    database: str
    count: str

    @abstractmethod
    def command(self, site: SiteInfo, folder: Path) -> list[str]:
        """Return the command of one sync."""

    @abstractmethod
    def own_seconds(self, usage: Usage, folder: Path, first_request_at: float) -> float:
        """Return the seconds of the last sync without starting up and importing."""

    def variables(self, site: SiteInfo, folder: Path) -> dict[str, str]:
        """Return the environment of the command."""
        return {}

    def prepare(self, site: SiteInfo, folder: Path) -> None:  # noqa: B027  # most need nothing
        """Do what is done once, before the first sync."""

    def stored_issues(self, folder: Path) -> int:
        """Count the issues in the database."""
        with duckdb.connect(str(folder / self.database), read_only=True) as database:
            [(issues,)] = database.execute(self.count).fetchall()
        return int(issues)


class JiraAssets(Contestant):
    """This project: `jira-assets sync`, with a home of its own."""

    name = "jira_assets"
    database = "home/warehouse/jira.duckdb"
    count = "select count(distinct jira_id) from jira_issues"

    def command(self, site: SiteInfo, folder: Path) -> list[str]:
        """Return the command of one sync."""
        return [str(Path(sys.executable).parent / "jira-assets"), "sync"]

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
        command = [self.command(site, folder)[0], "projects", "track", "--all"]
        run_measured(command, folder, self.variables(site, folder))

    def own_seconds(self, usage: Usage, folder: Path, first_request_at: float) -> float:
        """Return the seconds from the first request to the end of the process."""
        return usage.ended_at - first_request_at


@dataclass
class Script(Contestant):
    """A script in `opponents/`, run with the opponents' Python."""

    name: str
    script: str
    count: str
    flags: tuple[str, ...] = ()
    database: str = "jira.duckdb"

    def command(self, site: SiteInfo, folder: Path) -> list[str]:
        """Return the command of one sync."""
        where = ["--url", site.url, "--projects", ",".join(site.projects), "--folder", str(folder)]
        who = ["--email", site.email, "--token", site.token]
        return [str(OPPONENTS_PYTHON), str(HERE / "opponents" / self.script), *where, *who, *self.flags]

    def variables(self, site: SiteInfo, folder: Path) -> dict[str, str]:
        """Return the environment: nothing may phone home while it is measured."""
        return {"RUNTIME__DLTHUB_TELEMETRY": "false"}

    def own_seconds(self, usage: Usage, folder: Path, first_request_at: float) -> float:
        """Return what the script says of its own part."""
        return float(json.loads(usage.output.splitlines()[-1])["seconds"])


IN_DLT = "select count(distinct id) from site.issues"
IN_JIRA_PYTHON = "select count(distinct jira_id) from jira_issues"
CONTESTANTS: dict[str, Contestant] = {
    each.name: each
    for each in (
        JiraAssets(),
        Script("dlt", "dlt_rest_api.py", IN_DLT),
        Script("dlt-parallel", "dlt_rest_api.py", IN_DLT, ("--parallel",)),
        Script("jira-python", "jira_python.py", IN_JIRA_PYTHON),
        Script("jira-python-pages", "jira_python.py", IN_JIRA_PYTHON, ("--pages",)),
    )
}
