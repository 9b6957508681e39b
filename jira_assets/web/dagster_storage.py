"""What Dagster's storage says of its daemon and of the last runs, read without loading Dagster."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from jira_assets.settings.load import Settings

SILENCE = timedelta(minutes=2)
"""The daemon writes twice a minute that it lives."""
RESULT_TAG, CAUSE_TAG = "jira_assets/result", "jira_assets/failures_of"
"""How our runs are tagged: with how many projects failed, and as the failures of another run."""
MOST_RUNS = 5
_JOBS: Mapping[str, str] = {
    "sync_jira": "Sync",
    "reconcile_jira": "Reconcile",
    "refresh_site": "Refresh of the site",
    "compact_lake": "Compaction",
    "publish_warehouse": "Publish",
    "__ASSET_JOB": "Materialization",
}
_UNDER_WAY = ("NOT_STARTED", "QUEUED", "STARTING", "STARTED", "CANCELING")


@dataclass(frozen=True)
class Run:
    """A run of Dagster: what it did, when, and how it ended."""

    run_id: str
    job: str
    status: str
    result: str | None
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def name(self) -> str:
        """What it did, in words."""
        return _JOBS.get(self.job, self.job)

    @property
    def is_under_way(self) -> bool:
        """Whether it has not ended yet."""
        return self.status in _UNDER_WAY

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it is under way."""
        return (
            (self.ended_at - self.started_at).total_seconds() if self.started_at and self.ended_at else None
        )


@dataclass(frozen=True)
class DagsterStatus:
    """Whether the daemon lives (None where it is not known), when it was last seen, and the last runs."""

    is_alive: bool | None = None
    seen_at: datetime | None = None
    runs: Sequence[Run] = ()


def read_dagster_status(settings: Settings, now: datetime) -> DagsterStatus:
    """Read the heartbeat of the sensors' daemon, and the newest runs."""
    url = _storage_url(settings)
    if url is None:  # nothing was ever started here; of another DAGSTER_HOME nothing is known
        return DagsterStatus(is_alive=None if os.environ.get("DAGSTER_HOME") else False)
    engine = create_engine(url)
    try:
        seen_at, runs = _heartbeat(engine), _runs(engine)
    except SQLAlchemyError:  # another storage, or one of another version
        return DagsterStatus()
    finally:
        engine.dispose()
    return DagsterStatus(seen_at is not None and now - seen_at < SILENCE, seen_at, runs)


def _storage_url(settings: Settings) -> str | None:
    if on_postgres := os.environ.get("DAGSTER_PG_URL"):
        return on_postgres
    folder = Path(os.environ.get("DAGSTER_HOME") or settings.dagster_dir)
    file = folder / "history" / "runs.db"
    return f"sqlite:///file:{file}?mode=ro&uri=true" if file.exists() else None


def _heartbeat(engine: Engine) -> datetime | None:
    query = text("select max(timestamp) from daemon_heartbeats where daemon_type = 'SENSOR'")
    with engine.connect() as connection:
        found = connection.execute(query).scalar()
    if isinstance(found, str):
        found = datetime.fromisoformat(found)
    return found.replace(tzinfo=UTC) if isinstance(found, datetime) else None


def _runs(engine: Engine) -> list[Run]:
    query = text(
        "select runs.run_id, pipeline_name, status, start_time, end_time, tags.value from runs "
        "left join run_tags as tags on tags.run_id = runs.run_id and tags.key = :tag "
        # What failed in another run is reported there.
        "where runs.run_id not in (select run_id from run_tags where key = :cause) "
        "order by runs.id desc limit :most"
    )
    with engine.connect() as connection:
        values = {"tag": RESULT_TAG, "cause": CAUSE_TAG, "most": MOST_RUNS}
        found = connection.execute(query, values).all()
    return [
        Run(run_id, job, status, result, _moment(started), _moment(ended))
        for run_id, job, status, started, ended, result in found
    ]


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
