"""One question tells which projects changed, and a dead site is not taken for an idle one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.behaviour import Switches
from jira_assets.demo.http.site_faults import proxy_page
from jira_assets.demo.jql.syntax import parse
from jira_assets.demo.jql.tree import operands
from jira_assets.errors import AuthenticationError, Forbidden, IncompleteRead, ProjectOutOfSight
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.state import SyncRecord
from jira_assets.sync.change_query import ChangeQuestion, divide
from jira_assets.sync.health import judge_home
from jira_assets.sync.monitor import Evaluation, SensorState, evaluate
from jira_assets.sync.results import read_portfolio
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sampling import sampled

HALF_A_MINUTE = timedelta(seconds=30)
NOW_MS = 1_795_435_200_000
LATE = datetime(2026, 11, 23, tzinfo=UTC)


@contextmanager
def synced(home: Path) -> Iterator[SyncHarness]:
    """A site of four projects that were synced an hour ago."""
    with open_harness(home, generate_site(7, projects=4, issues=24, now_ms=NOW_MS)) as harness:
        harness.track()
        harness.sync()
        harness.site.clock.advance(timedelta(minutes=50))
        yield harness


@pytest.fixture
def harness(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    with templates.open(synced, tmp_path / "home") as harness:
        yield harness


class Onlooker:
    """Looks at a site again and again, the way the sensor does."""

    def __init__(self, harness: SyncHarness) -> None:
        self.harness = harness
        self.memory = SensorState()

    def look(self, *, later: timedelta = HALF_A_MINUTE) -> Evaluation:
        """Let some time pass, then look."""
        self.harness.site.clock.advance(later)
        look = evaluate(self.harness.pipeline.sites[0], self.memory)
        self.memory = look.memory
        return look

    def due(self, *, later: timedelta = HALF_A_MINUTE) -> dict[str, str]:
        """Look, and name what is due and why."""
        return {entry.project.project_key: entry.why for entry in self.look(later=later).due}

    def requests(self, ticks: int) -> list[str]:
        """Look some times, and name the paths that were asked."""
        mark = self.harness.site.journal.mark()
        for _ in range(ticks):
            self.look()
        return [request.path for request in self.harness.site.requests_since(mark)]


def records(harness: SyncHarness) -> dict[str, SyncRecord]:
    """The outcomes by key."""
    return {record.project_key: record for record in harness.pipeline.state.records.all()}


def edit_one(harness: SyncHarness, key: str) -> None:
    """Change the first issue of a project."""
    harness.site.edit_issue(next(iter(harness.site.issues_truth(key))), summary="edited")


@pytest.mark.parametrize(("ticks", "names"), sampled([(21, 2), (41, 3)]))
def test_an_idle_site_is_asked_one_question_a_tick_and_for_our_name_every_ten_minutes(
    harness: SyncHarness, ticks: int, names: int
) -> None:
    paths = Onlooker(harness).requests(ticks=ticks)

    assert paths.count("/rest/api/3/search/jql") == ticks
    assert paths.count("/rest/api/3/myself") == names
    assert len(paths) == ticks + names


@pytest.mark.prove
def test_a_quiet_weekend_makes_nothing_due(harness: SyncHarness) -> None:
    onlooker = Onlooker(harness)

    assert [onlooker.due(later=timedelta(minutes=50)) for _ in range(58)] == [{}] * 58


def test_exactly_the_changed_project_is_due_until_it_is_synced(harness: SyncHarness) -> None:
    onlooker = Onlooker(harness)
    assert onlooker.due() == {}
    key = harness.tracked[2].project_key
    edit_one(harness, key)

    assert onlooker.due() == {key: "changed"}
    harness.sync(key)
    assert onlooker.due() == {}
    assert harness.differences() == []


def test_a_change_that_becomes_searchable_late_is_found_by_the_deeper_look(harness: SyncHarness) -> None:
    onlooker = Onlooker(harness)
    onlooker.look()
    harness.site.switches.index_lag = timedelta(minutes=20)
    key = harness.tracked[0].project_key
    edit_one(harness, key)

    assert any(onlooker.due(later=timedelta(minutes=2)) == {key: "changed"} for _ in range(20))
    assert onlooker.look(later=timedelta(minutes=16)).probe is not None


def test_a_version_that_jira_names_and_does_not_give_starts_one_sync_only(harness: SyncHarness) -> None:
    onlooker = Onlooker(harness)
    onlooker.look()
    key = harness.tracked[1].project_key
    edit_one(harness, key)
    assert onlooker.due() == {key: "changed"}
    record = records(harness)[key]
    harness.site.clock.advance(timedelta(seconds=5))
    harness.pipeline.state.records.revise(
        record.project_id,
        key,
        lambda before: SyncRecord(**{**before.__dict__, "last_success_at": harness.pipeline.clock()}),
    )

    assert onlooker.due() == {}


def test_dead_credentials_are_not_an_idle_site(harness: SyncHarness) -> None:
    onlooker = Onlooker(harness)
    onlooker.look()
    harness.site.switches.dead_credentials = True

    with pytest.raises(AuthenticationError, match="did not accept the API token"):
        onlooker.look()
    harness.site.switches.dead_credentials = False
    assert onlooker.due() == {}


def test_a_site_that_shows_nothing_is_not_an_idle_site(harness: SyncHarness) -> None:
    harness.site.switches.unknown_projects_silent = True
    onlooker = Onlooker(harness)
    onlooker.look()
    for project in harness.tracked:
        harness.site.hide_project(project.project_key)

    with pytest.raises(IncompleteRead, match="returns no issue of any of the 4 tracked projects"):
        onlooker.look()


def test_a_deleted_newest_issue_is_not_a_dead_site(harness: SyncHarness) -> None:
    only = harness.tracked[0].project_key
    harness.pipeline.state.projects.untrack([project.project_key for project in harness.tracked[1:]])
    onlooker = Onlooker(harness)
    onlooker.look()
    onlooker.look()
    newest = max(harness.site.issues_truth(only).values(), key=lambda issue: issue.updated)
    harness.site.delete_issue(newest.id)

    assert len(onlooker.requests(ticks=1)) == 4  # the last one: is the project there?
    assert len(onlooker.requests(ticks=1)) == 1


def test_a_project_that_makes_the_question_fail_is_set_aside_and_the_others_go_on(
    harness: SyncHarness,
) -> None:
    onlooker = Onlooker(harness)
    onlooker.look()
    gone, changed = harness.tracked[0].project_key, harness.tracked[3].project_key
    harness.site.hide_project(gone)
    edit_one(harness, changed)

    look = onlooker.look()

    assert [entry.project.project_key for entry in look.due] == [changed]
    assert look.probe is not None
    assert [type(error) for error in look.probe.set_aside.values()] == [ProjectOutOfSight]
    assert records(harness)[gone].status == "error"
    assert records(harness)[gone].inactive_since is not None
    assert records(harness)[gone].issues > 0
    assert len(onlooker.requests(ticks=1)) == 1


@pytest.mark.parametrize(
    ("hide", "kind"), [("hide_project", ProjectOutOfSight), ("forbid_project", Forbidden)]
)
def test_a_project_that_drops_out_without_a_word_is_noticed(
    harness: SyncHarness, hide: str, kind: type[Exception]
) -> None:
    harness.site.switches.unknown_projects_silent = True
    onlooker = Onlooker(harness)
    onlooker.look()
    newest = max(harness.site.issues_truth().values(), key=lambda issue: issue.updated).project_key
    gone = next(project.project_key for project in harness.tracked if project.project_key != newest)
    getattr(harness.site, hide)(gone)

    look = onlooker.look()

    assert look.probe is not None
    assert [type(error) for error in look.probe.set_aside.values()] == [kind]
    assert gone in look.notices[0]
    assert look.due == []


def test_a_project_whose_newest_issue_is_gone_is_looked_at_once(harness: SyncHarness) -> None:
    onlooker = Onlooker(harness)
    onlooker.look()
    newest = max(harness.site.issues_truth().values(), key=lambda issue: issue.updated).project_key
    other = next(project.project_key for project in harness.tracked if project.project_key != newest)
    harness.site.delete_issue(
        max(harness.site.issues_truth(other).values(), key=lambda issue: issue.updated).id
    )

    assert len(onlooker.requests(ticks=1)) == 2
    assert len(onlooker.requests(ticks=4)) == 4
    assert {record.status for record in records(harness).values()} == {"complete"}


def test_a_project_that_is_being_worked_on_is_left_out(harness: SyncHarness) -> None:
    onlooker = Onlooker(harness)
    onlooker.look()
    busy = harness.tracked[0]
    edit_one(harness, busy.project_key)

    with harness.pipeline.lake.lock(busy.project_id, "sync"):
        assert onlooker.due() == {}
    assert onlooker.due() == {busy.project_key: "changed"}


def test_a_request_stands_until_the_project_was_tried(harness: SyncHarness) -> None:
    onlooker = Onlooker(harness)
    wanted = harness.tracked[1]
    harness.pipeline.state.clock = harness.pipeline.clock
    harness.pipeline.state.sync_requests.add(wanted.project_id)

    assert onlooker.due() == {wanted.project_key: "requested"}
    assert onlooker.due() == {wanted.project_key: "requested"}
    harness.sync(wanted.project_key)
    assert onlooker.due() == {}
    assert harness.pipeline.state.sync_requests.all() == []


def test_all_projects_can_be_asked_for_at_once(harness: SyncHarness) -> None:
    harness.pipeline.state.clock = harness.pipeline.clock
    harness.pipeline.state.sync_requests.add()

    assert set(Onlooker(harness).due().values()) == {"requested"}


def test_a_newly_tracked_project_is_due_though_nothing_can_be_probed(tmp_path: Path) -> None:
    with open_harness(tmp_path / "home") as harness:
        harness.track()
        assert set(Onlooker(harness).due().values()) == {"never synced"}


@pytest.fixture
def in_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask about two projects at a time."""
    monkeypatch.setattr("jira_assets.sync.change_query.PROJECTS_A_QUESTION", 2)


