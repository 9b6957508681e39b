"""A site that suddenly shows nothing deletes nothing, in whichever way, and it is said which way it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from jira_assets.demo.site import DemoSite
from jira_assets.errors import (
    AuthenticationError,
    Forbidden,
    IncompleteRead,
    JiraAssetsError,
    MassDeletionSuspected,
)
from jira_assets_tests.harness import SyncHarness
from jira_assets_tests.sampling import sampled


@pytest.fixture
def harness(synced: SyncHarness) -> SyncHarness:
    """A site of two projects, both tracked and just synced."""
    return synced


Happening = Callable[[DemoSite], None]
Work = Callable[[SyncHarness], object]
QUESTIONS = (
    "select jira_id, jira_key, project_id, summary, updated_at from jira_issues order by all",
    "select * from jira_deleted_issues order by all",
    "select jira_id, count(*) from jira_issue_changes group by all order by all",
)


def token_dies(site: DemoSite) -> None:
    """Most of Jira now answers 200 with nothing."""
    site.switches.dead_credentials = True


def token_is_revoked(site: DemoSite) -> None:
    """Everything is a 401."""
    site.accounts.first.token = "another"


def every_permission_is_lost(site: DemoSite) -> None:
    """No project can be browsed any more: a question about one is an error."""
    for project in site.catalog.projects.values():
        project.invisible = True


def every_permission_is_lost_silently(site: DemoSite) -> None:
    """The same on a site that answers questions about unknown projects with nothing."""
    site.switches.unknown_projects_silent = site.switches.empty_project_list_is_404 = True
    every_permission_is_lost(site)


def every_project_is_forbidden(site: DemoSite) -> None:
    """Questions about the projects are refused."""
    for project in site.catalog.projects.values():
        project.forbidden = True


def search_breaks_down(site: DemoSite) -> None:
    """Every search answers 200 with nothing, while Jira still knows us."""
    site.switches.search_outage = True


def issue_security_closes(site: DemoSite) -> None:
    """Every issue is hidden by its security, which looks as if all were deleted."""
    for issue_id in site.issues_truth():
        site.hide_issue(issue_id)


def sync(harness: SyncHarness) -> object:
    return harness.sync()


def sync_everything(harness: SyncHarness) -> object:
    return harness.sync(full=True)


def reconcile(harness: SyncHarness) -> object:
    return harness.reconcile()


WAYS: list[tuple[Happening, type[JiraAssetsError], str]] = [
    (token_dies, AuthenticationError, ""),
    (token_is_revoked, AuthenticationError, ""),
    (every_permission_is_lost, Forbidden, "no project at all"),
    (every_permission_is_lost_silently, Forbidden, "no project at all"),
    (every_project_is_forbidden, Forbidden, ""),
    (search_breaks_down, IncompleteRead, "out of order"),
    (issue_security_closes, MassDeletionSuspected, "disappeared at once"),
]


def tables(harness: SyncHarness) -> list[Any]:
    """Everything that a deletion would show in."""
    return [harness.ask(question) for question in QUESTIONS]


def said(harness: SyncHarness, work: Work) -> list[JiraAssetsError]:
    """Do the work, and return what was said of it: of the whole, or of each project."""
    try:
        result: Any = work(harness)
    except AuthenticationError as error:
        return [error]
    return [outcome.error for outcome in result.outcomes]


@pytest.mark.parametrize(("happening", "error", "words"), sampled(WAYS, 4))
def test_nothing_is_deleted_and_it_is_said_why(
    harness: SyncHarness, happening: Happening, error: type[JiraAssetsError], words: str
) -> None:
    before = tables(harness)
    harness.site.clock.advance(timedelta(hours=2))
    happening(harness.site)

    for work in (sync, sync_everything, reconcile, reconcile):
        expected, reason = error, words
        if happening is issue_security_closes and work is sync:
            expected, reason = IncompleteRead, "hidden or deleted"  # which of them, only reconcile finds out
        for told in said(harness, work):
            assert isinstance(told, expected), told
            assert reason in told.reason
            assert told.instruction
            assert "demo-token" not in str(told)

    harness._fall_behind()  # also where the work raised an error
    assert tables(harness) == before


@pytest.mark.parametrize(("happening", "error", "words"), sampled(WAYS, 7))
def test_what_changed_meanwhile_comes_with_the_next_sync_after_it_is_over(
    harness: SyncHarness, happening: Happening, error: type[JiraAssetsError], words: str
) -> None:
    harness.site.clock.advance(timedelta(hours=2))
    happening(harness.site)
    said(harness, sync)
    changed = [document.issue.id for document in list(harness.site.store.documents.values())[:3]]
    for issue_id in changed:
        harness.site.edit_issue(issue_id, summary="changed while nobody saw it")
    harness.site.clock.advance(timedelta(hours=2))
    said(harness, sync)
    restore(harness.site)

    assert harness.sync().failures == []

    assert harness.differences() == []


def restore(site: DemoSite) -> None:
    """Let everything be as it was."""
    switches = site.switches
    switches.dead_credentials = switches.search_outage = switches.unknown_projects_silent = False
    site.accounts.first.token = "demo-token"
    for project in site.catalog.projects.values():
        project.invisible = project.forbidden = False
    for issue_id in list(site.store.hidden):
        site.show_issue(issue_id)


@pytest.mark.prove
def test_a_project_that_was_emptied_by_hand_is_believed_when_a_person_says_so(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(hours=2))
    issue_security_closes(harness.site)
    keys = [project.project_key for project in harness.tracked]
    assert len(harness.reconcile().failures) == len(keys)

    assert harness.reconcile(accept=keys).failures == []

    assert harness.ask("select count(*) from jira_issues") == [(0,)]
    assert harness.ask("select distinct reason from jira_deleted_issues") == [("gone",)]
    assert harness.sync().failures == []


def test_an_idle_run_asks_one_question_more_to_know_that_search_answers(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(hours=2))
    harness.sync()
    harness.site.clock.advance(timedelta(hours=2))

    asked = [request.jql for request in harness.requests_of() if request.path.endswith("/search/jql")]

    assert len(asked) == len(harness.tracked) + 1
