"""Two questions find what a sync has to read; what they do not settle is read by it as ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import odd_records
from jira_assets.sync import choose_tasks as choosing
from jira_assets.sync.choose_tasks import Choice, choose_tasks
from jira_assets.sync.external_inputs import note_followed, outside_identity
from jira_assets.sync.project import Task
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates

pytestmark = pytest.mark.few_tables

NOW_MS = 1_795_435_200_000
EVERY = ["MOB", "PAY", "WEB"]


def sync_and_publish(harness: SyncHarness) -> None:
    """Bring the tables up to date, and note that they show all decisions."""
    harness.sync()
    harness.publish()
    follow_decisions(harness)


def follow_decisions(harness: SyncHarness) -> None:
    """Note that the published tables show all decisions."""
    pipeline = harness.pipeline
    note_followed(pipeline.lake, outside_identity(pipeline.state, pipeline.settings))


def hide_silently(harness: SyncHarness, key: str) -> None:
    """Hide a project on a site that leaves it out of every answer, in place of an error."""
    harness.site.switches.unknown_projects_silent = True
    harness.site.hide_project(key)


@contextmanager
def published(home: Path) -> Iterator[SyncHarness]:
    """A site of three projects that were synced and published a minute ago, decisions included."""
    with open_harness(home, generate_site(7, projects=3, issues=24, now_ms=NOW_MS)) as harness:
        harness.track()
        sync_and_publish(harness)
        harness.site.clock.advance(timedelta(minutes=1))
        yield harness


@pytest.fixture
def harness(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    with templates.open(published, tmp_path / "home") as harness:
        yield harness


def choose(harness: SyncHarness) -> Choice:
    """Choose from all tracked projects."""
    return choose_tasks(harness.pipeline, harness.tracked)


def keys(choice: Choice) -> list[str]:
    """Name the projects that are to be read."""
    return [task.project.project_key for task in choice.tasks]


def test_when_nothing_changed_two_questions_settle_all_projects_and_the_state_says_so(
    harness: SyncHarness,
) -> None:
    before = {record.project_id: record.fresh_at for record in harness.pipeline.state.records.all()}
    mark = harness.site.journal.mark()

    choice = choose(harness)

    assert choice.is_idle
    assert choice.requests == 2
    assert [request.path.rsplit("/", 1)[-1] for request in harness.site.requests_since(mark)] in (
        ["myself", "jql"],
        ["jql", "myself"],
    )
    assert sorted(outcome.project_key for outcome in choice.current) == EVERY
    assert {outcome.result for outcome in choice.current} == {"complete"}
    for record in harness.pipeline.state.records.all():
        assert record.fresh_at is not None
        assert record.fresh_at - before[record.project_id] >= timedelta(seconds=58)  # type: ignore[operator]


def test_several_questions_about_projects_wait_for_no_thread_that_waits_for_them(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jira_assets.sync.change_query.PROJECTS_A_QUESTION", 1)
    pipeline = replace(harness.pipeline, settings=replace(harness.pipeline.settings, max_in_flight=1))

    choice = choose_tasks(pipeline, harness.tracked)

    assert choice.is_idle
    assert choice.requests == 1 + len(EVERY)


def test_a_changed_issue_chooses_its_project_alone(harness: SyncHarness) -> None:
    harness.site.edit_issue(next(iter(harness.site.issues_truth("PAY"))), summary="edited")

    choice = choose(harness)

    assert keys(choice) == ["PAY"]
    assert sorted(outcome.project_key for outcome in choice.current) == ["MOB", "WEB"]
    assert not choice.is_idle


def test_a_change_that_the_search_index_showed_late_is_found(harness: SyncHarness) -> None:
    with harness.site.indexed_late(timedelta(minutes=10)):
        harness.site.edit_issue(next(iter(harness.site.issues_truth("PAY"))), summary="edited")
    harness.site.clock.advance(timedelta(minutes=9))
    assert choose(harness).is_idle
    harness.site.clock.advance(timedelta(minutes=2))
    assert keys(choose(harness)) == ["PAY"]


def test_a_project_that_was_never_read_is_chosen_and_the_others_are_settled(tmp_path: Path) -> None:
    with open_harness(tmp_path / "home", generate_site(7, projects=3, issues=24, now_ms=NOW_MS)) as harness:
        harness.track("PAY", "WEB")
        harness.sync()
        harness.publish()
        harness.track()
        follow_decisions(harness)
        assert keys(choose(harness)) == ["MOB"]


def _a_decision(harness: SyncHarness) -> None:
    [project, *_] = harness.tracked
    harness.pipeline.state.projects.choose_fields(
        project.project_id, story_points="customfield_1", sprint=None
    )


def _a_request(harness: SyncHarness) -> None:
    harness.pipeline.state.sync_requests.add()


def _a_day(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(days=1))


def _a_while_with_an_open_sprint(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(minutes=20))


def _dead_credentials(harness: SyncHarness) -> None:
    harness.site.switches.dead_credentials = True


def _a_site_that_shows_nothing(harness: SyncHarness) -> None:
    for key in EVERY:
        harness.site.hide_project(key)


@pytest.mark.parametrize(
    "happens",
    [
        _a_decision,
        _a_request,
        _a_day,
        _a_while_with_an_open_sprint,
        _dead_credentials,
        _a_site_that_shows_nothing,
    ],
)
def test_what_the_questions_do_not_settle_leaves_every_project_to_the_sync(
    harness: SyncHarness, happens: Callable[[SyncHarness], None]
) -> None:
    happens(harness)
    assert keys(choose(harness)) == EVERY


def test_a_source_that_is_a_query_is_read_by_every_sync(harness: SyncHarness) -> None:
    settings = replace(harness.pipeline.settings, team="select 'a' as member_id, 'A' as display_name")
    assert keys(choose_tasks(replace(harness.pipeline, settings=settings), harness.tracked)) == EVERY


@pytest.mark.local_lake
def test_a_damaged_file_chooses_its_project(harness: SyncHarness) -> None:
    [project] = [each for each in harness.tracked if each.project_key == "WEB"]
    manifest = harness.pipeline.lake.manifest(project.project_id)
    assert manifest is not None
    harness.pipeline.lake.path(manifest.raw[0].path).write_bytes(b"")

    assert keys(choose(harness)) == ["WEB"]


def test_a_project_at_work_elsewhere_is_left_to_the_sync_which_waits(harness: SyncHarness) -> None:
    [project] = [each for each in harness.tracked if each.project_key == "WEB"]
    with harness.pipeline.lake.lock(project.project_id, "another sync"):
        assert keys(choose(harness)) == ["WEB"]


def test_a_project_that_jira_refuses_is_chosen(harness: SyncHarness) -> None:
    harness.site.forbid_project("PAY")
    assert keys(choose(harness)) == ["PAY"]


def test_without_changes_in_jira_a_missing_warehouse_is_still_published(harness: SyncHarness) -> None:
    harness.pipeline.settings.warehouse_file.unlink()

    choice = choose(harness)

    assert (keys(choice), choice.is_published, choice.is_idle) == ([], False, False)


def test_the_time_that_is_noted_is_not_later_than_jiras_clock(harness: SyncHarness) -> None:
    ours = timedelta(minutes=3)
    pipeline = replace(harness.pipeline, clock=lambda: harness.site.clock.now() + ours)

    choose_tasks(pipeline, harness.tracked)

    probed = [record.probed_at for record in harness.pipeline.state.records.all()]
    assert all(at is not None and at <= harness.site.clock.now() for at in probed)


@pytest.mark.prove
def test_every_project_is_called_by_name_so_that_none_is_left_out_silently(tmp_path: Path) -> None:
    data = generate_site(7, projects=6, issues=12, now_ms=NOW_MS)
    with open_harness(tmp_path / "home", data) as harness:
        harness.track()
        harness.sync()
        harness.site.clock.advance(timedelta(hours=2))
        sync_and_publish(harness)
        last = max(harness.tracked, key=lambda project: project.project_id)
        hide_silently(harness, last.project_key)

        assert keys(choose(harness)) == [last.project_key]


def test_a_project_that_changed_lately_and_is_left_out_silently_is_noticed(harness: SyncHarness) -> None:
    harness.site.edit_issue(next(iter(harness.site.issues_truth("WEB"))), summary="edited")
    harness.sync()
    hide_silently(harness, "WEB")

    assert keys(choose(harness)) == ["WEB"]


def test_of_many_projects_others_are_called_by_name_each_time(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "ALL_CALLED", 2)
    monkeypatch.setattr(choosing, "CALLED_BY_NAME", 1)
    harness.site.clock.advance(timedelta(hours=2))
    sync_and_publish(harness)
    hide_silently(harness, "WEB")

    assert any(keys(choose(harness)) == ["WEB"] for _ in range(100))


def test_who_we_are_is_asked_once_for_choosing_and_the_sync_that_follows(harness: SyncHarness) -> None:
    issue = next(iter(harness.site.store.documents))
    harness.site.edit_issue(issue, summary="Changed")

    mark = harness.site.journal.mark()

    harness.work_on(choose(harness).tasks)

    asked = [request.path for request in harness.site.requests_since(mark)]
    assert sum(path.endswith("/myself") for path in asked) == 1
    assert harness.ask("select count(*) from jira_issues where summary = 'Changed'") == [(1,)]


def searches_of(harness: SyncHarness, tasks: Sequence[Task]) -> int:
    """Do the tasks; return how often issues were searched for."""
    mark = harness.site.journal.mark()
    assert harness.work_on(tasks).failures == []
    return sum(request.path.endswith("/search/jql") for request in harness.site.requests_since(mark))


def edit_one_of_each_project(harness: SyncHarness) -> None:
    for key in EVERY:
        harness.site.edit_issue(next(iter(harness.site.issues_truth(key))), summary=f"changed in {key}")


def changed_summaries(harness: SyncHarness) -> list[tuple[str, ...]]:
    return harness.ask("select summary from jira_issues where summary like 'changed in%' order by 1")


def test_what_the_question_about_all_projects_listed_is_not_listed_again(harness: SyncHarness) -> None:
    edit_one_of_each_project(harness)

    tasks = choose(harness).tasks

    assert searches_of(harness, tasks) == 0
    assert changed_summaries(harness) == [(f"changed in {key}",) for key in EVERY]
    harness.site.clock.advance(timedelta(minutes=5))
    assert choose(harness).current


def test_a_project_that_was_quiet_for_longer_than_the_question_reaches_is_listed_again(
    harness: SyncHarness,
) -> None:
    """The question reaches back from when the last one found nothing new; a sync, from its last sync."""
    for _ in range(3):
        harness.site.clock.advance(timedelta(hours=1))
        follow_decisions(harness)
        choose(harness)
    edit_one_of_each_project(harness)

    tasks = choose(harness).tasks

    assert searches_of(harness, tasks) == len(EVERY)
    assert changed_summaries(harness) == [(f"changed in {key}",) for key in EVERY]


def test_an_answer_of_several_pages_is_not_taken_for_a_listing(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issues may change between two pages, and search does not say in which order it lists."""
    monkeypatch.setattr("jira_assets.jira.search.HEADS_A_PAGE", 2)
    edit_one_of_each_project(harness)

    tasks = choose(harness).tasks

    assert searches_of(harness, tasks) >= len(EVERY)
    assert changed_summaries(harness) == [(f"changed in {key}",) for key in EVERY]


@pytest.mark.prove
def test_an_answer_with_an_issue_without_an_id_is_not_taken_for_a_listing(harness: SyncHarness) -> None:
    edit_one_of_each_project(harness)
    nameless: dict[str, object] = {"id": None, "key": "PAY-1", "fields": {}}
    harness.site.faults.add(odd_records(nameless, path="/rest/api/3/search/jql", count=1))

    tasks = choose(harness).tasks

    assert searches_of(harness, tasks) == len(EVERY)
    assert changed_summaries(harness) == [(f"changed in {key}",) for key in EVERY]


def test_a_sync_without_choosing_asks_who_we_are_each_time(harness: SyncHarness) -> None:
    tasks = [Task(project) for project in harness.tracked]
    choose(harness)
    harness.pipeline.work_on(tasks)
    mark = harness.site.journal.mark()

    harness.pipeline.work_on(tasks)

    assert any(request.path.endswith("/myself") for request in harness.site.requests_since(mark))
