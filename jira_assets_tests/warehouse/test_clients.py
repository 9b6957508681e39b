"""Programs that people read the warehouse with, in their own versions, while a writer publishes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import pytest

from jira_assets_tests.few_tables import few_tables
from jira_assets_tests.lake_fixture import LakeFixture, seen

CLIENTS = "JIRA_ASSETS_CLIENTS_PYTHON"
REQUIRED = "JIRA_ASSETS_CLIENTS_REQUIRED"
PAGE = Path(__file__).parents[2] / "docs" / "tools.md"
HOME = "/home/ana/.jira-assets/warehouse"

DRIVER = """
import json, sys
spaces = {}
for line in sys.stdin:
    name, code = json.loads(line)
    space = spaces.setdefault(name, {})
    space.pop("answer", None)
    try:
        exec(code, space)
        answer = space.get("answer", space.get("published_at"))
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    print(json.dumps(answer, default=str), flush=True)
"""


class Client:
    """A process of the other environment that runs code, in a namespace that lasts for each name."""

    def __init__(self, python: str, folder: Path) -> None:
        self._process = subprocess.Popen(
            [python, "-c", DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder
        )

    def run(self, name: str, code: str) -> Any:
        """Run code; returns its `answer`, else its `published_at`, else the error that it raised."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, code]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


class Publisher:
    """Publishes one issue more each time; each publish has a minute of its own."""

    def __init__(self, folder: Path, engine: duckdb.DuckDBPyConnection, patch: pytest.MonkeyPatch) -> None:
        self.bench = LakeFixture(folder, engine)
        self.published: list[str] = []
        # In the future, so that no Parquet file is old.
        stamps = (f"2099010{1 + n // 1440}T{n // 60 % 24:02}{n % 60:02}00000000000Z" for n in count())
        patch.setattr("jira_assets.warehouse.publish.new_stamp", lambda: next(stamps))
        self.publish()

    def publish(self, mirrors_kept: timedelta = timedelta(minutes=15)) -> None:
        """Publish, with one label and one issue more."""
        number = str(len(self.published) + 1)
        self.bench.land_and_derive(seen(number, {"labels": ["a", number]}))
        with few_tables("jira_issue_labels", "sprint_velocity", described=True):
            published = self.bench.publish(mirrored=True, mirrors_kept=mirrors_kept)
        assert published is not None
        self.published.append(f"{published.published_at:%Y-%m-%d %H:%M:%S}")

    @property
    def issues(self) -> int:
        """Count the issues that are published now."""
        return len(self.published)

    def here(self, text: str) -> str:
        """Put the folder of this warehouse in the place of that of the documentation."""
        return text.replace(HOME, str(self.bench.warehouse_dir))


@pytest.fixture(scope="module")
def publisher(
    tmp_path_factory: pytest.TempPathFactory, engine: duckdb.DuckDBPyConnection
) -> Iterator[Publisher]:
    with pytest.MonkeyPatch.context() as patch:
        yield Publisher(tmp_path_factory.mktemp("clients"), engine, patch)


def lacking(what: str) -> NoReturn:
    """Skip the tests; where the clients are required, as in CI, fail instead."""
    if os.environ.get(REQUIRED):
        pytest.fail(f"{what}; {REQUIRED} says that there has to be")
    pytest.skip(what)


@pytest.fixture(scope="module")
def client(publisher: Publisher) -> Iterator[Client]:
    python = os.environ.get(CLIENTS)
    if python is None:
        lacking(f"{CLIENTS} does not name a Python that has the clients; `make test` builds one")
    found = Client(python, publisher.bench.warehouse_dir.parent)
    yield found
    found.close()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


RECIPES = [block for block in blocks("python") if "import streamlit" not in block]


@pytest.mark.prove
def test_every_recipe_shows_the_newest_publish_while_others_follow(
    client: Client, publisher: Publisher
) -> None:
    done = threading.Event()

    def publish() -> None:
        for _ in range(8):
            if not done.is_set():
                publisher.publish()

    writer = threading.Thread(target=publish)
    writer.start()
    try:
        for number, recipe in enumerate(RECIPES):
            at_least = publisher.published[-1]
            answer = client.run(f"recipe {number}", publisher.here(recipe))
            assert at_least <= answer < "2100", recipe
    finally:
        done.set()
        writer.join()
    assert len(RECIPES) == 7


def test_every_recipe_shows_the_next_publish(client: Client, publisher: Publisher) -> None:
    publisher.publish()
    for number, recipe in enumerate(RECIPES):
        assert client.run(f"recipe {number}", publisher.here(recipe)) == publisher.published[-1], recipe


