"""Nothing beside the issues stops them: a part that cannot be read is stale, said, and asked for again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from jira_assets.demo.http.faults import (
    HTML,
    OOPS,
    Fault,
    answer,
    broken,
    html_page,
    odd_records,
    server_error,
)
from jira_assets.errors import AuthenticationError, Forbidden
from jira_assets.lake.site_tables import read_site_table
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.sampling import sampled

LISTS = {
    "people": "/rest/api/3/users/search",
    "project list": "/rest/api/3/project/search",
    "statuses": "/rest/api/3/status",
    "fields": "/rest/api/3/field",
    "issue types": "/rest/api/3/issuetype",
    "priorities": "/rest/api/3/priority",
    "resolutions": "/rest/api/3/resolution/search",
}
DETAILS = "/rest/api/3/project/1"
FAILURES = {
    "401 of the gateway": answer(401, '{"code":401,"message":"Unauthorized"}'),
    "401 of the site": answer(
        401, "Client must be authenticated", headers={"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    ),
    "403": answer(403, '{"errorMessages":["You do not have permission."],"errors":{}}'),
    "404 in JSON": answer(404, '{"errorMessages":["No such thing."],"errors":{}}'),
    "404 as a page": answer(404, OOPS.format(status=404), content_type=HTML),
    "409": answer(409, '{"errorMessages":["The request took longer than 10 seconds."],"errors":{}}'),
    "410": answer(410, '{"errorMessages":["The requested API has been removed."],"errors":{}}'),
    "500": server_error(500),
    "503 with Retry-After": server_error(503, retry_after=3600),
    "a page": html_page(),
    "cut off": broken("truncated"),
    "reset": broken("reset"),
    "another shape": answer(200, '{"maxResults":50,"values":null}'),
    "a login page": answer(302, "", headers={"Location": "https://id.atlassian.com/login"}),
}
TABLES = (
    "projects",
    "statuses",
    "fields",
    "issue_types",
    "priorities",
    "resolutions",
    "users",
    "sprints",
    "versions",
    "components",
    "boards",
    "board_columns",
)


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncHarness]:
    """A home that was synced once and is used by all tests here, one after the other."""
    with open_harness(tmp_path_factory.mktemp("home")) as harness:
        harness.track()
        harness.sync()
        yield harness


@pytest.fixture
def harness(synced: SyncHarness) -> Iterator[SyncHarness]:
    """Two days later, when every part is due and nothing is noticed yet."""
    synced.site.clock.advance(timedelta(days=2))
    manifest = synced.pipeline.lake.site_manifest()
    manifest.notices = []
    with synced.pipeline.lake.lock("site", "test"):
        synced.pipeline.lake.commit_site(manifest)
    yield synced
    synced.site.faults.clear()


def fail(harness: SyncHarness, failure: Fault, path: str, when: str = "") -> None:
    """Let everything below this path fail for good."""
    rule: dict[str, Any] = {
        name: getattr(failure, name) for name in ("status", "headers", "body", "retry_after")
    }
    harness.site.faults.add(Fault(failure.kind, path=path, when=when, **rule))


def table(harness: SyncHarness, name: str) -> list[dict[str, Any]]:
    """The rows of a table of the site."""
    lake = harness.pipeline.lake
    rows = read_site_table(lake, lake.site_manifest(), name)
    return [{key: value for key, value in row.items() if key != "as_of"} for row in rows]


def sync_and_follow(harness: SyncHarness) -> list[str]:
    """Change an issue of each project, sync, see that each change came; return the parts with notices."""
    before = {name: table(harness, name) for name in TABLES}
    for project in harness.tracked:
        first = next(i for i in harness.site.issues_truth().values() if i.project_id == project.project_id)
        harness.site.edit_issue(first.key, summary=f"changed at {harness.site.clock.now()}")

    result = harness.sync()

    assert [(outcome.error, outcome.updated) for outcome in result.outcomes] == [(None, 1)] * len(
        harness.tracked
    )
    assert {name: table(harness, name) for name in TABLES} == before
    notices = harness.pipeline.notices()
    assert result.notices == [str(notice) for notice in notices]
    assert all(notice.instruction and "please report" not in str(notice) for notice in notices)
    assert not any("Check the e-mail" in str(notice) for notice in notices)
    return sorted({notice.part for notice in notices})  # parts of projects may fail for several reasons


@pytest.mark.parametrize("failure", sampled(FAILURES, 14))
def test_lists_that_fail_for_good_stay_as_they_are_and_the_issues_come(
    harness: SyncHarness, failure: str
) -> None:
    for path in LISTS.values():
        fail(harness, FAILURES[failure], path)
    fail(harness, FAILURES[failure], "/rest/agile/1.0/board", when="projectKeyOrId")
    began = harness.pipeline.clock()

    parts = sync_and_follow(harness)

    # A 404 of the list of projects, in JSON, says that there is none: the lake knows better.
    assert parts == sorted([*LISTS, "boards"])
    for notice in harness.pipeline.notices():
        assert notice.since >= began
    assert harness.pipeline.clock() - began < timedelta(minutes=20)  # eight threads sleep on this clock


@pytest.mark.parametrize(
    "failure", sampled(["401 of the gateway", "404 as a page", "500", "another shape", "a login page"], 5)
)
def test_details_of_projects_that_fail_for_good_stop_no_project(harness: SyncHarness, failure: str) -> None:
    fail(harness, FAILURES[failure], DETAILS)

    assert sync_and_follow(harness) == ["project details"]


def test_a_404_of_projects_that_the_list_shows_stops_none_of_them(harness: SyncHarness) -> None:
    fail(harness, FAILURES["404 in JSON"], DETAILS)

    assert sync_and_follow(harness) == ["project details"]


def test_a_project_that_jira_forbids_fails_with_what_to_do(harness: SyncHarness) -> None:
    fail(harness, FAILURES["403"], DETAILS)

    outcomes = harness.sync().outcomes

    assert all(isinstance(outcome.error, Forbidden) and outcome.error.instruction for outcome in outcomes)


@pytest.mark.parametrize(
    ("part", "failure"),
    sampled(product(["board configuration", "sprints"], ["401 of the gateway", "404 as a page", "500"]), 4),
)
def test_one_board_that_fails_costs_that_board_only(harness: SyncHarness, part: str, failure: str) -> None:
    board = next(each for each in harness.site.catalog.boards.values() if each.type == "scrum")
    what = {"board configuration": "configuration", "sprints": "sprint"}[part]
    estimates = {
        key: each.estimated_with for key, each in harness.pipeline.lake.site_manifest().projects.items()
    }
    fail(harness, FAILURES[failure], f"/rest/agile/1.0/board/{board.id}/{what}")

    assert sync_and_follow(harness) == [part]

    (notice,) = harness.pipeline.notices()
    assert f"board {board.id} “{board.name}”" in notice.reason
    after = {key: each.estimated_with for key, each in harness.pipeline.lake.site_manifest().projects.items()}
    assert after == estimates


@pytest.mark.parametrize("failure", sampled(["401 of the gateway", "500"]))
def test_open_sprints_that_cannot_be_asked_again_are_said(harness: SyncHarness, failure: str) -> None:
    harness.sync()  # today's details are read
    harness.site.clock.advance(timedelta(hours=1))
    fail(harness, FAILURES[failure], "/rest/agile")

    assert sync_and_follow(harness) == ["open sprints"]


def test_a_notice_says_since_when_and_goes_when_the_part_is_read_again(harness: SyncHarness) -> None:
    harness.sync()
    assert harness.pipeline.notices() == []
    harness.site.clock.advance(timedelta(days=2))
    fail(harness, FAILURES["500"], LISTS["people"])
    harness.sync()
    (first,) = harness.pipeline.notices()
    harness.site.clock.advance(timedelta(hours=1))

    harness.sync()
    (second,) = harness.pipeline.notices()
    harness.site.faults.clear()
    result = harness.sync()

    assert second.since == first.since < harness.pipeline.clock() - timedelta(hours=1)
    assert "users" in second.reason
    assert "Their table is from" in second.reason
    assert (harness.pipeline.notices(), result.notices) == ([], [])


def test_boards_that_could_not_be_read_are_asked_for_again_within_the_hour(harness: SyncHarness) -> None:
    fail(harness, FAILURES["500"], "/rest/agile/1.0/board", when="projectKeyOrId")
    harness.sync()
    harness.site.faults.clear()

    harness.sync()
    assert [notice.part for notice in harness.pipeline.notices()] == ["boards"]
    harness.site.clock.advance(timedelta(hours=1))
    harness.sync()
    assert harness.pipeline.notices() == []


def test_only_an_identity_that_jira_refuses_stops_a_sync(harness: SyncHarness) -> None:
    fail(harness, FAILURES["401 of the gateway"], "/rest/api/3/search/jql")
    outcomes = harness.sync().outcomes
    assert [type(outcome.error) for outcome in outcomes] == [Forbidden] * len(outcomes)

    harness.site.switches.dead_credentials = True
    with pytest.raises(AuthenticationError, match="did not accept the API token"):
        harness.sync()
    harness.site.switches.dead_credentials = False


def test_a_site_of_which_only_the_issues_can_be_read_is_synced_from_nothing(tmp_path: Path) -> None:
    with open_harness(tmp_path) as harness:
        harness.track()
        for path in (
            "/rest/api/3/user",
            "/rest/api/3/status",
            "/rest/api/3/field",
            "/rest/api/3/project",
            "/rest/agile",
        ):
            fail(harness, FAILURES["500"], path)
        began = harness.pipeline.clock()

        result = harness.sync()

        assert not result.failures
        assert harness.ask("select count(*) from jira_issues") == [(len(harness.site.issues_truth()),)]
        assert harness.pipeline.clock() - began < timedelta(minutes=30)
        harness.site.faults.clear()
        harness.sync()
        assert harness.pipeline.notices() == []
        assert harness.differences() == []


ODD: list[Any] = [{"name": "without an id"}, None, 7, {"id": [], "accountId": {}}]


def test_odd_records_cost_themselves_alone_and_are_said_once(harness: SyncHarness) -> None:
    board = next(each for each in harness.site.catalog.boards.values() if each.type == "scrum")
    for path in (*LISTS.values(), "/rest/agile/1.0/board", f"/rest/agile/1.0/board/{board.id}/sprint"):
        harness.site.faults.add(odd_records(*ODD, path=path, exact=True))

    parts = sync_and_follow(harness)

    assert parts == sorted([*LISTS, "boards", "sprints"])
    assert all("4 records without an id skipped" in notice.reason for notice in harness.pipeline.notices())


def test_a_sprint_of_a_year_beyond_the_calendar_keeps_its_other_dates(harness: SyncHarness) -> None:
    board = next(each for each in harness.site.catalog.boards.values() if each.type == "scrum")
    sprint = {"id": 999, "startDate": "2026-11-02T09:00:00.000Z", "endDate": "12022-03-01T09:00:00.000Z"}
    harness.site.faults.add(odd_records(sprint, path=f"/rest/agile/1.0/board/{board.id}/sprint", exact=True))

    harness.sync()

    (row,) = (row for row in table(harness, "sprints") if row["sprint_id"] == "999")
    assert (row["sprint_name"], row["state"], row["ended_at"]) == (None, None, None)
    assert row["started_at"] == datetime(2026, 11, 2, 9, tzinfo=UTC)
