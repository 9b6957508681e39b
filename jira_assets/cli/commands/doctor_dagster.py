"""Check that Dagster's home is ours, and whether something runs that syncs by itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from jira_assets.cli.check_results import Finding, bad, doubtful, good
from jira_assets.cli.dagster_home import REMEDY, damaged_databases
from jira_assets.settings.load import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

_START = "jira-assets up"


def check_dagster(settings: Settings) -> Iterator[Finding]:
    """Look at DAGSTER_HOME, the daemon's heartbeat, and what is switched on."""
    chosen, ours = os.environ.get("DAGSTER_HOME"), settings.dagster_dir
    if chosen and Path(chosen).resolve() != ours.resolve():
        yield doubtful(
            "dagster",
            f"DAGSTER_HOME is {chosen}, but `sync` and `up` store their runs in {ours}.",
            f"export DAGSTER_HOME={ours}",
        )
    if not (ours / "dagster.yaml").exists():
        yield doubtful("dagster", f"{ours} has not been used yet", _START)
        return
    damaged = damaged_databases(ours)
    for path, why in damaged.items():
        yield bad("dagster", f"{path} is damaged: {why}", REMEDY)
    if damaged:
        return
    import dagster as dg  # late: it takes longer to import than most commands to run

    with dg.DagsterInstance.from_config(str(ours)) as instance:
        yield good("dagster", f"{ours} opens, Dagster {dg.__version__}")
        yield _heartbeat(instance)
        yield _switched_on(instance)


def _heartbeat(instance: DagsterInstance) -> Finding:
    statuses = instance.get_daemon_statuses().values()
    if not any(status.last_heartbeat for status in statuses):
        return doubtful("daemon", "has never run: automatic syncs are off", _START)
    silent = sorted(status.daemon_type for status in statuses if status.required and not status.healthy)
    if silent:
        return bad("daemon", f"is not running ({', '.join(silent).lower()}): automatic syncs are off", _START)
    return good("daemon", "runs")


def _switched_on(instance: DagsterInstance) -> Finding:
    on = [state.instigator_name for state in instance.all_instigator_state() if state.is_running]
    if not on:
        return doubtful(
            "sensors",
            "none was switched on or off by hand; those that are on by default run with the daemon",
            "See Automation in Dagster's UI.",
        )
    return good("sensors", f"on: {', '.join(sorted(on))}")
