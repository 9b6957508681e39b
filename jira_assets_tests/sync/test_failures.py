"""A failure of one project stops no other; dead credentials stop everything and change nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import every_fault
from jira_assets.errors import AuthenticationError, Forbidden, MassDeletionSuspected, NotFound, WrongSite
from jira_assets.lake.lake import SiteIdentity
from jira_assets_tests.harness import SyncHarness, by_key, open_harness


def manifests_of(harness: SyncHarness) -> dict[str, bytes]:
    """The manifests as they lie on the disk."""
    return {
        path.name: path.read_bytes() for path in (harness.pipeline.lake.root / "manifests").glob("*.json")
    }


def test_dead_credentials_that_answer_200_with_nothing_change_nothing(synced: SyncHarness) -> None:
    before = manifests_of(synced)
    synced.site.clock.advance(timedelta(hours=1))
    synced.site.switches.dead_credentials = True

    with pytest.raises(AuthenticationError) as caught:
        synced.sync()

    assert caught.value.exit_code == 4
    assert manifests_of(synced) == before
    assert "demo-token" not in str(caught.value)


def test_credentials_that_die_in_the_middle_of_a_sync_change_nothing(synced: SyncHarness) -> None:
    before = manifests_of(synced)
    synced.site.clock.advance(timedelta(hours=1))
    with synced.pipeline.sites[0].asking_jira() as context:
        from jira_assets.sync.field_discovery import SiteFacts
        from jira_assets.sync.project import Task, sync_project
        from jira_assets.sync.session import verify_identity

        mark = verify_identity(context.client)
        synced.site.switches.dead_credentials = True
        with pytest.raises(AuthenticationError, match="did not accept the API token"):
            sync_project(context, Task(synced.tracked[0]), mark, lambda _: (SiteFacts(), synced.tracked[0]))

    assert manifests_of(synced) == before


def test_forbidden_vanished_and_unknown_projects_are_reported_and_the_rest_syncs(tmp_path: Path) -> None:
    with open_harness(tmp_path, generate_site(5, projects=4, issues=20, now_ms=1_790_000_000_000)) as harness:
        harness.track()
        harness.sync()
        harness.site.clock.advance(timedelta(days=2))
        forbidden, vanished, unknown, well = [project.project_key for project in harness.tracked]
        harness.site.forbid_project(forbidden)
        harness.site.hide_project(vanished)
        harness.site.trash_project(unknown)
        harness.site.edit_issue(next(iter(harness.site.issues_truth(well))), summary="still followed")

        outcomes = by_key(harness.sync())

        assert isinstance(outcomes[forbidden].error, Forbidden)
        assert isinstance(outcomes[vanished].error, NotFound)
        assert outcomes[unknown].error is not None
        assert outcomes[well].updated == 1
        records = {record.project_key: record for record in harness.pipeline.state.records.all()}
        assert records[forbidden].status == "error"
        assert records[forbidden].last_instruction
        assert records[forbidden].last_success_at is not None
        assert records[well].status == "complete"
        shown = dict(harness.ask("select project_key, status from sync_status"))
        assert shown[forbidden] == "error"
        assert shown[well] == "complete"


@pytest.mark.prove
def test_what_was_read_of_a_failing_project_stays_published(synced: SyncHarness) -> None:
    key = synced.tracked[0].project_key
    count = synced.ask(f"select count(*) from jira_issues where project_key = '{key}'")
    synced.site.clock.advance(timedelta(days=2))
    synced.site.forbid_project(key)

    synced.sync()

    assert synced.ask(f"select count(*) from jira_issues where project_key = '{key}'") == count


@pytest.mark.prove
def test_a_full_read_that_finds_nothing_where_the_lake_has_issues_is_an_error(synced: SyncHarness) -> None:
    before = synced.ask("select count(*) from jira_issues")
    synced.site.clock.advance(timedelta(hours=1))
    key = synced.tracked[0].project_key
    while issues := synced.site.issues_truth(key):  # a parent takes its sub-tasks with it
        synced.site.delete_issue(next(iter(issues)))

    (outcome,) = synced.sync(key, full=True).outcomes

    assert isinstance(outcome.error, MassDeletionSuspected)
    assert "--accept" in outcome.error.instruction
    assert synced.ask("select count(*) from jira_issues") == before


def test_a_lake_of_another_site_is_refused(harness: SyncHarness) -> None:
    harness.pipeline.lake.claim(SiteIdentity("another-cloud-id", "https://other.atlassian.net"))

    with pytest.raises(WrongSite) as caught:
        harness.sync()

    assert "other.atlassian.net" in caught.value.reason


def sync_through_every_fault(home: Path, issues: int) -> None:
    """Read a site whole that fails every second request in one way or another."""
    with open_harness(
        home, generate_site(11, projects=1, issues=issues, now_ms=1_790_000_000_000)
    ) as harness:
        harness.track()
        harness.site.faults.add(*every_fault(0.1))

        result = harness.sync()

        assert not result.failures
        assert harness.site.faults.happened > issues // 100
        assert harness.site.early_returns == []
        harness.site.faults.clear()
        assert harness.differences() == []


def test_a_full_sync_ends_complete_with_every_fault_at_ten_percent(tmp_path: Path) -> None:
    sync_through_every_fault(tmp_path, 300)


@pytest.mark.prove
def test_a_full_sync_of_5000_issues_ends_complete_with_every_fault_at_ten_percent(tmp_path: Path) -> None:
    sync_through_every_fault(tmp_path, 5000)


def test_without_the_right_to_see_users_and_boards_what_issues_show_is_there_and_it_is_said(
    harness: SyncHarness,
) -> None:
    harness.site.switches.users_forbidden = harness.site.switches.agile_forbidden = True

    result = harness.sync()

    assert any("users" in notice and "issues instead" in notice for notice in result.notices)
    assert harness.ask("select count(*) from jira_users")[0][0] > 0
    assert any("boards" in notice for notice in result.notices)
    assert harness.ask("select distinct source from jira_sprints") == [("issue",)]
