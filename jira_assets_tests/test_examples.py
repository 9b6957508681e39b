"""The queries in the documentation run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jira_assets.lake.duckdb_engine import open_engine
from jira_assets.warehouse.read import open_warehouse
from jira_assets_tests.lake_fixture import LakeFixture, seen

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def queries(page: Path) -> list[str]:
    blocks = re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [query for block in blocks for query in block.split(";") if query.strip()]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("examples")
    with open_engine(scratch=root / "scratch") as engine:
        bench = LakeFixture(root, engine)
        bench.land_and_derive(seen("1"))
        bench.publish()
    return root / "warehouse" / "jira.duckdb"


@pytest.mark.parametrize("page", [page for page in PAGES if queries(page)], ids=lambda page: page.name)
def test_every_query_runs(page: Path, warehouse: Path) -> None:
    with open_warehouse(warehouse) as connection:
        for query in queries(page):
            connection.execute(query).fetchall()
