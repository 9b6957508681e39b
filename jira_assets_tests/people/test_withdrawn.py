"""Names and addresses that people withdrew in Jira: shown no more, and matches stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import answer, server_error
from jira_assets.state import TeamMember
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sampling import sampled

ADDRESS = "ines.withdrawn@acme.example"
NAME = "Ines Withdrawn"
LIST = "/rest/api/3/users/search"
BY_ID = "/rest/api/3/user/bulk"
FORBIDDEN = '{"errorMessages":["You do not have permission."],"errors":{}}'


@contextmanager
def synced(home: Path) -> Iterator[SyncHarness]:
    """Somebody who shows their address does some work, and is matched by it."""
    data = generate_site(7, projects=1, issues=15, now_ms=1_795_435_200_000)
    with open_harness(home, data) as harness:
        harness.site.add_user("ines", NAME, ADDRESS)
        for project in harness.site.catalog.projects.values():
            harness.site.create_issue(project.key, assignee="ines")
        harness.track()
        harness.pipeline.state.team.replace([TeamMember("m1", "I. W.", ADDRESS)])
        harness.sync()
        assert shown(harness) == (NAME, ADDRESS)
        assert match(harness) == {("m1", "email")}
        yield harness


@pytest.fixture
def harness(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    with templates.open(synced, tmp_path / "home") as harness:
        yield harness


def shown(harness: SyncHarness) -> tuple[str, str | None]:
    (row,) = harness.ask("select display_name, email from jira_users where account_id = 'ines'")
    return row[0], row[1]


def match(harness: SyncHarness) -> set[tuple[str, str]]:
    query = "select member_id, matched_by from jira_user_matches where account_id = 'ines'"
    return {(row[0], row[1]) for row in harness.ask(query)}


def a_day_later(harness: SyncHarness) -> None:
    """Let a day pass, and change an issue of somebody else, so that the project is derived again."""
    harness.site.clock.advance(timedelta(days=1))
    for project in harness.tracked:
        first = next(
            i for i in harness.site.issues_truth(project.project_key).values() if i.assignee != "ines"
        )
        harness.site.edit_issue(first.key, summary=f"changed at {harness.site.clock.now()}")
    harness.sync()


def derived_text(harness: SyncHarness) -> str:
    """All that the present tables about people hold."""
    lake = harness.pipeline.lake
    files = [
        lake.path(file.path)
        for manifest in lake.manifests()
        for table in ("people_seen", "jira_user_matches", "jira_unmatched_users")
        if (file := manifest.derived_file(table))
    ]
    files.append(lake.path(lake.site_manifest().tables["users"].path))
    with duckdb.connect() as engine:
        return str([engine.execute(f"from read_parquet('{file}')").fetchall() for file in files])


@pytest.mark.parametrize("form", sampled(["absent", "null", "empty"]))
def test_an_address_is_not_shown_while_it_is_hidden_and_its_match_stands(
    harness: SyncHarness, form: str
) -> None:
    harness.site.switches.hidden_email = form  # type: ignore[assignment]
    harness.site.hide_email("ines")

    a_day_later(harness)

    assert shown(harness) == (NAME, None)
    assert match(harness) == {("m1", "email")}
    assert (
        harness.ask("select email from jira_user_matches where account_id = 'ines' and email is not null")
        == []
    )
    assert ADDRESS not in derived_text(harness)
    a_day_later(harness)
    assert shown(harness) == (NAME, None)
    assert ADDRESS not in derived_text(harness)
    harness.site.hide_email("ines", hidden=False)
    a_day_later(harness)
    assert shown(harness) == (NAME, ADDRESS)


def test_who_deletes_the_account_leaves_neither_name_nor_address(harness: SyncHarness) -> None:
    harness.site.forget_user("ines")

    a_day_later(harness)

    assert shown(harness) == ("Former user", None)
    assert ADDRESS not in derived_text(harness)
    assert NAME not in derived_text(harness)


def test_who_is_deactivated_is_shown_as_jira_shows_them(harness: SyncHarness) -> None:
    harness.site.deactivate_user("ines")

    a_day_later(harness)

    assert shown(harness) == (NAME, ADDRESS)
    assert harness.ask("select is_active from jira_users where account_id = 'ines'") == [(False,)]


def fail_list(harness: SyncHarness) -> None:
    harness.site.faults.add(server_error(500, path=LIST))


def forbid_list_and_fail_by_id(harness: SyncHarness) -> None:
    harness.site.faults.add(answer(403, FORBIDDEN, path=LIST), server_error(500, path=BY_ID))


def lose_account(harness: SyncHarness) -> None:
    harness.site.catalog.users.pop("ines")


FAILURES: dict[str, Callable[[SyncHarness], None]] = {
    "the list fails": fail_list,
    "the list is forbidden, and asking by id fails": forbid_list_and_fail_by_id,
    "the account is neither listed nor answered": lose_account,
}


@pytest.mark.parametrize("failure", sampled(FAILURES, 3))
def test_what_jira_does_not_answer_withdraws_nothing(harness: SyncHarness, failure: str) -> None:
    if failure.startswith("the list"):
        harness.site.hide_email("ines")
    FAILURES[failure](harness)

    a_day_later(harness)

    assert shown(harness) == (NAME, ADDRESS)
    assert match(harness) == {("m1", "email")}


def test_most_people_without_names_are_an_outage_for_a_day(harness: SyncHarness) -> None:
    for account_id in list(harness.site.catalog.users):
        harness.site.forget_user(account_id)

    a_day_later(harness)

    assert shown(harness) == (NAME, ADDRESS)
    assert any("as in an outage" in str(notice) for notice in harness.pipeline.notices())
    a_day_later(harness)
    assert shown(harness) == ("Former user", None)


def test_accounts_that_the_list_lacks_are_asked_for_by_id(harness: SyncHarness) -> None:
    harness.site.switches.unlisted_users.add("ines")
    harness.site.hide_email("ines")

    a_day_later(harness)

    assert shown(harness) == (NAME, None)


def test_without_the_right_to_list_people_addresses_are_withdrawn_all_the_same(harness: SyncHarness) -> None:
    harness.site.switches.users_forbidden = True
    harness.site.hide_email("ines")

    a_day_later(harness)

    assert shown(harness) == (NAME, None)
    assert any("Browse users" in str(notice) for notice in harness.pipeline.notices())


@pytest.mark.prove
def test_what_was_withdrawn_stays_so_when_the_list_fails_later(harness: SyncHarness) -> None:
    harness.site.hide_email("ines")
    a_day_later(harness)
    forbid_list_and_fail_by_id(harness)

    a_day_later(harness)

    assert shown(harness) == (NAME, None)
    assert ADDRESS not in derived_text(harness)
