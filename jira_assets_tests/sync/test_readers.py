"""Readers and syncs do not get in each other's way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from jira_assets.warehouse.read import open_warehouse
from jira_assets_tests.harness import SyncHarness

pytestmark = pytest.mark.few_tables

PAUSE = 0.05
"""Seconds between two questions of a reader: many questions are asked while the syncs run."""

COUNT = "select count(*), count(distinct jira_id) from jira_issues"


@pytest.mark.parametrize("syncs", [2, pytest.param(20, marks=pytest.mark.prove)])
def test_syncs_publish_while_one_reader_holds_the_file_and_another_reopens_it(
    synced: SyncHarness, syncs: int
) -> None:
    harness = synced
    harness.publish()
    whole = harness.ask(COUNT)
    path = harness.pipeline.settings.warehouse_file
    stop, problems, answers = threading.Event(), list[BaseException](), list[object]()

    def holding() -> None:
        with open_warehouse(path) as connection:
            while not stop.wait(PAUSE):
                answers.append(connection.execute(COUNT).fetchall())

    def reopening() -> None:
        while not stop.wait(PAUSE):
            with open_warehouse(path) as connection:
                answers.append(connection.execute(COUNT).fetchall())

    readers = [threading.Thread(target=_noting(each, problems)) for each in (holding, reopening)]
    for reader in readers:
        reader.start()
    try:
        published = [_edit_and_sync(harness, number) for number in range(syncs)]
    finally:
        stop.set()
        for reader in readers:
            reader.join()

    assert problems == []
    assert all(published)
    assert len(answers) > syncs
    assert all(answer == whole for answer in answers)


def _edit_and_sync(harness: SyncHarness, number: int) -> bool:
    harness.site.clock.advance(timedelta(minutes=5))
    harness.site.edit_issue(next(iter(harness.site.issues_truth())), summary=f"edit {number}")
    assert harness.sync().failures == []
    return harness.publish() is not None


def _noting(work: Callable[[], None], problems: list[BaseException]) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        except BaseException as error:  # whatever it is, the test has to hear of it
            problems.append(error)

    return run
