"""A full read is cut into slices, goes on after an interruption, and covers everything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from jira_assets.demo.faults import server_error
from jira_assets.demo.generate import generate_site
from jira_assets.sync.slices import SMALLEST_SLICE
from jira_assets_tests.rig import Rig, open_rig


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Rig]:
    """A site of one project that needs several slices."""
    with open_rig(tmp_path, generate_site(2, projects=1, issues=1500, now_ms=1_790_000_000_000)) as rig:
        rig.track()
        yield rig


def search_pages(rig: Rig) -> int:
    """How many pages of whole issues were asked for."""
    return sum(
        1
        for request in rig.site.requests
        if request.path.endswith("/search/jql") and request.json and "*all" in request.json.get("fields", ())
    )


def test_slices_together_bring_every_issue_once(large: Rig) -> None:
    large.sync()

    assert large.differences() == []
    manifest = large.bench.lake.manifest(large.tracked[0].project_id)
    assert manifest is not None
    assert sum(file.rows for file in manifest.raw) == len(large.site.issues_truth())
    assert len(manifest.raw) > 1


def test_requests_are_made_side_by_side_but_never_more_than_eight(large: Rig) -> None:
    large.site.latency_ms = 5

    large.sync()

    assert 1 < large.site.journal.most_in_flight <= 8


def test_an_interrupted_full_read_goes_on_where_it_stopped(large: Rig) -> None:
    # From some point on every page fails for good.
    large.site.faults.add(server_error(500, path="/rest/api/3/search/jql", when="nextPageToken"))
    (failed,) = large.sync().outcomes
    assert not failed.ok
    manifest = large.bench.lake.manifest(large.tracked[0].project_id)
    assert manifest is not None
    assert manifest.full is not None
    done = sum(1 for part in manifest.full.slices if part.read is not None)
    pages_before = search_pages(large)
    large.site.faults.clear()
    large.site.edit_issue(next(iter(large.site.issues_truth())), summary="edited between the two halves")
    large.site.clock.advance(timedelta(minutes=10))

    (resumed,) = large.sync().outcomes

    assert resumed.ok
    assert resumed.mode == "full"
    assert large.differences() == []
    finished = large.bench.lake.manifest(large.tracked[0].project_id)
    assert finished is not None
    assert finished.full is None
    assert done == 0 or search_pages(large) - pages_before < -(-1500 // 100) + len(manifest.full.slices)


def test_nothing_is_published_of_a_project_that_was_never_read_to_the_end(large: Rig) -> None:
    large.site.faults.add(server_error(500, path="/rest/api/3/search/jql", when="nextPageToken"))

    large.sync()

    assert large.ask("select count(*) from jira_issues") == [(0,)]
    assert large.ask("select status from sync_status") == [("error",)]


def test_a_small_project_is_read_without_asking_where_to_cut(rig: Rig) -> None:
    assert len(rig.site.issues_truth()) < SMALLEST_SLICE
    rig.sync()

    counts = [r for r in rig.site.requests if r.path.endswith("/approximate-count")]
    assert len(counts) == len(rig.tracked)


def test_an_expired_page_token_restarts_its_slice_only(large: Rig) -> None:
    from jira_assets.demo.faults import answer

    large.site.faults.add(
        answer(
            400,
            '{"errorMessages":["The provided next page token is invalid or expired."],"errors":{}}',
            path="/rest/api/3/search/jql",
            when="nextPageToken",
            count=1,
        )
    )

    (outcome,) = large.sync().outcomes

    assert outcome.ok
    assert large.differences() == []


def test_changelogs_longer_than_a_search_embeds_are_whole(large: Rig) -> None:
    large.sync()

    longest = max(issue.changes for issue in large.site.issues_truth().values())
    assert longest > 40
    (stored,) = large.ask(
        "select max(n) from (select count(distinct change_id) as n from jira_issue_changes group by jira_id)"
    )
    assert stored == (longest,)
