"""Teams of a whole site: those of Jira's field in each of its forms, and those of the team file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from jira_assets.demo.generate.generate import generate_site, sample_team
from jira_assets.demo.generate.setup import OLD_TEAM_FIELD, SEVERITY_FIELD, TEAM_FIELD
from jira_assets.state import TeamMember
from jira_assets_tests.harness import MONDAY_NOON, SyncHarness, open_harness

DATA = generate_site(3, projects=4, issues=60, now_ms=int(MONDAY_NOON.timestamp() * 1000))


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncHarness]:
    with open_harness(tmp_path_factory.mktemp("teams"), DATA) as opened:
        members = (TeamMember(**member) for member in sample_team(DATA))  # type: ignore[arg-type]
        opened.pipeline.state.team.replace(members)
        opened.track()
        opened.sync()
        yield opened


def teams_in_jira() -> dict[str, str | None]:
    """The id of the team of each issue, as the site has it."""
    found = {}
    for issue in DATA.issues:
        value = issue.fields.get(TEAM_FIELD) or issue.fields.get(OLD_TEAM_FIELD)
        found[str(issue.id)] = value["id"] if isinstance(value, dict) else value
    return found


def publish_with(harness: SyncHarness, **settings: str) -> int:
    """Publish with other settings; return how many requests that took."""
    mark = harness.site.journal.mark()
    changed = replace(harness.pipeline.settings, **settings)  # type: ignore[arg-type]
    harness.pipeline = replace(harness.pipeline, settings=changed)
    harness.pipeline.publish_decisions()
    harness.publish()
    return len(harness.site.requests_since(mark))


def test_every_form_of_the_team_field_is_read(harness: SyncHarness) -> None:
    rows = harness.ask("select jira_id, jira_team_id from jira_issues")
    assert dict(rows) == teams_in_jira()
    assert harness.ask("select count(*) from jira_issues where jira_team_id = jira_team") == [(0,)]
    used = dict(harness.ask("select project_key, count(distinct jira_team_id) from jira_issues group by all"))
    assert sorted(used.values()) == [0, 2, 2, 2]


def test_issues_without_a_team_in_jira_have_that_of_their_assignee(harness: SyncHarness) -> None:
    rows = harness.ask("select team, jira_team, assignee_team from jira_issues")
    assert all(team == (jira_team or of_assignee) for team, jira_team, of_assignee in rows)
    assert any(jira_team is None and team for team, jira_team, _ in rows)
    members = dict(harness.ask("select member_id, team from team_members"))
    assigned = harness.ask("select assignee_id, assignee_team from jira_issues")
    assert [team for _, team in assigned] == [members.get(member) for member, _ in assigned]


@pytest.mark.few_tables
def test_settings_choose_the_team_without_a_request(harness: SyncHarness) -> None:
    assert publish_with(harness, team_from="assignee") == 0
    rows = harness.ask("select team, jira_team, assignee_team from jira_issues")
    assert all(team == (of_assignee or jira_team) for team, jira_team, of_assignee in rows)
    assert any(of_assignee and jira_team not in (None, of_assignee) for _, jira_team, of_assignee in rows)

    assert publish_with(harness, team_field=SEVERITY_FIELD) == 0
    severities = harness.ask("select distinct jira_team from jira_issues where jira_team is not null")
    assert {("Annoying",), ("Cosmetic",)} < set(severities)
