"""Work that is begun before it is asked for is done once, and ends with whoever wanted it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from jira_assets.sync.prefetch import prefetching
from jira_assets.sync.project import Task
from jira_assets_tests.harness import SyncHarness


def tasks(harness: SyncHarness, *keys: str) -> Sequence[Task]:
    return [Task(project) for project in harness.tracked if project.project_key in keys or not keys]


def test_whoever_asks_for_the_work_that_was_begun_gets_its_result(harness: SyncHarness) -> None:
    with prefetching(harness.pipeline, tasks(harness)) as begun:
        result = begun.sync(harness.tracked)
        asked = harness.site.journal.total
        assert begun.sync(harness.tracked) is result
        assert harness.site.journal.total == asked
    assert [outcome.mode for outcome in result.outcomes] == ["full"] * len(harness.tracked)


def test_other_work_is_done_when_it_is_asked_for(harness: SyncHarness) -> None:
    with prefetching(harness.pipeline, tasks(harness, "PAY")) as begun:
        result = begun.sync(harness.tracked)
    assert {outcome.project_key for outcome in result.outcomes} == {
        each.project_key for each in harness.tracked
    }


def test_when_whoever_wanted_it_is_gone_nothing_more_is_asked_and_nothing_is_lost(
    harness: SyncHarness,
) -> None:
    with pytest.raises(KeyboardInterrupt), prefetching(harness.pipeline, tasks(harness)):
        raise KeyboardInterrupt
    asked = harness.site.journal.total
    assert asked <= harness.pipeline.settings.max_in_flight

    assert len(harness.requests_of()) > asked
    assert harness.differences() == []
