"""Two sites with equal ids and keys in one home, over HTTP: neither speaks for the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jira_assets.demo.data import SiteData
from jira_assets.demo.generate.generate import generate_site
from jira_assets.errors import AuthenticationError
from jira_assets.lake.lake import Lake
from jira_assets.state import ConnectedSite, TeamMember
from jira_assets.sync.choose_tasks import choose_tasks
from jira_assets.sync.external_inputs import note_followed, outside_identity
from jira_assets.sync.home_monitor import evaluate_home
from jira_assets.sync.pipeline import open_pipeline
from jira_assets.sync.site_removal import find_contents, remove_folders_of_no_site, remove_site
from jira_assets_tests.harness import MONDAY_NOON, open_harness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.two_sites import TwoSites, open_two_sites, with_other_field_ids
from jira_assets_tests.warehouse.several_sites import differences, rows_of

NOW_MS = int(MONDAY_NOON.timestamp() * 1000)


def site_data() -> SiteData:
    """Generate the site that both are: equal ids, keys, sprints and statuses."""
    return generate_site(11, projects=2, issues=40, now_ms=NOW_MS)


@contextmanager
def connected(home: Path) -> Iterator[TwoSites]:
    """Connect a home to both; on acme, custom fields have each other's ids."""
    with open_two_sites(home, site_data(), with_other_field_ids(site_data())) as sites:
        sites.track_all()
        yield sites


@contextmanager
def synced(home: Path) -> Iterator[TwoSites]:
    """Connect a home to both, and sync them."""
    with connected(home) as sites:
        assert set(sync(sites).values()) == {"complete"}
        yield sites


@pytest.fixture
def sites(tmp_path: Path, templates: HomeTemplates) -> Iterator[TwoSites]:
    """Open a home that has both."""
    with templates.open_two(synced, tmp_path / "home") as sites:
        yield sites


@pytest.fixture
def unsynced(tmp_path: Path) -> Iterator[TwoSites]:
    """Open a home before its first sync."""
    with connected(tmp_path / "home") as sites:
        yield sites


def sync(sites: TwoSites) -> dict[str, str]:
    """Sync everything; return the result of each project."""
    result = sites.ours.sync()
    return {outcome.project_key: outcome.result for outcome in result.outcomes}


def published(sites: TwoSites) -> dict[str, list[tuple[Any, ...]]]:
    result = sites.pipeline.publish(force=True)
    assert result is not None
    return rows_of(result.file)


def alone(home: Path, data: SiteData) -> dict[str, list[tuple[Any, ...]]]:
    """Publish a site in a home of its own."""
    with open_harness(home, data) as harness:
        harness.track()
        harness.sync()
        result = harness.pipeline.publish(force=True)
        assert result is not None
        return rows_of(result.file)


@pytest.mark.prove
def test_each_site_has_the_tables_that_it_has_alone(sites: TwoSites, tmp_path: Path) -> None:
    assert len(sites.pipeline.state.projects.tracked()) == 4
    both = published(sites)
    first = alone(tmp_path / "first", site_data())
    second = alone(tmp_path / "second", with_other_field_ids(site_data()))
    assert differences(both, first, "") == {}
    assert differences(both, second, "acme:") == {}


def follow_decisions(sites: TwoSites) -> None:
    pipeline = sites.pipeline
    pipeline.publish()
    note_followed(pipeline.lake, outside_identity(pipeline.state, pipeline.settings))


def requests_to_each(sites: TwoSites, marks: tuple[int, int]) -> tuple[int, int]:
    first, second = marks
    return len(sites.ours.site.requests_since(first)), len(sites.acme.requests_since(second))


def marks_of(sites: TwoSites) -> tuple[int, int]:
    return sites.ours.site.journal.mark(), sites.acme.journal.mark()


def first_issue(sites: TwoSites) -> str:
    """Name an issue that both sites have."""
    return min(issue.key for issue in sites.acme.issues_truth().values())


@pytest.mark.few_tables
def test_a_second_sync_asks_each_site_two_questions(sites: TwoSites) -> None:
    follow_decisions(sites)
    sites.pass_time(minutes=5)
    marks = marks_of(sites)
    choice = choose_tasks(sites.pipeline, sites.pipeline.state.projects.tracked())
    assert choice.is_idle
    assert len(choice.current) == 4
    assert requests_to_each(sites, marks) == (2, 2)


