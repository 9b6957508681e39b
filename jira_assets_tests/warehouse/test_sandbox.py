"""Whoever asks the published file can change nothing, and reaches no other file and no address."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from jira_assets.warehouse.read import open_warehouse
from jira_assets.warehouse.sandbox import file_of, open_confined, why_refused
from jira_assets_tests.lake_fixture import LakeFixture, seen
from jira_assets_tests.sampling import sampled
from jira_assets_tests.warehouse.test_read import OLD_PYTHON

ROOT = Path(__file__).parents[2]

ASK = """
import json, sys
from pathlib import Path
import duckdb
from jira_assets.warehouse.sandbox import open_confined, refusal_behind, why_refused

answers = []
warehouse = open_confined(Path(sys.argv[1]).resolve())
for query in json.load(sys.stdin):
    try:
        refused = why_refused(warehouse, query)
        rows = None if refused else str(warehouse.execute(query).fetchall())
        answers.append({"refused": refused} if refused else {"rows": rows})
    except duckdb.Error as error:
        answers.append({"refused": refusal_behind(error), "error": str(error)})
json.dump(answers, sys.stdout)
"""

WRITES_FILES = (
    "copy (select 1) to '{outside}'",
    "copy (select 1) to '{raw}'",
    "copy jira_issues to '{outside}' (format parquet)",
    "explain analyze copy (select 1) to '{raw}'",
    "explain (analyze) copy (select 1) to '{raw}'",
    "explain analyze /* /* */ select 1 -- */ copy (select 1) to '{raw}'",
    "copy (pivot jira_issues on status using count(*)) to '{raw}'",
    "explain analyze copy (pivot jira_issues on status using count(*)) to '{raw}'",
    "prepare write as copy (select 1) to '{raw}'",
    "select 1; copy (select 1) to '{raw}'; select 2",
    "export database '{outside}'",
    "export database '{raw}'",
)
READS_FILES = (
    "from read_csv('{secret}')",
    "from read_text('{secret}')",
    "from read_blob('{secret}')",
    "from glob('{secret}*')",
    "from sniff_csv('{secret}')",
    "from parquet_metadata('{secret}')",
    "from '{secret}.csv'",
    "from read_text('{raw}/../../../lake.json')",
    "from read_csv('http://127.0.0.1:9/a.csv')",
    "from 's3://bucket/a.parquet'",
    "create temp view v as from read_csv('{secret}')",
    "create temp table t as from read_text('{secret}')",
    "import database '{outside}'",
)
OPENS = ("attach '{outside}' as other", "attach '{raw}'", "attach ':memory:' as other", "detach jira")
LOADS = (
    "install httpfs",
    "force install httpfs",
    "load httpfs",
    "load '{outside}.duckdb_extension'",
    "update extensions",
    "from sqlite_scan('{secret}', 'a')",
    "create persistent secret s (type s3, key_id 'a', secret 'b')",
)
SETS = (
    "set enable_external_access = true",
    "set lock_configuration = false",
    "reset lock_configuration",
    "reset allowed_paths",
    "set allowed_directories = ['/']",
    "set temp_directory = '{outside}'",
    "set threads = 1",
    "pragma memory_limit = '1GB'",
    "pragma enable_profiling = 'json'",
    "set profiling_output = '{outside}'",
    "call enable_logging(storage = 'file', storage_path = '{outside}')",
    "from enable_logging(storage = 'file', storage_path = '{outside}')",
)
CHANGES = ("create table x as select 1", "delete from jira_issues", "drop table jira_issues", "vacuum")
ALLOWED = (
    "select count(*) from raw_jira_issues",
    "select count(*) from cycle_time_scatter",
    "from forecast_days(null)",
    "show tables",
    "describe jira_issues",
    "summarize jira_issues",
    "pragma table_info('jira_issues')",
    "explain analyze select * from jira_issues",
    "pivot jira_issues on status using count(*)",
    "set variable chosen = 1",
    "create temp table kept as select 1 as a",
    "insert into kept values (2)",
    "prepare p as select 1",
    "execute p",
    "select timestamptz '2026-01-01 00:00:00+01'::varchar",
)


@pytest.fixture(params=["present", pytest.param("1.5", marks=pytest.mark.prove)])
def python(request: pytest.FixtureRequest) -> str:
    """Name a Python with the DuckDB of the project, and one with the oldest that is supported."""
    if request.param == "present":
        return sys.executable
    old = os.environ.get(OLD_PYTHON)
    if old is None:
        pytest.skip(f"{OLD_PYTHON} does not name a Python that has DuckDB 1.5")
    return old


def ask(python: str, file: Path, queries: Sequence[str], cwd: Path) -> list[dict[str, str | None]]:
    """Ask in a process of its own, whose home is the working folder."""
    asked = subprocess.run(
        [python, "-c", ASK, str(file)],
        input=json.dumps(queries),
        capture_output=True,
        text=True,
        check=True,
        cwd=cwd,
        env={"PYTHONPATH": str(ROOT), "HOME": str(cwd)},
    )
    answers: list[dict[str, str | None]] = json.loads(asked.stdout)
    return answers


def contents(folder: Path) -> dict[Path, bytes]:
    """Read every file under a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def published(bench: LakeFixture) -> Path:
    """Publish one issue."""
    bench.land_and_derive(seen("1"))
    found = bench.publish()
    assert found is not None
    return found.path


