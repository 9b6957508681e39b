"""Work that is begun before it is asked for is done once, and ends with whoever wanted it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from jira_assets.sync.prefetch import workbench_at_hand, working_ahead
from jira_assets.sync.project import Task
from jira_assets_tests.harness import Rig


def tasks(rig: Rig, *keys: str) -> Sequence[Task]:
    return [Task(project) for project in rig.tracked if project.project_key in keys or not keys]


def test_whoever_asks_for_the_work_that_was_begun_gets_its_result(rig: Rig) -> None:
    with working_ahead(rig.bench, tasks(rig)):
        bench = workbench_at_hand()
        assert bench is not None
        result = bench.sync(rig.tracked)
        asked = rig.site.journal.total
        assert bench.sync(rig.tracked) is result
        assert rig.site.journal.total == asked
    assert [outcome.mode for outcome in result.outcomes] == ["full"] * len(rig.tracked)


def test_other_work_is_done_when_it_is_asked_for(rig: Rig) -> None:
    with working_ahead(rig.bench, tasks(rig, "PAY")):
        bench = workbench_at_hand()
        assert bench is not None
        result = bench.sync(rig.tracked)
    assert {outcome.project_key for outcome in result.outcomes} == {each.project_key for each in rig.tracked}


def test_outside_there_is_nothing_at_hand(rig: Rig) -> None:
    with working_ahead(rig.bench, tasks(rig)):
        pass
    assert workbench_at_hand() is None


def test_when_whoever_wanted_it_is_gone_nothing_more_is_asked_and_nothing_is_lost(rig: Rig) -> None:
    with pytest.raises(KeyboardInterrupt), working_ahead(rig.bench, tasks(rig)):
        raise KeyboardInterrupt
    asked = rig.site.journal.total
    assert asked <= rig.bench.settings.max_in_flight

    assert len(rig.requests_of()) > asked
    assert rig.differences() == []