def test_a_change_on_one_site_is_due_there_alone(sites: TwoSites) -> None:
    sites.pass_time(minutes=5)
    key = first_issue(sites)
    sites.acme.edit_issue(key, summary="Changed on acme")
    look = evaluate_home(sites.pipeline, {}, sites.pipeline.state.projects.tracked())
    assert [entry.project.project_key for entry in look.due] == [f"acme:{key.rpartition('-')[0]}"]
    assert look.accepted == {"", "acme:"}


def test_a_sync_brings_the_change_of_each_site_to_its_own_issue(sites: TwoSites) -> None:
    sites.pass_time(minutes=5)
    key = first_issue(sites)
    sites.acme.edit_issue(key, summary="Changed on acme")
    sync(sites)
    found = sites.ours.ask(
        f"select project_key, summary, url from jira_issues where jira_key = '{key}' order by project_key"
    )
    project = key.rpartition("-")[0]
    assert [row[0] for row in found] == [project, f"acme:{project}"]
    assert [row[1] == "Changed on acme" for row in found] == [False, True]
    assert [row[2] for row in found] == [
        f"{sites.ours.server.url}/browse/{key}",
        f"{sites.acme_server.url}/browse/{key}",
    ]


def test_a_site_that_is_down_stops_no_other(sites: TwoSites) -> None:
    sites.pass_time(minutes=5)
    key = first_issue(sites)
    sites.ours.site.edit_issue(key, summary="Changed here")
    sites.acme_server.stop()

    look = evaluate_home(sites.pipeline, {}, sites.pipeline.state.projects.tracked())
    assert [entry.project.project_key for entry in look.due] == [key.rpartition("-")[0]]
    assert set(look.refusals) == {"acme:"}
    results = sync(sites)
    assert {name: result for name, result in results.items() if result != "complete"} == dict.fromkeys(
        (name for name in results if name.startswith("acme:")), "error"
    )
    assert sites.ours.ask("select site from jira_issues where summary = 'Changed here'") == [(None,)]
    assert sites.ours.ask("select count(*) from jira_issues") == [(issues_of_both(sites),)]


def issues_of_both(sites: TwoSites) -> int:
    """Count the issues that both sites show."""
    return len(sites.ours.site.issues_truth()) + len(sites.acme.issues_truth())


def notices(sites: TwoSites) -> list[str]:
    return [notice.concerns for notice in sites.pipeline.notices()]


def test_a_site_that_does_not_answer_is_a_notice_until_it_does(sites: TwoSites) -> None:
    sync(sites)
    sites.acme.switches.dead_credentials = True
    sites.pass_time(minutes=5)
    sync(sites)
    assert notices(sites) == ["connection of acme"]
    assert "not accept" in str(sites.pipeline.notices()[0])
    tracked = sites.pipeline.state.projects.tracked()
    evaluate_home(sites.pipeline, {}, tracked)
    assert notices(sites) == ["connection of acme"]
    sites.acme.switches.dead_credentials = False
    evaluate_home(sites.pipeline, {}, tracked)
    assert notices(sites) == []


def test_the_notice_about_the_connection_goes_with_the_other_site(sites: TwoSites) -> None:
    sites.ours.site.switches.dead_credentials = True
    sync(sites)
    assert notices(sites) == ["connection"]
    remove_site(sites.pipeline, sites.pipeline.state.sites.find("acme"))
    assert notices(sites) == []


def test_a_site_that_is_down_is_left_out_for_a_while_and_then_asked_again(sites: TwoSites) -> None:
    sites.pass_time(minutes=5)
    sites.acme.switches.dead_credentials = True
    tracked = sites.pipeline.state.projects.tracked()
    first = evaluate_home(sites.pipeline, {}, tracked)
    assert set(first.refusals) == {"acme:"}
    sites.pass_time(seconds=30)
    marks = marks_of(sites)
    second = evaluate_home(sites.pipeline, first.memories, tracked)
    assert requests_to_each(sites, marks)[1] == 0
    assert second.accepted == {""}
    assert "acme could not be asked. It is asked again at" in second.waiting["acme:"]
    sites.acme.switches.dead_credentials = False
    sites.pass_time(seconds=30)
    third = evaluate_home(sites.pipeline, second.memories, tracked)
    assert third.accepted == {"", "acme:"}
    assert third.memories["2"].refusals == 0