def pairs(harness: SyncHarness) -> list[list[str]]:
    """The keys of the projects that are asked about together."""
    keys = {project.project_id: project.project_key for project in harness.tracked}
    return [[keys[each] for each in ids] for ids in divide(sorted(keys))]


@pytest.mark.usefixtures("in_pairs")
def test_several_questions_find_what_one_would(harness: SyncHarness) -> None:
    onlooker = Onlooker(harness)
    assert onlooker.due() == {}
    assert onlooker.requests(ticks=3) == ["/rest/api/3/search/jql"] * 6
    changed = [keys[0] for keys in pairs(harness)]
    for key in changed:
        edit_one(harness, key)

    assert onlooker.due() == dict.fromkeys(changed, "changed")
    harness.sync(*changed)
    assert onlooker.due() == {}


@pytest.mark.usefixtures("in_pairs")
@pytest.mark.parametrize("ticks", [0, 1, 3])
def test_one_question_that_shows_nothing_is_noticed_though_the_others_are_answered(
    harness: SyncHarness, ticks: int
) -> None:
    harness.site.switches.unknown_projects_silent = True
    onlooker = Onlooker(harness)
    for _ in range(ticks):
        onlooker.look()
    blind = pairs(harness)[1]
    for key in blind:
        harness.site.hide_project(key)

    with pytest.raises(IncompleteRead, match="returns no issue of any of the 2 tracked projects"):
        onlooker.look()


