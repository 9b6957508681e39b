"""The queries in the documentation run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jira_assets.warehouse.read import open_warehouse
from jira_assets_tests.lake_fixture import LakeFixture

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def queries(page: Path) -> list[str]:
    blocks = re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [query for block in blocks for query in block.split(";") if query.strip()]


@pytest.mark.parametrize("page", [page for page in PAGES if queries(page)], ids=lambda page: page.name)
def test_every_query_runs(page: Path, whole: LakeFixture) -> None:
    with open_warehouse(whole.warehouse_dir / "jira.duckdb") as connection:
        for query in queries(page):
            connection.execute(query).fetchall()
