"""What targets publish, and a schema of its own for each test on the one PostgreSQL server of all tests."""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy.engine import make_url

from jira_assets.warehouse.metric_settings import MetricSettings
from jira_assets.warehouse.targets.postgres.target import PostgresTarget
from jira_assets_tests.few_tables import few_tables
from jira_assets_tests.lake_fixture import LakeFixture, at, seen
from jira_assets_tests.warehouse.targets.database import Database, Reader, connected
from jira_assets_tests.warehouse.test_incremental_build import METRICS, PROJECTS, Site

Files = dict[str, Path]
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory, engine: duckdb.DuckDBPyConnection) -> Files:
    """Publish a history of two projects once, and keep the file of each publish by a name."""
    folder = tmp_path_factory.mktemp("publishes")
    bench = LakeFixture(folder, engine)
    kept: Files = {}

    def publish(name: str, *tracked: str, **given: Any) -> None:
        bench.publish(*tracked or ("10", "11"), **given)
        kept[name] = folder / name / "jira.duckdb"
        kept[name].parent.mkdir()
        shutil.copy(bench.warehouse_dir / "jira.duckdb", kept[name])

    with few_tables(described=True):
        for project in ("10", "11"):
            issues = [
                seen(f"{project}{n}", {"customfield_8": "x", "summary": "S"}, project=project) for n in (1, 2)
            ]
            bench.land_and_derive(*issues, project=project)
        publish("first")
        bench.land_and_derive(seen("101", {"summary": "T"}, updated=at(1)), asked_at=at(1))
        publish("changed")
        bench.land_and_derive(seen("101", {"summary": "U"}, updated=at(2)), asked_at=at(2))
        publish("changed again")
        bench.land_and_derive(
            seen("101", {"summary": "U"}, project="11", updated=at(3)), project="11", asked_at=at(3)
        )
        gone = seen("101", kind="moved", payload=b'{"key": "P11-101", "project_id": "11"}')
        bench.land_and_derive(gone, asked_at=at(3))
        publish("moved")
        publish("untracked", "11")
        bench.land_and_derive(seen("103", {"customfield_7": "x"}), asked_at=at(4))
        publish("another column", extra_fields=["customfield_7"])
    return kept


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory, engine: duckdb.DuckDBPyConnection) -> list[Path]:
    """Publish all tables of a history twice, and keep both files."""
    folder = tmp_path_factory.mktemp("history")
    bench = LakeFixture(folder, engine)
    site, kept = Site(bench, 3), []
    for projects, day in ((PROJECTS, METRICS), (PROJECTS[:2], MetricSettings("UTC", date(2026, 2, 9)))):
        published = bench.publish(*projects, metrics=day)
        assert published is not None
        kept.append(folder / published.file.parent.name / "jira.duckdb")
        kept[-1].parent.mkdir()
        shutil.copy(published.file, kept[-1])
        for _ in range(6):
            site.happen()
    return kept


@pytest.fixture
def database(postgres_server: str) -> Iterator[Database]:
    """Offer an empty schema."""
    url = make_url(postgres_server)
    with connected(url) as owner:
        target = PostgresTarget(url, f"target_{next(_NUMBERS)}")
        yield Database(target, owner)
        owner.run(f"drop schema if exists {target.schema} cascade")


@pytest.fixture
def reader_of(database: Database) -> Iterator[Callable[..., Reader]]:
    """Connect as a role, by default the owner."""
    with ExitStack() as stack:

        def connect(role: str | None = None) -> Reader:
            url = database.target.url.set(username=role) if role else database.target.url
            return stack.enter_context(connected(url))

        yield connect


def random_history(folder: Path, engine: duckdb.DuckDBPyConnection, seed: int) -> Iterator[Path]:
    """Publish a site day after day, with other projects, columns and dates; yield each file."""
    bench = LakeFixture(folder, engine)
    site, dice = Site(bench, seed), random.Random(seed)
    for day in range(8):
        tracked = dice.sample(PROJECTS, dice.choice([2, 3, 3]))
        extra = dice.choice([[], [], ["customfield_16"]])
        metrics = MetricSettings("UTC", date(2026, 2, 8 + day // 3))
        bench.publish(*tracked, metrics=metrics, extra_fields=extra)
        yield bench.warehouse_dir / "jira.duckdb"
        for _ in range(4):
            site.happen()
