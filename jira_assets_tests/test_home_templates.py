"""What a test does to its copy of a prepared home, the next copy does not show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets_tests.few_tables import few_tables
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates


@contextmanager
def published(home: Path) -> Iterator[SyncHarness]:
    """A small site that was synced and published."""
    with (
        few_tables(),
        open_harness(home, generate_site(1, projects=1, issues=3, now_ms=1_790_000_000_000)) as harness,
    ):
        harness.track()
        harness.sync()
        harness.publish()
        yield harness


@pytest.mark.prove
def test_copies_of_a_home_have_nothing_of_each_other(templates: HomeTemplates, tmp_path: Path) -> None:
    addresses, titles = [], []
    for name in ("first", "second"):
        with templates.open(published, tmp_path / name) as harness:
            addresses.append(harness.server.url)
            assert harness.differences() == []
            key = next(iter(harness.site.issues_truth()))
            titles.append(harness.site.truth(key).summary)
            harness.site.edit_issue(key, summary="edited in one copy")
            [outcome] = harness.sync().outcomes
            assert (outcome.error, outcome.updated) == (None, 1)
            assert harness.differences() == []

    assert addresses[0] == addresses[1]
    assert titles[0] == titles[1]
    assert "edited in one copy" not in titles
