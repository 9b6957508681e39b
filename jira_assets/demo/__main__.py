"""Serve a demo site alone: `python -m jira_assets.demo --port 8080 --seed 1 --issues 400`."""

from __future__ import annotations

import csv
import gc
import sys
import threading
import time
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import click

from jira_assets.demo.generate.generate import generate_site, sample_team
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.load.load import load_site
from jira_assets.demo.simulate.life import Life
from jira_assets.demo.simulate.pulse import Diary, Pulse
from jira_assets.demo.site import DemoSite
from jira_assets.errors import InputError


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="The port to listen on; 0 takes a free one."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same site.")
@click.option(
    "--issues", type=click.IntRange(min=0), default=400, show_default=True, help="Issues to generate in all."
)
@click.option(
    "--projects", type=click.IntRange(min=1), default=4, show_default=True, help="Projects to generate."
)
@click.option("--body-bytes", type=int, help="Size of an issue's JSON to aim at.")
@click.option(
    "--load",
    "paths",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Serve the real issues of this file or folder instead; may be given several times.",
)
@click.option("--latency-ms", type=float, default=0.0, help="Milliseconds that each answer takes.")
@click.option("--now-ms", type=int, help="When the generated site is of today, in epoch milliseconds.")
@click.option(
    "--team-file",
    type=click.Path(path_type=Path),
    help="Write the team of the generated site there, as CSV, unless the file is there already.",
)
@click.option(
    "--changes-a-minute",
    type=click.FloatRange(min=0),
    default=0.0,
    help="How often the site changes by itself: edits, transitions, new issues, now and then a deletion.",
)
@click.option(
    "--most-lag",
    type=click.FloatRange(min=0),
    default=0.0,
    help="Seconds that search may take at most to show such a change; each takes its own time.",
)
@click.option(
    "--diary",
    type=click.Path(path_type=Path),
    help="Keep there when the site changed by itself, and begin by living through it again.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but the variables to connect with.")
@click.option("--stop-with-stdin", is_flag=True, help="Stop when standard input closes.")
@click.option("--warm", is_flag=True, help="Encode every issue before the first request.")
def main(
    port: int,
    seed: int,
    issues: int,
    projects: int,
    body_bytes: int | None,
    paths: tuple[Path, ...],
    latency_ms: float,
    now_ms: int | None,
    team_file: Path | None,
    changes_a_minute: float,
    most_lag: float,
    diary: Path | None,
    quiet: bool,
    stop_with_stdin: bool,
    warm: bool,
) -> None:
    """Serve a Jira Cloud site that lives in this process, until it is interrupted."""
    if paths:
        try:
            data = load_site(paths)
        except InputError as error:
            raise click.ClickException(str(error)) from error
    else:
        born = now_ms or int(time.time() * 1000)
        data = generate_site(seed, projects=projects, issues=issues, now_ms=born, body_bytes=body_bytes)
        if team_file is not None and not team_file.exists():
            _write_team(team_file, sample_team(data))
    site = DemoSite(data, seed=seed)
    pulse = Pulse(
        site,
        Life(site, seed, most_lag=timedelta(seconds=most_lag)),
        changes_a_minute=changes_a_minute,
        diary=Diary(diary),
        tell=(lambda _: None) if quiet else partial(click.echo, err=True),
    )
    relived = pulse.relive()
    with DemoServer(site, port=port, latency_ms=latency_ms) as server, pulse, suppress(KeyboardInterrupt):
        if warm:
            site.warm()
        # What was generated stays: collecting it over and over would slow every answer down.
        gc.freeze()
        lived = f", after {relived} changes of its own" if relived else ""
        _introduce(server)
        if not quiet:
            serving = f"{len(data.issues)} issues of {len(data.projects)} projects{lived}"
            click.echo(f"Serving {serving}; Ctrl-C ends it.", err=True)
        if stop_with_stdin:
            sys.stdin.read()
        else:
            threading.Event().wait()


def _write_team(path: Path, members: list[dict[str, str | None]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(members[0]))
        writer.writeheader()
        writer.writerows(members)


def _introduce(server: DemoServer) -> None:
    """Print how to connect, ready to be put into an environment."""
    account = server.site.accounts.first
    click.echo(f"JIRA_SITE_URL={server.url}")
    click.echo(f"JIRA_EMAIL={account.email}")
    click.echo(f"JIRA_API_TOKEN={account.token}")
    # With OAuth, this site stands in for Atlassian's own addresses as well.
    app = server.site.oauth.app
    click.echo(f"JIRA_API_URL={server.url}")
    click.echo(f"JIRA_AUTH_URL={server.url}")
    click.echo(f"JIRA_CLIENT_ID={app.client_id}")
    click.echo(f"JIRA_CLIENT_SECRET={app.client_secret}")
    _introduce_service_account(server.site)


def _introduce_service_account(site: DemoSite) -> None:
    account = site.add_service_account()
    client = site.oauth.add_client(account)
    click.echo("# A service account, for `connect --service-account`:")
    click.echo(f"# JIRA_CLIENT_ID={client.client_id} JIRA_CLIENT_SECRET={client.client_secret}")
    click.echo(f"# and for `connect --token --service-account`: {account.token}")


if __name__ == "__main__":
    main()
