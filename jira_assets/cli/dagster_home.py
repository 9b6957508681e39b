"""Where Dagster keeps what it knows: in the home, so that the UI shows what commands ran."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from importlib.resources import files
from pathlib import Path

from jira_assets.errors import DamagedFile
from jira_assets.lake.files import write_atomically
from jira_assets.lake.locks import lock_held
from jira_assets.settings.load import Settings
from jira_assets.state.stored_settings import is_damage

REMEDY = (
    "Stop `jira-assets up`, then move the file to another folder, with those of the same name that end with "
    "-wal and -shm: Dagster begins a new one. It holds the history of runs, and nothing of the tables."
)


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


def damaged_databases(folder: Path) -> dict[Path, str]:
    """Find the SQLite files of Dagster that are not whole, each with what SQLite says of it."""
    files = sorted(path for path in folder.rglob("*.db") if path.stat().st_size)
    return {file: why for file in files if (why := _damage(file)) is not None}


def raise_if_damaged(folder: Path) -> None:
    """Raise `DamagedFile` when a database of Dagster is damaged."""
    for path, why in damaged_databases(folder).items():
        raise DamagedFile(f"Dagster's database {path} is damaged: {why}.", REMEDY)


@contextmanager
def damage_errors() -> Iterator[None]:
    """Raise `DamagedFile` where the block fails because of a damaged database of Dagster."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError:
        raise_if_damaged(Path(os.environ["DAGSTER_HOME"]))
        raise


def _damage(file: Path) -> str | None:
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            (verdict,) = connection.execute("pragma quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error) if is_damage(error) else None
    return None if verdict == "ok" else str(verdict)


def one_at_a_time(folder: Path, purpose: str) -> AbstractContextManager[None]:
    """Hold Dagster's folder for the block, as everything does that may create its databases."""
    return lock_held(folder / ".recording.lock", purpose)


def create_storage() -> None:
    """Create Dagster's databases: processes that do it at the same time trip over each other."""
    import dagster as dg  # late: it takes longer to import than most commands to run

    with (
        one_at_a_time(Path(os.environ["DAGSTER_HOME"]), "creating Dagster's databases"),
        damage_errors(),
        dg.DagsterInstance.get() as instance,
    ):
        # Each is created when it is first needed.
        _ = (instance.run_storage, instance.event_log_storage, instance.schedule_storage)
