"""What would be wrong without a word is said: estimates, cut lists, settings that match nothing, boards."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jira_assets.demo.data import DemoBoard, DemoSprint
from jira_assets.jira.models import Field, FieldSchema
from jira_assets.lake.manifest import CutList, FieldMapping
from jira_assets.settings.load import load_settings
from jira_assets.state import TrackedProject
from jira_assets.sync.estimate_checks import estimate_notices
from jira_assets.sync.field_discovery import NUMBER_TYPE
from jira_assets.sync.notices import ActiveNotice, in_lines
from jira_assets.sync.setting_checks import KnownNames, unmatched_settings
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.lake_fixture import NOON, LakeFixture, seen

PROJECT = TrackedProject("10", "P10", "Pay", True, None, None, NOON, None)
SPRINT = {"id": 7, "name": "Sprint 7", "state": "active"}


def number_field(field_id: str, name: str) -> Field:
    """A field that holds numbers."""
    return Field(id=field_id, name=name, custom=True, schema=FieldSchema(custom=NUMBER_TYPE))


def estimates(bench: LakeFixture, *fields: Field, chosen: str | None = None, **values: Any) -> list[str]:
    """What is said of the estimates of a project with one issue that has these values."""
    manifest = bench.manifest()
    manifest.mapping = FieldMapping(chosen, "customfield_20")
    bench.lake.commit(manifest)
    bench.land_and_derive(seen("1", values))
    notices = estimate_notices(bench.lake, bench.manifest(), fields, NOON)
    return [notice.reason for notice in notices]


def test_a_renamed_field_of_story_points_is_named_as_a_candidate(bench: LakeFixture) -> None:
    renamed, budget = number_field("customfield_16", "Story-Points"), number_field("customfield_17", "Budget")

    (said,) = estimates(bench, renamed, budget, customfield_16=5, customfield_17=1000)

    assert said == (
        "No story-point or estimate field was found. Likely candidates: Story-Points (customfield_16)."
    )


def test_an_empty_field_of_story_points_is_said_where_another_is_filled(bench: LakeFixture) -> None:
    points, effort = number_field("customfield_16", "Story Points"), number_field("customfield_17", "Effort")

    (said,) = estimates(bench, points, effort, chosen="customfield_16", customfield_17=3)

    assert "read from Story Points (customfield_16), which is empty" in said
    assert "Effort (customfield_17)" in said


def test_sprints_without_any_estimate_are_said_and_a_project_without_sprints_is_not(
    bench: LakeFixture,
) -> None:
    assert estimates(bench, number_field("customfield_17", "Budget"), customfield_17=3) == []
    (said,) = estimates(bench, number_field("customfield_17", "Budget"), customfield_20=[SPRINT])
    assert said == "No story-point or estimate field was found."


def test_estimates_that_are_no_numbers_are_counted(bench: LakeFixture) -> None:
    points = number_field("customfield_16", "Story Points")

    (said,) = estimates(bench, points, chosen="customfield_16", customfield_16="XL")

    assert said == "Story Points (customfield_16) contains values that are not numbers in 1 issue."


def test_estimates_as_they_should_be_are_not_mentioned(bench: LakeFixture) -> None:
    points = number_field("customfield_16", "Story Points")
    assert estimates(bench, points, chosen="customfield_16", customfield_16=3) == []
    assert estimates(bench, chosen="customfield_16") == []  # the fields of the site are not known


def test_comments_and_worklogs_that_jira_cut_are_counted(bench: LakeFixture) -> None:
    cut = {"comments": [{"id": "1"}] * 20, "maxResults": 20, "total": 171, "startAt": 0}
    whole = {"comments": [{"id": "1"}], "maxResults": 20, "total": 1, "startAt": 0}
    bench.land(
        [
            seen("1", {"comment": cut, "worklog": {"worklogs": [], "total": 0}}),
            seen("2", {"comment": whole, "worklog": {"worklogs": [{"id": "5"}], "total": 3}}),
            seen("3", {"comment": "odd", "worklog": {"total": "many"}}),
            seen("4"),
        ]
    )

    bench.derive(embeds_lists=True)

    cut_lists = bench.manifest().derived["issues"].cut
    assert cut_lists == {"comment": CutList(1, 21, 172), "worklog": CutList(1, 1, 3)}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory, engine: duckdb.DuckDBPyConnection) -> KnownNames:
    """The names of a small site."""
    bench = LakeFixture(tmp_path_factory.mktemp("known"), engine)
    bench.land_site("projects", {"project_id": "10", "project_key": "P10", "former_keys": ["OLD"]})
    bench.land_site(
        "statuses", {"status_id": "3", "status": "Done"}, {"status_id": "4", "status": "In Review"}
    )
    bench.land_site("fields", {"field_id": "customfield_16", "field_name": "Story Points"})
    change = {"field": "status", "fieldId": "status", "from": "9", "fromString": "Triage", "to": "3"}
    history = {"id": "1", "created": "2026-01-01T10:00:00.000Z", "items": [change]}
    issue = {
        "status": {"id": "3", "name": "Done"},
        "resolution": {"name": "Fixed"},
        "issuetype": {"name": "Story", "hierarchyLevel": 0},
    }
    bench.land_and_derive(seen("1", issue, histories=[history]))
    return KnownNames(bench.lake, [PROJECT])


def settings_said(known: KnownNames, home: Path, **settings: str) -> list[str]:
    """What is said of these settings on that site."""
    chosen = load_settings({"home": str(home), **settings}, {}, dotenv=None, stored={})
    return [
        f"{notice.part}: {notice.reason} {notice.instruction}"
        for notice in unmatched_settings(known, chosen, NOON)
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"extra_fields": "story points, customfield_16", "story_points_field": "customfield_16"},
        {"excluded_fields": "comment, worklog"},
        {"active_statuses": "in review, 3; P10: Triage, 9"},
        {"blocked_statuses": "Triage"},
        {"status_categories": "Triage = to do; P10: done = done"},
        {"undelivered_resolutions": "Fixed, Won't Do"},
        {"hierarchy_levels": "0"},
    ],
)
def test_settings_that_match_something_are_not_mentioned(
    known: KnownNames, tmp_path: Path, settings: dict[str, str]
) -> None:
    assert settings_said(known, tmp_path, **settings) == []


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("extra_fields", "Severity", ["“Severity”", "no field of the site"]),
        ("excluded_fields", "comment, descripton", ["“descripton”", "no field"]),
        ("story_points_field", "Story Points", ["Story Points is the name of customfield_16"]),
        ("sprint_field", "customfield_99", ["“customfield_99”", "Did you mean customfield_16"]),
        ("active_statuses", "In Revew", ["“In Revew”", "Did you mean In Review"]),
        ("blocked_statuses", "In Revew", ["“In Revew”", "Did you mean In Review"]),
        ("status_categories", "P10: Resolved = done", ["“Resolved”", "in any history"]),
        ("undelivered_resolutions", "Parked", ["“Parked”", "no issue has or had that resolution"]),
        ("hierarchy_levels", "0, 7", ["“7”", "no issue has that level"]),
        ("hierarchy_levels", "0; NONE: 0", ["“NONE”", "no project of the site"]),
        ("active_statuses", "Done; OLD: Done", ["“OLD”", "OLD was renamed to P10"]),
    ],
)
def test_a_name_that_the_site_does_not_know_is_said_with_its_setting(
    known: KnownNames, tmp_path: Path, setting: str, value: str, words: list[str]
) -> None:
    (said,) = settings_said(known, tmp_path, **{setting: value})

    assert said.startswith(f"setting JIRA_ASSETS_{setting.upper()}: “")
    assert all(word in said for word in words), said


def test_nothing_is_said_of_settings_before_anything_was_read(bench: LakeFixture) -> None:
    chosen = load_settings(
        {"home": str(bench.lake.root), "extra_fields": "x", "active_statuses": "Doing; P10: x"}, {}, None, {}
    )
    assert list(unmatched_settings(KnownNames(bench.lake, [PROJECT]), chosen, NOON)) == []


@pytest.mark.few_tables
def test_a_setting_that_matches_nothing_is_said_by_sync_and_publish_and_then_no_more(tmp_path: Path) -> None:
    with open_harness(tmp_path, extra_fields="No Such Field") as harness:
        harness.track()
        result = harness.sync()

        assert [notice.part for notice in harness.pipeline.notices()] == ["setting JIRA_ASSETS_EXTRA_FIELDS"]
        assert "“No Such Field”" in result.notices[-1]

    with open_harness(tmp_path) as harness:
        harness.pipeline.publish_decisions()
        assert harness.pipeline.notices() == []


def test_many_notices_are_cut_where_a_person_reads_them() -> None:
    many = [ActiveNotice(f"part {number}", "No.", "", NOON) for number in range(25)]

    assert len(in_lines(many)) == 21
    assert in_lines(many)[-1].startswith("5 more notices: ")
    assert len(in_lines(many[:20])) == 20


def test_sprints_of_the_last_of_many_boards_are_found(synced: SyncHarness) -> None:
    project = synced.tracked[0]
    for number in range(500, 560):
        synced.site.catalog.boards[number] = DemoBoard(number, f"b{number}", "scrum", int(project.project_id))
    synced.site.catalog.sprints[9000] = DemoSprint(9000, "On the last board", "future", 559)
    synced.site.clock.advance(timedelta(days=1))

    synced.sync()

    assert synced.ask("select sprint_name from jira_sprints where sprint_id = '9000'") == [
        ("On the last board",)
    ]
    assert synced.pipeline.notices() == []


def test_boards_beyond_the_most_are_said(synced: SyncHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jira_assets.sync.project_details.MOST_BOARDS_ASKED", 2)
    project = synced.tracked[0]
    for number in range(500, 505):
        synced.site.catalog.boards[number] = DemoBoard(number, f"b{number}", "scrum", int(project.project_id))
    synced.site.clock.advance(timedelta(days=1))

    synced.sync()

    (notice,) = (each for each in synced.pipeline.notices() if project.project_key in each.projects)
    assert (notice.part, notice.projects) == ("boards", (project.project_key,))
    assert notice.reason == "Only 2 of 6 boards were read."
    synced.site.clock.advance(timedelta(days=2))
    monkeypatch.undo()
    synced.sync()
    assert synced.pipeline.notices() == []
