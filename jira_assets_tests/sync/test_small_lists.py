"""The small lists of a site: versions, components, boards with columns, types, priorities, resolutions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from jira_assets.demo.data import DemoBoard, DemoProject, DemoResolution
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import answer, odd_records, server_error
from jira_assets_tests.harness import MONDAY_NOON, SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sampling import sampled

FORBIDDEN = '{"errorMessages":["You do not have permission."],"errors":{}}'
DAY = timedelta(days=1)


@contextmanager
def synced(home: Path) -> Iterator[SyncHarness]:
    """Sync a site of three projects: company-managed with scrum and kanban boards, and team-managed."""
    with open_harness(
        home, generate_site(11, projects=3, issues=24, now_ms=int(MONDAY_NOON.timestamp() * 1000))
    ) as harness:
        harness.track()
        harness.sync()
        yield harness


@pytest.fixture
def harness(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    with templates.open(synced, tmp_path / "home") as harness:
        yield harness


def tomorrow(harness: SyncHarness) -> list[str]:
    """Sync a day later, when every list is read again; return the parts that people are told of."""
    harness.site.clock.advance(DAY)
    harness.sync()
    return [notice.part for notice in harness.pipeline.notices()]


def rows(harness: SyncHarness, query: str) -> list[tuple[Any, ...]]:
    return sorted(harness.ask(query), key=str)


def board_of(harness: SyncHarness, kind: str) -> DemoBoard:
    return next(each for each in harness.site.catalog.boards.values() if each.type == kind)


def project_with(harness: SyncHarness, part: str) -> DemoProject:
    return next(each for each in harness.site.catalog.projects.values() if getattr(each, part))


def columns_of(harness: SyncHarness, board: DemoBoard) -> list[tuple[Any, ...]]:
    return harness.ask(
        "select column_name, status_ids, min_issues, max_issues from jira_board_columns "
        f"where board_id = '{board.id}' order by position"
    )


def test_every_list_is_as_the_site_has_it(harness: SyncHarness) -> None:
    catalog = harness.site.catalog
    projects = catalog.projects.values()

    assert rows(harness, "select version_id, version, project_id from jira_versions") == sorted(
        (each["id"], each["name"], str(project.id)) for project in projects for each in project.versions
    )
    assert rows(
        harness,
        "select component_id, component, description, lead_account_id, assignee_type from jira_components",
    ) == sorted(
        (
            (
                each["id"],
                each["name"],
                each.get("description") or None,
                each.get("lead"),
                each.get("assigneeType", "PROJECT_DEFAULT"),
            )
            for project in projects
            for each in project.components
        ),
        key=str,
    )
    assert rows(
        harness, "select issue_type_id, issue_type, hierarchy_level, project_id from jira_issue_types"
    ) == sorted(
        (
            (each.id, each.name, each.hierarchy_level, str(each.project_id) if each.project_id else None)
            for each in catalog.issue_types.values()
        ),
        key=str,
    )
    assert harness.ask("select priority_id, priority, is_default from jira_priorities order by position") == [
        (each.id, each.name, each.is_default) for each in catalog.priorities.values()
    ]
    assert rows(harness, "select resolution_id, resolution, is_default from jira_resolutions") == sorted(
        (each.id, each.name, each.is_default) for each in catalog.resolutions.values()
    )
    assert rows(harness, "select field_id, field_name from jira_fields") == sorted(
        (each.id, each.name) for each in catalog.fields.values()
    )


def test_boards_have_their_columns_statuses_and_limits(harness: SyncHarness) -> None:
    shown = rows(
        harness,
        "select board_id, board_name, board_type, project_ids, constraint_type, estimation_field "
        "from jira_boards",
    )
    boards = harness.site.catalog.boards.values()
    assert shown == sorted(
        (
            (
                str(each.id),
                each.name,
                each.type,
                [str(each.project_id)],
                each.constraint,
                each.estimation_field,
            )
            for each in boards
        ),
        key=str,
    )
    kanban = board_of(harness, "kanban")
    assert kanban.columns
    assert columns_of(harness, kanban) == [
        (each["name"], [status["id"] for status in each["statuses"]], each.get("min"), each.get("max"))
        for each in kanban.columns
    ]
    limits = [(name, low, most) for name, _, low, most in columns_of(harness, kanban)]
    assert limits[0] == ("Backlog", None, None)
    assert ("In Progress", 1, 8) in limits
    names = dict(harness.ask("select status_id, status from jira_statuses"))
    for ids, statuses in harness.ask("select status_ids, statuses from jira_board_columns"):
        assert statuses == [names[each] for each in ids]


def test_a_day_costs_two_requests_a_project_one_a_board_and_one_for_its_sprints(harness: SyncHarness) -> None:
    boards = Counter(each.type for each in harness.site.catalog.boards.values())
    mark = harness.site.journal.mark()
    tomorrow(harness)
    asked = Counter(request.path for request in harness.site.requests_since(mark))

    of_boards = sum(count for path, count in asked.items() if path.startswith("/rest/agile"))
    assert of_boards == len(harness.tracked) + 2 * boards.total() - boards["kanban"]
    assert sum(path.startswith("/rest/api/3/project/1") for path in asked) == len(harness.tracked)
    lists = ("issuetype", "priority", "resolution/search", "field", "status")
    assert [asked[f"/rest/api/3/{name}"] for name in lists] == [1] * len(lists)


def test_an_hour_later_none_of_them_is_asked_for(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(hours=1))
    paths = {request.path for request in harness.requests_of()}
    lists = ("configuration", "/project/", "priority", "issuetype", "resolution", "component")
    assert not [path for path in paths if any(each in path for each in lists)]


def test_boards_in_every_form_are_read_as_far_as_they_go(harness: SyncHarness) -> None:
    scrum, kanban, simple = (board_of(harness, kind) for kind in ("scrum", "kanban", "simple"))
    scrum.columns = []
    kanban.columns = [
        {"name": "No statuses", "statuses": None},
        {"name": "Odd limits", "statuses": [{"id": 3}, {"name": "without an id"}], "min": "2", "max": "many"},
        {"statuses": [], "max": 0},
    ]
    simple.columns = None
    kanban.constraint = "issueCountExclSubs"

    assert tomorrow(harness) == ["board configuration"]

    assert columns_of(harness, scrum) == []
    assert columns_of(harness, kanban) == [
        ("No statuses", [], None, None),
        ("Odd limits", ["3"], 2, None),
        (None, [], None, 0),
    ]
    assert len(columns_of(harness, simple)) == 3
    assert harness.ask(f"select constraint_type from jira_boards where board_id = '{kanban.id}'") == [
        ("issueCountExclSubs",)
    ]
    assert "malformed" in harness.pipeline.notices()[0].reason


@pytest.mark.prove
def test_a_board_whose_filter_is_not_shared_keeps_its_columns_and_is_asked_daily(
    harness: SyncHarness,
) -> None:
    board = board_of(harness, "kanban")
    before = columns_of(harness, board)
    board.filter_shared = False
    board.name = "Renamed"

    assert tomorrow(harness) == ["board configuration"]

    assert columns_of(harness, board) == before != []
    assert ("Renamed",) in harness.ask("select board_name from jira_boards")
    [notice] = harness.pipeline.notices()
    assert f"board {board.id} “Renamed”" in notice.reason
    harness.site.clock.advance(timedelta(hours=2))
    assert not [each for each in harness.requests_of() if "configuration" in each.path]
    board.filter_shared = True
    assert tomorrow(harness) == []


@pytest.mark.parametrize(("kind", "asked"), sampled([("scrum", 1), ("kanban", 0)]))
def test_a_token_without_the_scope_is_tried_hourly_only_where_estimates_need_it(
    harness: SyncHarness, kind: str, asked: int
) -> None:
    board = board_of(harness, kind)
    lacking = '{"code":401,"message":"Unauthorized; scope does not match"}'
    harness.site.faults.add(answer(401, lacking, path=f"/rest/agile/1.0/board/{board.id}/configuration"))
    assert tomorrow(harness) == ["board configuration"]

    harness.site.clock.advance(timedelta(hours=2))
    paths = [each.path for each in harness.requests_of()]
    assert paths.count(f"/rest/agile/1.0/board/{board.id}/configuration") == asked


def test_a_board_of_several_projects_belongs_to_each_until_it_shows_none(harness: SyncHarness) -> None:
    board, projects = board_of(harness, "kanban"), sorted(harness.site.catalog.projects)
    board.more_projects = [each for each in projects if each != board.project_id]
    assert tomorrow(harness) == []
    query = f"select project_ids from jira_boards where board_id = '{board.id}'"
    assert harness.ask(query) == [([str(each) for each in projects],)]

    board.more_projects = []
    tomorrow(harness)
    assert harness.ask(query) == [([str(board.project_id)],)]
    del harness.site.catalog.boards[board.id]
    assert tomorrow(harness) == []
    assert harness.ask(query) == columns_of(harness, board) == []


def test_versions_in_every_form_are_read(harness: SyncHarness) -> None:
    project = project_with(harness, "versions")
    project.versions = [
        {"id": "1", "name": "without dates"},
        {"id": "2", "name": "late", "archived": False, "released": False, "releaseDate": "2026-11-20"},
        {"id": "3", "name": "given up", "archived": True, "released": False, "releaseDate": "2026-11-20"},
        {"id": "4", "name": "out", "released": True, "releaseDate": "2026-11-20", "startDate": "2026-11-01"},
        {"id": "5", "name": "odd", "released": "maybe", "releaseDate": "soon", "description": ["x"]},
        {"id": 6, "name": "today", "releaseDate": "2026-11-24"},
    ]

    assert tomorrow(harness) == ["project details"]

    query = (
        "select version_id, start_date, release_date, is_released, is_archived, is_overdue "
        f"from jira_versions where project_id = '{project.id}' order by version_id"
    )
    late = date(2026, 11, 20)
    assert harness.ask(query) == [
        ("1", None, None, False, False, False),
        ("2", None, late, False, False, True),
        ("3", None, late, False, True, False),
        ("4", date(2026, 11, 1), late, True, False, False),
        ("5", None, None, False, False, False),
        ("6", None, date(2026, 11, 24), False, False, False),
    ]


def test_the_day_on_which_a_version_was_released_is_the_one_that_first_shows_it(harness: SyncHarness) -> None:
    version = next(each for each in project_with(harness, "versions").versions if not each["released"])
    query = f"select is_released, seen_released_at from jira_versions where version_id = '{version['id']}'"
    assert harness.ask(query) == [(False, None)]

    version["released"] = True
    tomorrow(harness)
    seen = harness.ask(query)
    assert seen == [(True, (MONDAY_NOON + DAY).replace(tzinfo=None))]
    tomorrow(harness)
    assert harness.ask(query) == seen
    version["released"] = False
    tomorrow(harness)
    assert harness.ask(query) == [(False, None)]


def test_leads_that_projects_leave_out_cost_one_request_for_those_with_components(
    harness: SyncHarness,
) -> None:
    query = "select * from jira_components order by component_id"
    before = harness.ask(query)
    harness.site.switches.short_components = True
    mark = harness.site.journal.mark()

    assert tomorrow(harness) == []

    with_components = [each for each in harness.site.catalog.projects.values() if each.components]
    asked = [each for each in harness.site.requests_since(mark) if each.path.endswith("/components")]
    assert len(asked) == len(with_components) < len(harness.tracked)
    assert harness.ask(query) == before
    harness.site.switches.components_forbidden = True
    with_components[0].components[0]["name"] = "Renamed"
    assert tomorrow(harness) == ["components"]
    assert Counter(row[4] for row in harness.ask(query)) == Counter(row[4] for row in before)
    assert "Renamed" in {row[2] for row in harness.ask(query)}


@pytest.mark.parametrize(
    "path", sampled(["/rest/api/3/priority", "/rest/api/3/issuetype", "/rest/api/3/resolution/search"])
)
def test_a_list_that_cannot_be_read_keeps_its_table_and_is_asked_again(
    harness: SyncHarness, path: str
) -> None:
    queries = [
        f"select * from {table} order by all"
        for table in ("jira_priorities", "jira_issue_types", "jira_resolutions")
    ]
    before = [harness.ask(query) for query in queries]
    harness.site.faults.add(answer(403, FORBIDDEN, path=path))

    assert len(tomorrow(harness)) == 1

    assert [harness.ask(query) for query in queries] == before
    harness.site.faults.clear()
    assert {request.path for request in harness.requests_of()} >= {path}
    assert harness.pipeline.notices() == []


def test_malformed_records_of_a_list_are_left_out_alone(harness: SyncHarness) -> None:
    odd = ({"name": "without an id"}, 7, {"id": "77", "name": ["x"], "isDefault": "perhaps"})
    harness.site.faults.add(odd_records(*odd, path="/rest/api/3/priority", exact=True))

    assert tomorrow(harness) == ["priorities"]

    found = harness.ask("select priority_id, priority, is_default from jira_priorities")
    assert len(found) == len(harness.site.catalog.priorities) + 1
    assert ("77", None, None) in found


def test_lists_of_more_than_one_page_come_whole(harness: SyncHarness) -> None:
    catalog, project = harness.site.catalog, project_with(harness, "components")
    for number in range(1000, 1120):
        catalog.resolutions[str(number)] = DemoResolution(str(number), f"Resolution {number}")
    for board_id in range(100, 170):
        catalog.boards[board_id] = DemoBoard(board_id, f"Board {board_id}", "kanban", project.id)
    project.components += [{"id": str(number), "name": f"Part {number}"} for number in range(500, 620)]

    assert tomorrow(harness) == []

    for table, count in (
        ("jira_resolutions", len(catalog.resolutions)),
        ("jira_boards", len(catalog.boards)),
        ("jira_components", sum(len(each.components) for each in catalog.projects.values())),
    ):
        assert harness.ask(f"select count(*) from {table}") == [(count,)]


def test_a_new_version_that_an_issue_names_is_there_after_the_same_sync(harness: SyncHarness) -> None:
    project = project_with(harness, "versions")
    issue = next(each for each in harness.site.issues_truth().values() if each.project_id == str(project.id))
    project.versions.append({"id": "777", "name": "fresh", "released": False, "archived": False})
    harness.site.clock.advance(timedelta(minutes=30))
    harness.site.edit_issue(issue.key, fix_versions=["fresh"])

    asked = [each.path for each in harness.requests_of() if each.path.startswith("/rest/api/3/project/")]

    assert asked == [f"/rest/api/3/project/{project.id}"]
    assert harness.ask("select version from jira_versions where version_id = '777'") == [("fresh",)]
    harness.site.clock.advance(timedelta(minutes=30))
    harness.site.edit_issue(issue.key, summary="again")
    assert not [each for each in harness.requests_of() if each.path.startswith("/rest/api/3/project/")]


@pytest.mark.prove
def test_what_no_list_has_is_asked_for_once_only(harness: SyncHarness) -> None:
    issue = next(iter(harness.site.issues_truth().values()))
    for kind in harness.site.catalog.issue_types.values():
        kind.project_id = kind.project_id or 999  # of a project that is out of sight
    harness.site.clock.advance(timedelta(minutes=30))
    harness.site.edit_issue(issue.key, summary="edited")
    asked = []
    for _ in range(2):
        asked.append(len([each for each in harness.requests_of() if each.path == "/rest/api/3/issuetype"]))
        harness.site.clock.advance(timedelta(minutes=30))

    assert asked == [0, 0]
    assert tomorrow(harness) == []
    assert harness.ask("select count(*) from jira_issue_types where project_id is null") == [(0,)]
    harness.site.edit_issue(issue.key, summary="edited again")
    for _ in range(2):
        asked.append(len([each for each in harness.requests_of() if each.path == "/rest/api/3/issuetype"]))
        harness.site.clock.advance(timedelta(minutes=30))
    assert asked == [0, 0, 1, 0]


def test_a_home_of_other_columns_reads_the_lists_again_at_once(harness: SyncHarness) -> None:
    manifest = harness.pipeline.lake.site_manifest()
    before = harness.ask("select * from jira_versions order by all")
    manifest.tables = {name: table for name, table in manifest.tables.items() if name != "boards"}
    for project_id, details in manifest.projects.items():
        manifest.set_project(project_id, type(details)(details.refreshed_at, boards=details.boards))
    with harness.pipeline.lake.lock("site", "test"):
        harness.pipeline.lake.commit_site(manifest)

    harness.sync()

    assert harness.ask("select count(*) from jira_boards") == [(len(harness.site.catalog.boards),)]
    assert harness.ask("select * from jira_versions order by all") == before


@pytest.mark.prove
def test_details_that_cannot_be_read_keep_versions_and_boards(harness: SyncHarness) -> None:
    tables = ("jira_versions", "jira_components", "jira_boards", "jira_board_columns")
    before = [harness.ask(f"select * from {table} order by all") for table in tables]
    harness.site.faults.add(server_error(500, path="/rest/api/3/project/1"))
    harness.site.faults.add(server_error(500, path="/rest/agile/1.0/board"))

    assert tomorrow(harness) == ["project details"]

    assert [harness.ask(f"select * from {table} order by all") for table in tables] == before
