"""A few tables are those that were named, those that they need, and all again afterwards."""

from __future__ import annotations

from jira_assets.warehouse.models import models
from jira_assets_tests.few_tables import FEW, few_tables


def test_the_models_are_all_there_again_in_their_order() -> None:
    before = list(models())
    with few_tables("issue_flow"):
        few = list(models())
        assert {*FEW, "issue_flow", *models()["issue_flow"].needs} <= set(few)
    assert few == [name for name in before if name in few]
    assert len(few) < len(before)
    assert list(models()) == before