def test_a_site_whose_credential_died_fails_its_own_projects_and_is_named(sites: TwoSites) -> None:
    sites.acme.switches.dead_credentials = True
    sites.pass_time(minutes=5)
    result = sites.pipeline.sync(sites.pipeline.state.projects.tracked())
    failed = {outcome.project_key for outcome in result.failures}
    assert failed == {outcome.project_key for outcome in result.outcomes if "acme:" in outcome.project_key}
    assert set(result.refusals) == {"acme:"}
    assert all(isinstance(outcome.error, AuthenticationError) for outcome in result.failures)


def test_where_no_site_answers_the_sync_fails_as_a_whole(unsynced: TwoSites) -> None:
    for site in (unsynced.ours.site, unsynced.acme):
        site.switches.dead_credentials = True
    with pytest.raises(AuthenticationError):
        sync(unsynced)


def files_of(sites: TwoSites, name: str) -> list[Path]:
    site = sites.pipeline.state.sites.find(name)
    return sorted((sites.pipeline.lake.root / site.folder).rglob("*.parquet"))


def texts_in(file: Path) -> str:
    """Return everything that a file of the lake holds, as text."""
    query = f"select * from read_parquet('{file}', hive_partitioning = false)"
    return repr(duckdb.execute(query).fetchall())


def test_a_person_of_two_sites_is_matched_once_by_the_address_that_one_of_them_shows(
    unsynced: TwoSites,
) -> None:
    assignees = {issue.assignee for issue in unsynced.acme.issues_truth().values()}
    users = unsynced.ours.site.catalog.users
    user = next(users[each] for each in sorted(filter(None, assignees)) if users[each].email_visible)
    assert user.email is not None
    unsynced.acme.catalog.users[user.account_id].email_visible = False
    unsynced.pipeline.state.team.replace([TeamMember("m1", "Somebody Else", user.email)])
    sync(unsynced)
    seen = unsynced.ours.ask(
        f"select site, email from jira_user_sites where account_id = '{user.account_id}' order by site"
    )
    assert sorted(seen, key=str) == [("acme", None), (None, user.email)]
    assert unsynced.ours.ask(f"select email from jira_users where account_id = '{user.account_id}'") == [
        (user.email,)
    ]
    matched = unsynced.ours.ask(
        f"select distinct member_id, matched_by from jira_user_matches where account_id = '{user.account_id}'"
    )
    assert matched == [("m1", "email")]
    shown = unsynced.ours.ask(
        "select distinct contains(project_key, ':'), email from jira_user_matches where member_id = 'm1'"
    )
    assert sorted(shown) == [(False, user.email), (True, None)]
    assert [file for file in files_of(unsynced, "acme") if user.email in texts_in(file)] == []
    sites_of = unsynced.ours.ask(
        "select count(distinct contains(project_key, ':')) from jira_user_matches where member_id = 'm1'"
    )
    assert sites_of == [(2,)]


@pytest.mark.few_tables("jira_sites")
def test_renaming_a_site_asks_nothing_and_renames_its_rows(sites: TwoSites) -> None:
    marks = marks_of(sites)
    state = sites.pipeline.state
    state.sites.rename(state.sites.find("acme"), "zeta")
    with open_pipeline(sites.pipeline.settings) as reopened:
        result = replace(reopened, clock=sites.pipeline.clock).publish()
    assert result is not None
    after = rows_of(result.file)
    assert requests_to_each(sites, marks) == (0, 0)
    assert len(after["jira_issues"]) == issues_of_both(sites)
    assert {row[0] for row in after["jira_sites"]} == {None, "zeta"}
    assert not [row for row in after["jira_issues"] if "acme:" in repr(row)]


