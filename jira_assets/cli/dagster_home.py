"""Where Dagster keeps what it knows: in the home, so that the UI shows what commands ran."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from jira_assets.settings import Settings
from jira_assets.warehouse.files import write_atomically


def use_dagster_home(settings: Settings) -> Path:
    """Point DAGSTER_HOME into the home and put the packaged dagster.yaml there, unless there is one.

    With DAGSTER_PG_URL set, that is the one for PostgreSQL.
    """
    folder = settings.dagster_dir
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "dagster.yaml"
    if not configuration.exists():
        packaged = files("jira_assets") / _packaged_name()
        write_atomically(configuration, packaged.read_bytes())
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ["JIRA_ASSETS_HOME"] = str(settings.home)
    return folder


def _packaged_name() -> str:
    return "dagster.postgres.yaml" if os.environ.get("DAGSTER_PG_URL") else "dagster.yaml"


def create_storage() -> None:
    """Create Dagster's databases: processes that do it at the same time trip over each other."""
    import dagster as dg  # late: it takes longer to import than most commands to run

    with dg.DagsterInstance.get() as instance:
        # Each is created by whoever first asks for it.
        _ = (instance.run_storage, instance.event_log_storage, instance.schedule_storage)