def test_a_question_whose_newest_issue_was_deleted_is_explained_once(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jira_assets.sync.change_query.PROJECTS_A_QUESTION", 1)
    onlooker = Onlooker(harness)
    onlooker.look()
    onlooker.look()
    project = harness.tracked[2]
    issues = harness.site.issues_truth(project.project_key).values()
    harness.site.delete_issue(max(issues, key=lambda issue: issue.updated).id)

    assert sorted(onlooker.requests(ticks=1)) == [
        "/rest/api/3/myself",
        f"/rest/api/3/project/{project.project_id}",
        *["/rest/api/3/search/jql"] * 5,
    ]
    assert onlooker.requests(ticks=2) == ["/rest/api/3/search/jql"] * 8


@pytest.mark.usefixtures("in_pairs")
def test_a_project_that_makes_its_question_fail_leaves_the_other_questions_alone(
    harness: SyncHarness,
) -> None:
    onlooker = Onlooker(harness)
    onlooker.look()
    gone, changed = pairs(harness)[0][1], pairs(harness)[1][0]
    harness.site.hide_project(gone)
    edit_one(harness, changed)

    look = onlooker.look()

    assert [entry.project.project_key for entry in look.due] == [changed]
    assert {
        key: record.status for key, record in records(harness).items() if record.status != "complete"
    } == {gone: "error"}


def test_a_proxy_that_takes_short_questions_only_gets_short_ones(harness: SyncHarness) -> None:
    onlooker = Onlooker(harness)
    onlooker.look()
    ids = ", ".join(sorted(project.project_id for project in harness.tracked))
    harness.site.faults.add(proxy_page(413, "413 Request Entity Too Large", when=ids))
    changed = harness.tracked[1].project_key
    edit_one(harness, changed)

    assert onlooker.due() == {changed: "changed"}
    assert {record.status for record in records(harness).values()} == {"complete"}


def test_ten_thousand_projects_are_eight_questions_that_no_site_finds_too_long() -> None:
    ids = [str(10_000_000 + number) for number in range(10_000)]
    turn = set(ids[4_000:4_500])

    questions = [
        ChangeQuestion(some, LATE, {key: LATE for key in some if key in turn}) for some in divide(ids)
    ]
    parsed = [parse(question.jql).where for question in questions]

    assert sorted(key for question in questions for key in question.ids) == ids
    assert len(questions) == 8
    assert max(len(question.jql) for question in questions) < 16_000
    assert max(operands(where) for where in parsed if where) < 1400 < Switches().most_operands


def test_a_tick_over_idle_projects_reads_no_manifest(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jira_assets.lake.storage.local.SETTLED_NS", -1)
    onlooker = Onlooker(harness)
    onlooker.look()
    onlooker.look()
    read: list[str] = []

    def note(_: Lake, project_ids: Iterable[str], **_options: bool) -> dict[str, Manifest]:
        read.extend(project_ids)
        return {}

    for one in ("manifest", "readable_manifest"):
        monkeypatch.setattr(Lake, one, lambda _, project_id: read.append(project_id))
    monkeypatch.setattr(Lake, "readable_manifests", note)

    judge_home(harness.pipeline, onlooker.look().portfolio)

    assert read == []


def test_what_the_probe_found_is_in_the_portfolio_that_is_judged(harness: SyncHarness) -> None:
    onlooker = Onlooker(harness)
    gone, changed = harness.tracked[0].project_key, harness.tracked[3].project_key
    onlooker.look()
    harness.site.hide_project(gone)
    edit_one(harness, changed)

    portfolio = onlooker.look().portfolio

    assert portfolio == read_portfolio(harness.pipeline.state)
    assert portfolio.record_of(harness.tracked[0]).status == "error"


@pytest.mark.prove
def test_five_hundred_projects_cost_one_question_a_tick(tmp_path: Path) -> None:
    data = generate_site(1, projects=3, issues=30, now_ms=NOW_MS)
    with open_harness(tmp_path / "home", data) as harness:
        for number in range(500):
            harness.site.add_project(f"P{number}", f"Project {number}")
        harness.track()
        for project in harness.tracked:
            harness.pipeline.state.records.put(
                SyncRecord(
                    project.project_id,
                    project.project_key,
                    "complete",
                    watermark=harness.pipeline.clock(),
                    last_sync_at=harness.pipeline.clock(),
                    last_success_at=harness.pipeline.clock(),
                )
            )
        onlooker = Onlooker(harness)
        onlooker.look()
        paths = onlooker.requests(ticks=10)

    assert paths == ["/rest/api/3/search/jql"] * 10
