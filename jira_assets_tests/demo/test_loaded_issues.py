"""Real issues are served word for word, until somebody edits them or what they point to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.load.load import load_site
from jira_assets.demo.site import DemoSite
from jira_assets_tests.demo.caller import Caller


def user(name: str) -> dict[str, Any]:
    return {
        "accountId": f"712020:{name}",
        "displayName": name.title(),
        "active": True,
        "accountType": "atlassian",
    }


def issue(number: int, **fields: Any) -> dict[str, Any]:
    status = {"id": "5", "name": "Resolved", "statusCategory": {"id": 3, "key": "done", "name": "Done"}}
    return {
        "id": str(500 + number),
        "key": f"REAL-{number}",
        "self": f"https://real.example/rest/api/3/issue/{500 + number}",
        "fields": {
            "summary": f"Issue {number}",
            "issuetype": {"id": "1", "name": "Bug", "subtask": False},
            "project": {"id": "12", "key": "REAL", "name": "Real project"},
            "status": status,
            "created": "2016-02-03T23:55:46.000+0000",
            "updated": "2016-10-22T05:20:49.000+0000",
            "assignee": user("ann"),
            "customfield_10016": None,
            "customfield_10020": [{"id": 7, "name": "S 7", "state": "active", "boardId": 3}],
            **fields,
        },
    }


@pytest.fixture
def lines() -> list[dict[str, Any]]:
    """Two issues of which the first is the parent of the second."""
    return [issue(1, customfield_10016=3.0), issue(2, parent={"id": "501", "key": "REAL-1"})]


@pytest.fixture
def site(tmp_path: Path, lines: list[dict[str, Any]]) -> DemoSite:
    """A site that was loaded from a file."""
    path = tmp_path / "REAL.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
    return DemoSite(load_site([path]))


@pytest.fixture
def api(site: DemoSite) -> Iterator[Caller]:
    """A caller of that site."""
    with DemoServer(site) as server, Caller(server.url) as caller:
        yield caller


def served(api: Caller) -> list[dict[str, Any]]:
    issues = api.search("project = REAL order by key", fields=["*all"])["issues"]
    return [each["fields"] for each in issues]


def test_fields_are_served_as_they_were_loaded(api: Caller, lines: list[dict[str, Any]]) -> None:
    for shown, loaded in zip(served(api), [each["fields"] for each in lines], strict=True):
        assert {name: shown[name] for name in loaded if name != "parent"} == {
            name: value for name, value in loaded.items() if name != "parent"
        }
    assert served(api)[1]["parent"]["id"] == "501"


def test_loaded_issues_are_found_by_what_they_hold(api: Caller) -> None:
    assert len(api.keys("status = Resolved and sprint = 7 and assignee = '712020:ann'")) == 2
    assert api.keys("parent = REAL-1") == ["REAL-2"]
    assert api.keys("updated > 1477113648999 and updated <= 1477113649000 and id = 501") == ["REAL-1"]


def test_an_edit_replaces_what_it_touches_and_the_time(api: Caller, site: DemoSite) -> None:
    site.edit_issue("REAL-2", summary="Edited", assignee=None, points=5)
    untouched, edited = served(api)

    assert edited["summary"] == "Edited"
    assert edited["assignee"] is None
    assert edited["updated"] > "2026"
    assert edited["created"] == "2016-02-03T23:55:46.000+0000"
    assert untouched["updated"] == "2016-10-22T05:20:49.000+0000"
    assert site.truth("REAL-2").points == 5


def test_renames_reach_the_verbatim_copies_inside_issues(api: Caller, site: DemoSite) -> None:
    site.rename_status("Resolved", "Fixed")
    site.rename_user("712020:ann", "Ann Other")
    site.close_sprint(7)
    site.rename_project_key("REAL", "TRUE")
    site.edit_issue("TRUE-1", summary="The parent")
    shown = [each["fields"] for each in api.search("project = TRUE order by key", fields=["*all"])["issues"]]

    assert {each["status"]["name"] for each in shown} == {"Fixed"}
    assert {each["assignee"]["displayName"] for each in shown} == {"Ann Other"}
    assert {each["customfield_10020"][0]["state"] for each in shown} == {"closed"}
    assert {each["project"]["key"] for each in shown} == {"TRUE"}
    assert shown[1]["parent"]["key"] == "TRUE-1"
    assert shown[1]["updated"] == "2016-10-22T05:20:49.000+0000"
    assert api.keys("project = REAL order by key") == ["TRUE-1", "TRUE-2"]


def test_a_loaded_issue_can_be_moved(api: Caller, site: DemoSite) -> None:
    site.add_project("OTHER", "Another")
    site.move_issue("REAL-2", "OTHER")

    (moved,) = api.search("project = OTHER", fields=["project", "status"])["issues"]
    assert (moved["id"], moved["key"]) == ("502", "OTHER-1")
    assert moved["fields"]["project"]["key"] == "OTHER"
    assert moved["fields"]["status"]["name"] == "Resolved"
    assert api.get("/rest/api/3/issue/REAL-2").json()["key"] == "OTHER-1"
