"""`jira-assets demo`: a whole Jira site to try everything on, in a home of its own."""

from __future__ import annotations

import hashlib
import os
import shlex
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import click

from jira_assets.cli.commands.demo_site import served_site
from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.output import write_table
from jira_assets.cli.wiring import open_client, open_state, open_warehouse
from jira_assets.demo.generate.setup import ACTIVE_STATUSES, BLOCKED_STATUSES
from jira_assets.errors import InputError
from jira_assets.settings.load import Settings, load_settings

DEMO_HOMES = Path("~/.jira-assets-demo")

QUERIES = {
    "Open work by project": """
select
    project_key,
    count(*) filter (status_category = 'new') as to_do,
    count(*) filter (status_category = 'indeterminate') as in_progress,
    count(*) filter (status_category = 'done') as done,
    sum(story_points) filter (status_category <> 'done') as open_points
from jira_issues
group by project_key
order by project_key""",
    "Hours from creation to resolution": """
select
    issue_type,
    count(*) as resolved,
    round(median(cycle_time_hours), 1) as median_hours,
    round(quantile_cont(cycle_time_hours, 0.85), 1) as p85_hours
from jira_issues
where resolved_at is not null
group by issue_type
order by resolved desc""",
    "Accounts without a team member": """
select
    display_name,
    any_value(reason) as reason,
    sum(issues_assigned) as assigned,
    sum(issues_reported) as reported
from jira_unmatched_users
group by account_id, display_name
order by assigned + reported desc
limit 5""",
}


@dataclass(frozen=True)
class DemoChoice:
    """Which site to serve; the same choice finds its home again."""

    load: tuple[Path, ...]
    seed: int
    projects: int
    issues: int

    @property
    def name(self) -> str:
        """Name the home of this choice."""
        text = repr(([str(path.resolve()) for path in self.load], self.seed, self.projects, self.issues))
        return hashlib.sha256(text.encode()).hexdigest()[:8]


@click.command()
@click.option(
    "--once", is_flag=True, help="Sync, show the results, and stop. Without it the site keeps running."
)
@click.option(
    "--load",
    multiple=True,
    metavar="PATH",
    type=click.Path(exists=True, path_type=Path),
    help="Serve the issues of this file or folder (one JSON issue per line). May be repeated.",
)
@click.option(
    "--seed",
    default=1,
    metavar="N",
    show_default=True,
    help="Seed of the generator. The same seed generates the same site.",
)
@click.option(
    "--projects",
    type=click.IntRange(min=1),
    metavar="N",
    default=4,
    show_default=True,
    help="Number of projects to generate.",
)
@click.option(
    "--issues",
    type=click.IntRange(min=0),
    metavar="N",
    default=2000,
    show_default=True,
    help="Number of issues to generate in total.",
)
@click.option(
    "--changes-a-minute",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="N",
    help="Number of changes per minute on the site, to demonstrate incremental syncs.",
)
@pass_invocation
def demo(
    invocation: Invocation,
    once: bool,
    load: tuple[Path, ...],
    seed: int,
    projects: int,
    issues: int,
    changes_a_minute: float,
) -> None:
    """Sync a demo Jira site into DuckDB. All features work as with a real site.

    The site runs in a separate process and answers over HTTP. Its home is ~/.jira-assets-demo/… unless
    --home selects another one; your own home is not used. If you run the command again, it syncs the same
    site again and fetches only the changes.
    """
    choice = DemoChoice(load, seed, projects, issues)
    home = (invocation.home or DEMO_HOMES / choice.name).expanduser().absolute()
    _refuse_connected(home)
    home.mkdir(parents=True, exist_ok=True)
    options = [*_options(choice, home), "--quiet", "--changes-a-minute", str(changes_a_minute)]
    with served_site(options) as connection:
        os.environ.update(connection, JIRA_ASSETS_HOME=str(home))
        settings = load_settings({"home": str(home)}, dotenv=None)
        if not load:
            settings = _set_statuses(settings)
        _track_everything(settings)
        _import_team(settings, home / "team.csv")
        _sync(invocation, settings)
        if invocation.verbosity >= 0:
            _show_queries(settings)
        _say_how_to_go_on(invocation, settings, connection, once=once)
        if not once:
            _wait_for_interrupt(invocation)


