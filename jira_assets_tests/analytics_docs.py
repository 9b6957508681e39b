"""Fill in what docs/analytics.md does not say by hand; `python -m jira_assets_tests.analytics_docs` does it.

The tables come from the comments that are published, the results from running the queries above them, the
cases of velocity from their test. A test sees to it that the page is what this writes.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from jira_assets.lake.duckdb_engine import open_engine
from jira_assets.warehouse.models import models
from jira_assets_tests.lake_fixture import LakeFixture
from jira_assets_tests.warehouse.histories import Life, Sprint, State, on, publish_lives
from jira_assets_tests.warehouse.test_velocity import CASES, POINTS

PAGE = Path(__file__).parents[1] / "docs" / "analytics.md"
IN = ("7",)
QUERY = re.compile(r"```sql\n(.*?)```", re.DOTALL)
RESULT = re.compile(
    r"(```sql\n(?P<query>[^`]*?)```\n\n<!-- result -->\n)(?:\n\|[^\n]*|\n(?=\|))*\n*", re.DOTALL
)


def example() -> tuple[list[Life], Sprint]:
    """The issues and the sprint of the worked example."""
    lives = [
        Life("1", on(1), State(points=3.0, sprints=IN)).then(on(2), "status", "2").then(on(4), "status", "4"),
        Life("2", on(1), State(points=5.0, sprints=IN))
        .then(on(3), "status", "2")
        .then(on(5), "status", "4")
        .then(on(8), "status", "2")
        .then(on(10), "status", "4"),
        Life("3", on(2), State(points=2.0))
        .then(on(4), "sprints", IN)
        .then(on(8), "status", "2")
        .then(on(9), "status", "4"),
        Life("4", on(2), State(points=8.0, sprints=IN))
        .then(on(4), "status", "2")
        .then(on(5), "points", 13.0),
        Life("5", on(3, 9), State(points=1.0, sprints=IN))
        .then(on(5), "sprints", ())
        .then(on(5), "resolution", "Won't Do")
        .then(on(5), "status", "4"),
    ]
    return lives, Sprint("7", on(3), on(11), on(11))


@contextmanager
def example_warehouse(engine: duckdb.DuckDBPyConnection) -> Iterator[LakeFixture]:
    """Publish the worked example."""
    with tempfile.TemporaryDirectory() as folder:
        bench = LakeFixture(Path(folder), engine)
        lives, sprint = example()
        publish_lives(bench, lives, sprints=[sprint], as_of=date(2026, 1, 16))
        yield bench


def written(page: str, bench: LakeFixture) -> str:
    """Fill in the page."""
    page = RESULT.sub(lambda found: f"{found[1]}\n{result(bench, found['query'])}\n\n", page)
    page = between(page, "velocity", velocity())
    return between(page, "tables", tables(bench))


def between(page: str, name: str, text: str) -> str:
    """Replace what stands between two markers."""
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def result(bench: LakeFixture, query: str) -> str:
    """Run a query and write its answer as a table."""
    rows = bench.ask(query)
    lines = [
        list(rows[0]),
        ["---"] * len(rows[0]),
        *([shown(value) for value in row.values()] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(value: Any) -> str:
    """Write a value the way a person would."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def velocity() -> str:
    """The cases of velocity."""
    lines = [["an issue that was …", *POINTS], ["---", *["---:"] * len(POINTS)]]
    for case, (_, points) in CASES.items():
        lines.append([case, *(f"{points[name]:g}" if name in points else "" for name in POINTS)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def tables(bench: LakeFixture) -> str:
    """Every table and column with its comment."""
    says = {
        row["name"]: row["comment"]
        for row in bench.ask(
            "select table_name as name, comment from duckdb_tables() union all "
            "select view_name as name, comment from duckdb_views() where not internal union all "
            "select function_name as name, comment from duckdb_functions() where not internal"
        )
    }
    columns = bench.ask(
        "select table_name, column_name, data_type, comment from duckdb_columns() order by column_index"
    )
    parts = []
    for table in models():
        lines = [
            f"| `{row['column_name']}` | {row['data_type'].lower()} | {row['comment']} |"
            for row in columns
            if row["table_name"] == table
        ]
        head = f"### {table}\n\n{says[table]}.\n\n| column | type | |\n|---|---|---|\n"
        parts.append(head + "\n".join(lines))
    for macro in ("forecast_days", "forecast_items", "jira_issues_as_of"):
        parts.append(f"### {macro}\n\n{says[macro]}.")
    return "\n\n".join(parts)


def main() -> None:
    """Write the page."""
    with closing(open_engine()) as engine, example_warehouse(engine) as bench:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), bench), encoding="utf-8")


if __name__ == "__main__":
    main()
