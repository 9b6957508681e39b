"""Links between issues: both ends show them, and both changelogs say when they came and went."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from jira_assets.demo.data import DemoIssue, SiteData
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.site import DemoSite
from jira_assets.demo.things import LINK_TYPES
from jira_assets_tests.demo.caller import Caller


@pytest.fixture(scope="module")
def data() -> SiteData:
    """A site with enough links for every form."""
    return generate_site(3, projects=3, issues=1500, now_ms=1_767_200_000_000)


@pytest.fixture
def pair(site: DemoSite) -> tuple[DemoIssue, DemoIssue]:
    """Two new issues in two projects."""
    first, second, *_ = site.catalog.projects.values()
    return site.create_issue(first.key), site.create_issue(second.key)


def ends_of(data: SiteData) -> list[tuple[int, list[str]]]:
    return [(issue.id, text.split("/")) for issue in data.issues for text in issue.fields["issuelinks"]]


def link_items(issue: DemoIssue) -> list[dict[str, Any]]:
    return [item for history in issue.histories for item in history["items"] if item["field"] == "Link"]


def links_of(api: Caller, issue: DemoIssue) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/rest/api/3/issue/{issue.id}").json()["fields"]["issuelinks"]
    return found


def test_a_generated_site_has_links_in_every_form(data: SiteData) -> None:
    projects = {issue.id: issue.project_id for issue in data.issues}
    ends = ends_of(data)
    other_ends = [(issue_id, int(link[3])) for issue_id, link in ends]

    assert {link[2] for _, link in ends} == set(LINK_TYPES)
    assert any(one == two for one, two in other_ends), "to itself"
    assert any(projects[one] != projects[two] for one, two in other_ends), "between projects"
    assert set(Counter(link[0] for _, link in ends).values()) == {2}, "both ends show it"


def test_the_changelog_of_a_generated_site_leads_to_its_links(data: SiteData) -> None:
    keys = {project.id: project.key for project in data.projects}
    present = {f"{keys[issue.project_id]}-{issue.number}" for issue in data.issues}
    named = {key for issue in data.issues for key in issue.old_keys} | present
    added = removed = 0
    for issue in data.issues:
        items = link_items(issue)
        left = Counter(item["toString"] for item in items if item["to"] in named)
        left.subtract(item["fromString"] for item in items if item["from"] in named)
        assert sum(left.values()) == len(issue.fields["issuelinks"])
        added += sum(item["to"] is not None for item in items)
        removed += sum(item["from"] is not None for item in items)
    assert 0 < removed < added
    items = [item for issue in data.issues for item in link_items(issue)]
    assert {item["to"] for item in items} - named - {None}, "to issues that are gone"
    assert {"fieldId" in item for item in items} == {True, False}


def test_a_link_shows_at_both_ends(api: Caller, site: DemoSite, pair: tuple[DemoIssue, DemoIssue]) -> None:
    source, target = pair
    link_id = site.link_issues(source.id, target.id, "Blocks")
    ((one,), (two,)) = links_of(api, source), links_of(api, target)

    assert (one["id"], two["id"]) == (link_id, link_id)
    assert one["type"] == two["type"]
    assert one["outwardIssue"]["id"] == str(target.id)
    assert two["inwardIssue"]["id"] == str(source.id)
    items = [link_items(site.issue(issue.id))[-1] for issue in pair]
    assert [item["toString"] for item in items] == [
        f"This issue blocks {site.truth(target.id).key}",
        f"This issue is blocked by {site.truth(source.id).key}",
    ]


def test_a_link_is_taken_off_at_both_ends(
    api: Caller, site: DemoSite, pair: tuple[DemoIssue, DemoIssue]
) -> None:
    source, target = pair
    site.link_issues(source.id, target.id, "Blocks")
    site.unlink_issues(source.id, target.id, "Blocks")

    assert links_of(api, source) == links_of(api, target) == []
    assert link_items(site.issue(source.id))[-1]["from"] == site.truth(target.id).key
    with pytest.raises(KeyError, match="no link of the type Blocks"):
        site.unlink_issues(source.id, target.id, "Blocks")


def test_an_issue_can_be_linked_to_itself(
    api: Caller, site: DemoSite, pair: tuple[DemoIssue, DemoIssue]
) -> None:
    site.link_issues(pair[0].id, pair[0].id)

    assert [next(name for name in link if name.endswith("Issue")) for link in links_of(api, pair[0])] == [
        "outwardIssue",
        "inwardIssue",
    ]


def test_a_hidden_issue_is_not_shown_in_links(
    api: Caller, site: DemoSite, pair: tuple[DemoIssue, DemoIssue]
) -> None:
    source, target = pair
    site.link_issues(source.id, target.id)
    site.hide_issue(target.id)
    assert links_of(api, source) == []
    assert str(source.id) not in {link.source_id for link in site.links_truth()}
    site.show_issue(target.id)
    assert len(links_of(api, source)) == 1