@pytest.mark.few_tables
def test_nothing_outside_is_read_or_written_and_nothing_is_changed(
    bench: LakeFixture, python: str, tmp_path: Path
) -> None:
    link = published(bench)
    [raw] = bench.lake.root.glob("raw/*/*.parquet")
    aside = tmp_path / "aside"
    aside.mkdir()
    (aside / "secret").write_text("a,b\n1,hidden\n")
    (aside / "secret.csv").write_text("a,b\n1,hidden\n")
    before = contents(tmp_path)
    kinds = (WRITES_FILES, READS_FILES, OPENS, LOADS, SETS, CHANGES)
    queries = [query for kind in kinds for query in kind]
    places = {"outside": aside / "made", "raw": raw.resolve(), "secret": aside / "secret"}

    answers = ask(python, link, [query.format_map(places) for query in queries], aside)

    assert [query for query, answer in zip(queries, answers, strict=True) if not answer["refused"]] == []
    assert not [answer for answer in answers if "rows" in answer]
    assert contents(tmp_path) == before


def test_every_published_table_and_view_is_read(whole: LakeFixture, python: str, tmp_path: Path) -> None:
    answers = ask(python, whole.warehouse_dir / "jira.duckdb", ALLOWED, tmp_path)
    assert [
        (query, found) for query, found in zip(ALLOWED, answers, strict=True) if "rows" not in found
    ] == []
    assert answers[0]["rows"] == "[(1,)]"
    assert answers[-1]["rows"] == "[('2025-12-31 23:00:00+00',)]"


@pytest.mark.few_tables
@pytest.mark.prove
def test_a_query_larger_than_memory_spills_beside_the_file_and_leaves_nothing(
    bench: LakeFixture, python: str, tmp_path: Path
) -> None:
    link = published(bench)
    before = contents(tmp_path).keys()
    script = (
        "import sys; from pathlib import Path; from jira_assets.warehouse.sandbox import open_confined\n"
        "file = Path(sys.argv[1]).resolve()\n"
        "with open_confined(file, memory_limit='60MB', threads=1) as warehouse:\n"
        "    warehouse.execute('select 1').fetchall()\n"
        "    assert not list(file.parent.glob('*.tmp'))\n"
        "    query = 'select hash(i)::varchar as h, i from range(3000000) t(i) order by h'\n"
        "    found = warehouse.execute(query)\n"
        "    with open_confined(file, memory_limit='60MB', threads=1) as other:\n"
        "        beside = other.execute(query)\n"
        "        assert len(list(file.parent.glob(f'{file.name}.*.tmp'))) == 2\n"
        "    print(len(found.fetchmany(10)))\n"
    )
    done = subprocess.run(
        [python, "-c", script, str(link)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert (done.stderr, done.stdout) == ("", "10\n")
    assert contents(tmp_path).keys() == before


@pytest.mark.few_tables
@pytest.mark.parametrize("name", sampled(['a "home" [x]*', "it's home", "linked", "."], 4))
def test_homes_of_any_name_are_read(
    tmp_path: Path, engine: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    real = tmp_path / "real"
    real.mkdir()
    monkeypatch.chdir(real)
    if name == "linked":
        (tmp_path / name).symlink_to(real)
    home = Path() if name == "." else tmp_path / name
    link = published(LakeFixture(home, engine))

    with open_warehouse(link) as warehouse:
        assert warehouse.execute("select jira_id from raw_jira_issues").fetchall() == [("1",)]
        with pytest.raises(duckdb.PermissionException):
            warehouse.execute("from glob('*')")


@pytest.mark.few_tables
def test_a_connection_names_its_file(bench: LakeFixture) -> None:
    link = published(bench)
    with open_warehouse(link) as warehouse:
        assert file_of(warehouse) == link.resolve()
        assert why_refused(warehouse, "select 'copy' as word") is None
    with open_confined(link.resolve(), spill=False) as warehouse:
        assert warehouse.execute("select current_setting('temp_directory')").fetchone() == ("",)