@pytest.mark.prove
@pytest.mark.few_tables("jira_sites")
def test_a_site_that_is_added_during_a_sync_is_in_what_that_publishes(sites: TwoSites) -> None:
    sync(sites)
    late = ConnectedSite("c3", "https://late.atlassian.net", "Late", short_name="late")
    sites.pipeline.state.sites.add(late)
    rows = published(sites)
    assert {row[0] for row in rows["jira_sites"]} == {None, "acme", "late"}
    follow_decisions(sites)
    assert choose_tasks(sites.pipeline, sites.pipeline.state.projects.tracked()).is_idle


@pytest.mark.few_tables("jira_sites")
def test_a_site_that_is_renamed_during_a_sync_keeps_its_rows_and_stops_no_other(sites: TwoSites) -> None:
    state = sites.pipeline.state
    state.sites.rename(state.sites.find("acme"), "zeta")
    after = published(sites)
    assert len(after["jira_issues"]) == issues_of_both(sites)
    assert {row[0] for row in after["jira_sites"]} == {None, "zeta"}
    result = sites.pipeline.sync(state.projects.tracked())
    assert {each.project_key.partition(":")[0] for each in result.failures} == {"zeta"}
    assert "was renamed" in str(result.failures[0].error)


def test_fields_that_are_excluded_are_those_of_the_site_that_their_name_begins_with(sites: TwoSites) -> None:
    excluded = ("comment", "customfield_1", "acme:customfield_2")
    settings = replace(sites.pipeline.settings, excluded_fields=excluded, story_points_field="customfield_3")
    ours, acme = (site.options for site in replace(sites.pipeline, settings=settings).sites)
    assert ours.excluded_fields == ("comment", "customfield_1")
    assert acme.excluded_fields == ("comment", "customfield_2")
    assert (ours.by_hand.story_points_field, acme.by_hand.story_points_field) == ("customfield_3", None)


def test_the_name_of_the_first_site_is_a_decision_that_the_tables_follow(sites: TwoSites) -> None:
    state, settings = sites.pipeline.state, sites.pipeline.settings
    before = outside_identity(state, settings)
    state.sites.rename(state.sites.all()[0], "ours")
    assert outside_identity(state, settings) != before


def test_a_removal_takes_the_locks_in_the_order_of_a_sync(
    sites: TwoSites, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, lock = [], Lake.lock

    def record(lake: Lake, name: str, *args: Any, **options: Any) -> AbstractContextManager[None]:
        taken.append(name)
        return lock(lake, name, *args, **options)

    monkeypatch.setattr(Lake, "lock", record)
    remove_site(sites.pipeline, sites.pipeline.state.sites.find("acme"))
    assert taken == [*sorted(str(each.id) for each in sites.acme.catalog.projects.values()), "site"]


def test_what_a_killed_removal_left_is_gone_before_its_number_is_used_again(sites: TwoSites) -> None:
    sync(sites)
    pipeline = sites.pipeline
    acme = pipeline.state.sites.find("acme")
    pipeline.state.sites.remove(acme)  # as far as the killed command came
    remove_folders_of_no_site(pipeline.lake, pipeline.state)
    assert not (pipeline.lake.root / acme.folder).exists()
    assert pipeline.lake.manifests()


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param("a few", marks=pytest.mark.few_tables("jira_sites", "jira_user_sites", "jira_boards")),
        pytest.param("all", marks=pytest.mark.prove),
    ],
)
def test_a_removed_site_is_gone_from_tables_and_lake_and_the_other_is_as_it_was(
    sites: TwoSites, tables: str
) -> None:
    before = published(sites)
    assert (len(before) > 50) is (tables == "all")
    pipeline = sites.pipeline
    acme = pipeline.state.sites.find("acme")
    contents = find_contents(pipeline, acme)
    assert (contents.projects, contents.issues) == (2, len(before["jira_issues"]) // 2)
    folder = pipeline.lake.root / acme.folder
    assert folder.is_dir()
    remove_site(pipeline, acme)
    assert not folder.exists()
    with open_pipeline(pipeline.settings) as reopened:
        result = replace(reopened, clock=pipeline.clock).publish()
    assert result is not None
    after = rows_of(result.file)
    assert not [table for table, rows in after.items() if "acme" in repr(rows)]
    assert differences(after, {name: _of_first(rows) for name, rows in before.items()}, "") == {}


def _of_first(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row for row in rows if "acme:" not in repr(row)]
