"""docs/targets.md says what is so: every block of it runs as it stands there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dotenv import dotenv_values
from sqlalchemy.engine import make_url

from jira_assets.settings.load import load_settings
from jira_assets.settings.table import SETTINGS
from jira_assets.warehouse.models import models
from jira_assets.warehouse.targets.postgres.target import PostgresTarget
from jira_assets.warehouse.targets.target import open_target
from jira_assets_tests.lake_fixture import LakeFixture, seen
from jira_assets_tests.warehouse.targets.database import Reader, connected
from jira_assets_tests.warehouse.test_clients import CLIENTS, Client, lacking

PAGE = Path(__file__).parents[3] / "docs" / "targets.md"
TEXT = PAGE.read_text(encoding="utf-8")
FOLDER = "s3://acme-lake/jira"
ADDRESS = "postgresql://jira_assets:change-me@db.acme.com/bi"

pytestmark = pytest.mark.few_tables("sprint_velocity", "team_velocity")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def owner(postgres_server: str) -> Iterator[Reader]:
    """Connect as an administrator of an empty database, and create what the page says."""
    server = make_url(postgres_server)
    with connected(server) as admin:
        admin.run("create database bi")
        with connected(server.set(database="bi")) as owner:
            owner.run(blocks("pgsql")[0])
            yield owner
            for role in ("jira_reader", "jira_assets"):
                owner.run(f"drop owned by {role} cascade; drop role {role}")
        admin.run("drop database bi")


def test_the_blocks_of_the_page_run(
    owner: Reader, postgres_server: str, tmp_path: Path, engine: duckdb.DuckDBPyConnection
) -> None:
    server = make_url(postgres_server).set(database="bi")
    here = server.set(username="jira_assets").render_as_string(hide_password=False)
    environ = dict(dotenv_values(stream=StringIO(blocks("sh")[0].replace(ADDRESS, here))))
    values = {name: value or "" for name, value in environ.items()}
    settings = load_settings({"home": str(tmp_path)}, values, dotenv=None, stored={})
    target = open_target(settings.publish[1], settings)
    assert isinstance(target, PostgresTarget)

    bench = LakeFixture(tmp_path, engine)
    bench.land_and_derive(seen("1"))
    published = bench.publish()
    assert published is not None
    target.publish(published.path)

    owner.run("create role ana login; grant jira_reader to ana")
    with connected(server.set(username="ana")) as reader:
        issues, info = blocks("pgsql")[1].split(";")[:2]
        assert len(reader.ask(issues)) == 0
        assert reader.one(info) == published.published_at.replace(tzinfo=None, microsecond=0)
        space: dict[str, Any] = {}
        as_ana = server.set(username="ana").render_as_string(hide_password=False)
        recipe = blocks("python")[0].replace("postgresql+psycopg2://ana:secret@db.acme.com/bi", as_ana)
        exec(recipe, space)  # noqa: S102  # our own documentation
        assert space["published_at"] == f"{published.published_at:%Y-%m-%d %H:%M:%S}"
        space["engine"].dispose()
    owner.run("drop role ana")


@pytest.mark.prove
def test_the_recipes_for_delta_show_the_publish(tmp_path: Path, engine: duckdb.DuckDBPyConnection) -> None:
    python = os.environ.get(CLIENTS) or lacking(f"{CLIENTS} names no Python that has Polars")
    environ = dotenv_values(stream=StringIO(blocks("sh")[1].replace(FOLDER, str(tmp_path / "delta"))))
    values = {name: value or "" for name, value in environ.items()}
    settings = load_settings({"home": str(tmp_path)}, values, dotenv=None, stored={})
    bench = LakeFixture(tmp_path, engine)
    bench.land_and_derive(seen("1"), seen("2"))
    published = bench.publish()
    assert published is not None
    open_target(settings.publish[1], settings).publish(published.path)

    client = Client(python, tmp_path)
    alone, together = (block.replace(FOLDER, str(tmp_path / "delta")) for block in blocks("python")[1:])
    shown = "answer = [issues.collect().height, points.columns]"
    assert client.run("alone", f"{alone}\n{shown}") == [2, ["project_key", "story_points"]]
    answer = client.run("together", f"{together}\nanswer = [str(published_at), changes.height]")
    assert answer == [f"{published.published_at:%Y-%m-%d %H:%M:%S}+00:00", 0]
    client.close()


def test_every_setting_and_view_that_is_named_exists() -> None:
    names = {setting.env for setting in SETTINGS}
    assert set(re.findall(r"JIRA_ASSETS_\w+", TEXT)) <= names


@pytest.mark.few_tables(*models())
def test_all_views_are_named() -> None:
    views = {name for name, model in models().items() if model.kind == "view"}
    assert {name for name in views if f"`{name}`" in TEXT} == views
