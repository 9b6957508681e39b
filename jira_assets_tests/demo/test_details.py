"""The small fields that Jira sends with every issue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from jira_assets.demo.data import SiteData
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.site import DemoSite
from jira_assets_tests.demo.caller import Caller


@pytest.fixture(scope="module")
def data() -> SiteData:
    """A site with enough issues for every form."""
    return generate_site(3, projects=3, issues=1500, now_ms=1_767_200_000_000)


def fields(api: Caller, issue_id: int) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/rest/api/3/issue/{issue_id}").json()["fields"]
    return found


def test_every_issue_has_votes_watchers_and_the_date_of_its_category(data: SiteData) -> None:
    for issue in data.issues:
        assert issue.fields["votes"]["votes"] >= 0
        assert issue.fields["watches"]["watchCount"] >= 1
        assert issue.fields["statuscategorychangedate"]


def test_company_managed_projects_have_security_levels_and_others_lack_the_field(data: SiteData) -> None:
    styles = {project.id: project.style for project in data.projects}
    shown = {styles[issue.project_id]: set[str]() for issue in data.issues}
    for issue in data.issues:
        if "security" in issue.fields:
            shown[styles[issue.project_id]].add(type(issue.fields["security"]).__name__)

    assert shown["classic"] == {"dict", "NoneType"}
    assert shown["next-gen"] == set()


def test_times_of_sub_tasks_are_added_to_those_of_their_issue(data: SiteData) -> None:
    tracked = [issue for issue in data.issues if "timetracking" in issue.fields]
    parents = {issue.fields.get("parent") for issue in tracked}
    above = [issue for issue in tracked if issue.id in parents]

    assert above
    for issue in above:
        below = [each for each in tracked if each.fields.get("parent") == issue.id]
        estimates = [each.fields["timeoriginalestimate"] for each in (issue, *below)]
        assert issue.fields["aggregatetimeoriginalestimate"] == sum(estimates)


def test_the_date_of_the_category_moves_with_the_category_alone(api: Caller, site: DemoSite) -> None:
    project = next(each for each in site.catalog.projects.values() if each.style == "classic")
    issue = site.create_issue(project.key)
    created = fields(api, issue.id)["statuscategorychangedate"]
    site.clock.advance(timedelta(hours=1))
    site.edit_issue(issue.id, summary="Another")
    assert fields(api, issue.id)["statuscategorychangedate"] == created
    site.transition(issue.id, "In Progress")
    started = fields(api, issue.id)["statuscategorychangedate"]
    site.clock.advance(timedelta(hours=1))
    site.transition(issue.id, "In Review")
    assert created < started == fields(api, issue.id)["statuscategorychangedate"]
