"""People of a whole site: matched by a sync, shown by the warehouse."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.generate.people import sample_team
from jira_assets.state import TeamMember
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sync.conftest import synced_once

NOON_MS = 1_795_435_200_000
DATA = generate_site(7, projects=2, issues=60, now_ms=NOON_MS)
TEAM = sample_team(DATA)


@contextmanager
def synced(home: Path) -> Iterator[SyncHarness]:
    team = home.parent / f"{home.name}-team.csv"
    with open_harness(home, deepcopy(DATA), team=str(team)) as harness:
        harness.track()
        write_team(team, TEAM)
        harness.sync()
        yield harness


@pytest.fixture
def harness(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    """A copy of the home; all copies read the same file, which is put back."""
    with templates.open(synced, tmp_path / "home") as opened:
        yield opened
        write_team(team_of(opened), TEAM)


def write_team(path: Path, members: list[dict[str, str | None]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(members[0]))
        writer.writeheader()
        writer.writerows(members)


def team_of(harness: SyncHarness) -> Path:
    assert harness.pipeline.settings.team is not None
    return Path(harness.pipeline.settings.team)


def test_people_are_matched_wherever_they_can_be(harness: SyncHarness) -> None:
    rules = {rule for (rule,) in harness.ask("select matched_by from jira_user_matches")}
    assert rules >= {"email", "display_name"}
    members = dict(harness.ask("select account_id, member_id from jira_user_matches"))
    issues = harness.ask(
        "select assignee_account_id, assignee_id from jira_issues where assignee_account_id is not null"
    )
    assert len(issues) > 30
    assert [assignee for _, assignee in issues] == [members.get(account) for account, _ in issues]
    assert harness.ask("select 1 from jira_user_matches where lower(display_name) = 'former user'") == []
    query = "select account_type from jira_user_matches join jira_users using (account_id)"
    assert set(harness.ask(query)) == {("atlassian",)}
    twins = harness.ask(
        "select reason, len(candidates) from jira_unmatched_users where reason like 'display name is shared%'"
    )
    assert set(twins) <= {("display name is shared by 2 accounts", 2)}


def test_the_match_rate_weighs_accounts_by_what_they_did(harness: SyncHarness) -> None:
    members = set(harness.ask("select account_id from jira_user_matches"))
    aside = set(harness.ask("select account_id from jira_users where account_type in ('app', 'customer')"))
    for key, assigned, assigned_matched, rate, assignee_rate in harness.ask(
        "select project_key, issues_assigned, issues_assigned_matched, match_rate, assignee_match_rate "
        "from jira_match_rates"
    ):
        work = harness.ask(f"select assignee_account_id from jira_issues where project_key = '{key}'")
        reported = harness.ask(f"select reporter_account_id from jira_issues where project_key = '{key}'")
        counted = [who for who in [*work, *reported] if who != (None,) and who not in aside]
        assert assigned == len([who for who in work if who != (None,) and who not in aside])
        assert assigned_matched == len([who for who in work if who in members])
        assert rate == pytest.approx(len([w for w in counted if w in members]) / len(counted), abs=1e-4)
        assert assignee_rate == pytest.approx(assigned_matched / assigned, abs=1e-4)


def test_whoever_is_set_aside_is_nobody_that_waits_for_a_match(harness: SyncHarness) -> None:
    found = harness.ask(
        "select project_key, found from data_quality where finding = 'unmatched_people' order by all"
    )
    rates = harness.ask(
        "select project_key, accounts - accounts_matched from jira_match_rates order by project_key"
    )
    assert found == rates
    assert harness.ask("select 1 from jira_match_rates where accounts_set_aside > 0")


@pytest.mark.few_tables("jira_user_matches")
def test_decisions_survive_what_the_team_is_read_from(harness: SyncHarness) -> None:
    ((account, member),) = harness.ask(
        "select account_id, member_id from jira_user_matches order by all limit 1"
    )
    other = next(each.member_id for each in harness.pipeline.state.team.members() if each.member_id != member)
    harness.pipeline.state.team.set_override(account, other)
    harness.pipeline.publish_decisions()
    harness._fall_behind()
    of_account = (
        f"select distinct member_id, matched_by from jira_user_matches where account_id = '{account}'"
    )
    assert harness.ask(of_account) == [(other, "override")]

    write_team(team_of(harness), [each for each in TEAM if each["member_id"] != member])
    harness.sync()
    assert harness.ask(of_account) == [(other, "override")]
    harness.pipeline.state.team.forget_override(account)
    harness.sync()
    assert harness.ask(of_account) == []


def test_an_address_that_is_hidden_later_keeps_its_match(harness: SyncHarness) -> None:
    ((account, member),) = harness.ask(
        "select account_id, member_id from jira_user_matches where matched_by = 'email' order by all limit 1"
    )
    harness.site.catalog.users[account].email_visible = False
    harness.site.catalog.users[account].display_name = "Somebody Else"
    harness.sync(full=True)

    assert set(
        harness.ask(f"select member_id, matched_by from jira_user_matches where account_id = '{account}'")
    ) == {(member, "email")}


def test_a_team_that_cannot_be_read_is_a_notice_and_stays_as_it_was(harness: SyncHarness) -> None:
    before = harness.ask("from jira_user_matches order by all")
    team_of(harness).write_text("member_id,display_name\nm1,Ana\n")
    result = harness.sync()

    assert result.failures == []
    (notice,) = result.notices
    assert notice.startswith("The team (JIRA_ASSETS_TEAM) was not updated. ")
    assert f"{team_of(harness)}, line 1, lacks the column email." in notice
    assert harness.ask("from jira_user_matches order by all") == before


def test_without_a_source_the_team_is_what_was_imported(tmp_path: Path, templates: HomeTemplates) -> None:
    with templates.open(synced_once, tmp_path / "home") as harness:
        member = TeamMember("m1", "Nobody Here", "nobody@else.example")
        harness.pipeline.state.team.replace([member])
        harness.sync()
        assert [replace(each, imported_at=None) for each in harness.pipeline.state.team.members()] == [member]
        assert harness.ask("select member_id, matched_by from team_members") == [("m1", None)]
