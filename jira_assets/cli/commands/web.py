"""`jira-assets web`: the page on which an admin chooses projects and a team looks at its flow."""

from __future__ import annotations

import webbrowser

import click

from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.dagster_home import use_dagster_home
from jira_assets.cli.port_option import port_option
from jira_assets.settings.load import load_settings
from jira_assets.web import DEFAULT_BIND


@click.command()
@click.option("--bind", default=DEFAULT_BIND, show_default=True, help="Address to listen on.")
@port_option(0, "Port to listen on. 0 selects a free port.")
@click.option("--workspace", metavar="FILE", help="Also serve the UI of this Dagster workspace at /dagster.")
@click.option("--open", "open_browser", is_flag=True, help="Open the page in the browser.")
@pass_invocation
def web(invocation: Invocation, bind: str, port: int, workspace: str | None, open_browser: bool) -> None:
    """Serve the page: sync, projects, people and flow.

    By default it listens on this machine only. Any other --bind requires JIRA_ASSETS_WEB_TOKEN and
    JIRA_ASSETS_WEB_HOSTS.
    """
    from jira_assets.web.serve import serve  # late: it imports DuckDB, SQLAlchemy and the web server

    home = {"home": str(invocation.home)} if invocation.home else {}

    def tell(address: str) -> None:
        invocation.say(f"The page is at {address}. Press Ctrl-C to stop it.")
        if open_browser:
            webbrowser.open(address)

    if workspace:
        use_dagster_home(invocation.settings)
    serve(lambda: load_settings(home), bind=bind, port=port, workspace=workspace, on_ready=tell)