def _refuse_connected(home: Path) -> None:
    """Refuse a home with a stored credential: it belongs to a Jira site of its owner."""
    settings = load_settings({"home": str(home)}, environ={}, dotenv=None, stored={})
    if not settings.state_path.exists():
        return
    with open_state(settings) as state:
        if state.credentials.current() is not None:
            raise InputError(
                f"{home} is connected to {state.credentials.site().url}: the demo site's projects would be "
                "tracked in it.",
                "Select an empty folder with --home, or leave --home out.",
            )


def _options(choice: DemoChoice, home: Path) -> list[str]:
    """Describe the site so that every start serves the same one."""
    options = [
        "--seed",
        str(choice.seed),
        "--now-ms",
        str(_born(home)),
        "--team-file",
        str(home / "team.csv"),
        "--diary",
        str(home / "diary"),
    ]
    if choice.load:
        return [*options, *(part for path in choice.load for part in ("--load", str(path.resolve())))]
    return [*options, "--projects", str(choice.projects), "--issues", str(choice.issues)]


def _born(home: Path) -> int:
    """Return when this demo was first started: what is generated depends on it."""
    note = home / "born"
    if not note.exists():
        note.write_text(str(int(time.time() * 1000)), encoding="utf-8")
    return int(note.read_text(encoding="utf-8"))


def _set_statuses(settings: Settings) -> Settings:
    """Choose the statuses of a generated site that count as work, and as blocked, unless some are set."""
    for name, statuses in (("active_statuses", ACTIVE_STATUSES), ("blocked_statuses", BLOCKED_STATUSES)):
        if settings.source(name) == "default":
            with open_state(settings) as state:
                state.settings.set(name, ", ".join(statuses))
    return load_settings({"home": str(settings.home)}, dotenv=None)


def _track_everything(settings: Settings) -> None:
    from jira_assets.state import ProjectRef

    with open_state(settings) as state:
        projects = open_client(settings, state).fetch_projects()
        state.projects.track(ProjectRef(project.id, project.key, project.name) for project in projects)


def _import_team(settings: Settings, path: Path) -> None:
    from jira_assets.external.team import read_members

    if path.exists():
        with open_state(settings) as state:
            state.team.replace(read_members(str(path)))


def _sync(invocation: Invocation, settings: Settings) -> None:
    from jira_assets.cli.commands.sync import choose_report, write_outcomes
    from jira_assets.cli.sync_run import run_sync

    invocation.say(f"Syncing the demo site at {settings.jira_site_url} into {settings.home}")
    with choose_report(invocation) as report:
        result = run_sync(settings, report, [])
    if invocation.verbosity >= 0:
        write_outcomes(result)
    if result.failures:
        sys.exit(1)


def _show_queries(settings: Settings) -> None:
    with open_warehouse(settings) as warehouse:
        for title, query in QUERIES.items():
            found = warehouse.execute(query)
            columns = [column[0] for column in found.description or ()]
            click.echo(f"\n{title}")
            write_table(columns, found.fetchall())


def _say_how_to_go_on(
    invocation: Invocation, settings: Settings, connection: dict[str, str], *, once: bool
) -> None:
    program = Path(sys.argv[0])
    command = f"{_beside(program, 'jira-assets')} --home {shlex.quote(str(settings.home))}"
    elsewhere = "" if once else ", in another terminal"
    lines = [
        "",
        f"The tables are in {settings.warehouse_file}. Query them:",
        f'  {command} sql "select * from jira_issues limit 5"',
        "",
        f"Open the run and the lineage in Dagster, at /dagster of the page{elsewhere}:",
        *(f"  export {name}={shlex.quote(value)}" for name, value in ({} if once else connection).items()),
        f"  {command} up",
    ]
    if not once:
        lines += ["", f"The demo site keeps running at {settings.jira_site_url}. Press Ctrl-C to stop it."]
    lines += ["", f"Open the page with the charts{elsewhere}:", f"  {command} web --open"]
    for line in lines:
        invocation.say(line)


def _beside(program: Path, name: str) -> str:
    """Find a program that was installed together with this one."""
    found = program.parent / name
    return shlex.quote(str(found)) if found.exists() else name


def _wait_for_interrupt(invocation: Invocation) -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        invocation.say("Stopped.")