HELD = """
import os
import polars as pl
import pyarrow.dataset as ds
link = "/home/ana/.jira-assets/warehouse/parquet"
real = os.path.realpath(link)
datasets = [ds.dataset(f"{folder}/jira_issues") for folder in (link, real)]
frames = [pl.scan_parquet(f"{folder}/jira_issues/*.parquet") for folder in (link, real)]
"""
READ = """
def attempt(read):
    try:
        return read()
    except FileNotFoundError:
        return "not found"
answer = [
    *(attempt(lambda: held.to_table().num_rows) for held in datasets),
    *(attempt(lambda: held.collect().height) for held in frames),
]
"""


@pytest.mark.prove
def test_held_parquet_readers_get_their_own_rows_or_none(client: Client, publisher: Publisher) -> None:
    client.run("held", publisher.here(HELD))
    rows = publisher.issues
    assert client.run("held", READ) == [rows, rows, rows, rows]

    publisher.publish()
    assert client.run("held", READ) == ["not found", rows, "not found", rows]
    publisher.publish()
    assert client.run("held", READ) == ["not found", rows, "not found", rows]

    publisher.publish(mirrors_kept=timedelta(days=-36_500))
    assert client.run("held", READ) == ["not found"] * 4


@pytest.mark.prove
def test_duckdb_1_4_needs_the_link_resolved_while_it_holds_another_connection(
    client: Client, publisher: Publisher
) -> None:
    path = publisher.bench.warehouse_dir / "jira.duckdb"
    ask = "select current_database(), count(*) from jira.main.jira_issues"
    before = publisher.issues
    held = f"import duckdb, os; held = duckdb.connect({str(path)!r}, read_only=True)"
    assert client.run("1.4", f"{held}; answer = duckdb.__version__").startswith("1.4.")
    publisher.publish()

    def connected(expression: str) -> Any:
        opened = f"with duckdb.connect({expression}, read_only=True) as c: answer = c.sql({ask!r}).fetchall()"
        return client.run("1.4", opened)

    assert client.run("1.4", f"answer = held.sql({ask!r}).fetchall()") == [["jira", before]]
    assert connected(repr(str(path))) == [["jira", before]]
    assert connected(f"os.path.realpath({str(path)!r})") == [["jira", before + 1]]
    client.run("1.4", "held.close()")
    assert connected(repr(str(path))) == [["jira", before + 1]]


@pytest.mark.prove
def test_a_connection_that_stays_open_sees_each_publish(client: Client, publisher: Publisher) -> None:
    [recipe] = [recipe for recipe in RECIPES if "attach or replace" in recipe]
    client.run("open", publisher.here(recipe))
    again = publisher.here(recipe).replace("connection = duckdb.connect()", "")
    for _ in range(2):
        publisher.publish()
        assert client.run("open", again) == publisher.published[-1]


POOL = """
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import QueuePool
url = "duckdb:////home/ana/.jira-assets/warehouse/jira.duckdb"
pooled = create_engine(url, connect_args={"read_only": True}, poolclass=QueuePool)
def issues():
    with pooled.connect() as connection:
        return connection.execute(text("select count(*) from jira_issues")).scalar_one()
"""
INSPECT = """
found = inspect(pooled)
[status] = [column for column in found.get_columns("jira_issues") if column["name"] == "status"]
answer = [found.get_table_names(), found.get_table_comment("jira_issues")["text"], status["comment"]]
"""


@pytest.mark.prove
def test_sqlalchemy_lists_tables_and_its_pool_is_fresh_after_dispose(
    client: Client, publisher: Publisher
) -> None:
    client.run("pool", publisher.here(POOL))
    tables, comment, of_column = client.run("pool", INSPECT)
    assert {"jira_issues", "jira_issue_labels", "warehouse_info"} <= set(tables)
    assert comment.startswith("Current issues of the tracked projects")
    assert of_column == "Name of its status today"

    before = publisher.issues
    publisher.publish()
    assert client.run("pool", "answer = issues()") == before
    assert client.run("pool", "pooled.dispose(); answer = issues()") == before + 1
    client.run("pool", "pooled.dispose()")


DBT = """
import logging, os
os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
from dbt.cli.main import dbtRunner
import duckdb
result = dbtRunner().invoke(["--quiet", "run", "--project-dir", "flow", "--profiles-dir", "flow"])
assert result.success, result
with duckdb.connect("flow/flow.duckdb") as built:
    answer = built.sql("select label, published_at from labels order by issues desc limit 1").fetchall()
"""


@pytest.mark.prove
def test_dbt_builds_from_the_newest_publish(client: Client, publisher: Publisher) -> None:
    project = publisher.bench.warehouse_dir.parent / "flow"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text('name: flow\nversion: "1.0"\nprofile: flow\n')
    for block in [*blocks("yaml"), *blocks("jinja")]:
        name = block.splitlines()[0].lstrip("#- ")
        if "source" in block or name == "profiles.yml":
            text = publisher.here(block).replace("path: flow.duckdb", f"path: {project}/flow.duckdb")
            (project / name).write_text(text)

    publisher.publish()
    assert client.run("dbt", DBT) == [["a", publisher.published[-1]]]
