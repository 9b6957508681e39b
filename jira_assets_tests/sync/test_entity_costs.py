"""What comments and the like cost: few requests and about one point an issue, and nothing when not chosen."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from jira_assets.demo.entities import DemoComment
from jira_assets.demo.generate.generate import generate_site
from jira_assets_tests.harness import MONDAY_NOON, open_harness
from jira_assets_tests.sampling import sampled
from jira_assets_tests.sync.entity_homes import entity_requests, replace_settings


@pytest.mark.parametrize("issues", sampled([200, 2000]))
def test_comments_cost_3_requests_for_100_issues_and_about_a_point_an_issue(
    tmp_path: Path, issues: int
) -> None:
    """With the numbers of comments of a public archive, as 100,000 issues would have them."""
    now_ms = int(MONDAY_NOON.timestamp() * 1000)
    data = generate_site(11, projects=1, issues=issues, now_ms=now_ms)
    each = Counter(entity.issue_id for entity in data.entities if isinstance(entity, DemoComment))
    in_long_lists = sum(number for number in each.values() if number > 20)
    with open_harness(tmp_path / "home", data) as harness:
        harness.track()
        assert entity_requests(harness.requests_of()) == []
        harness.site.clock.sleep(120)
        journal, before = harness.site.journal, harness.site.journal.points
        assert entity_requests(harness.requests_of()) == []
        idle = journal.points - before

        harness.pipeline = replace_settings(harness, entities="comments, attachments")
        harness.site.clock.sleep(120)
        before = journal.points
        asked = entity_requests(harness.requests_of())
        spent = journal.points - before - idle

        assert len(asked) <= 0.03 * issues
        assert Counter(path.rpartition("/")[2] for path in asked)["bulkfetch"] == issues / 100
        assert spent <= 1.1 * issues + in_long_lists
        here = harness.ask("select count(*) from jira_comments")
        assert here == [(sum(each.values()),)]


def test_worklogs_cost_two_requests_for_a_thousand(tmp_path: Path) -> None:
    data = generate_site(11, projects=1, issues=200, now_ms=int(MONDAY_NOON.timestamp() * 1000))
    with open_harness(tmp_path / "home", data) as harness:
        harness.track()
        harness.sync()
        harness.site.clock.sleep(120)
        journal, before = harness.site.journal, harness.site.journal.points
        harness.sync()
        idle = journal.points - before
        harness.pipeline = replace_settings(harness, entities="worklogs")
        harness.site.clock.sleep(120)
        before = journal.points
        asked = entity_requests(harness.requests_of())
        worklogs = len(harness.site.worklogs_truth())
        assert sorted(path.rpartition("/")[2] for path in asked) == ["deleted", "list", "updated"]
        assert journal.points - before - idle <= 2 * worklogs + len(asked) + 1
