"""Comments, attachments and remote links, read whole and never deleted wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from jira_assets.demo.http.faults import answer, odd_records
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sync.entity_homes import (
    TABLES,
    differences,
    entity_requests,
    later,
    replace_settings,
    site_data,
    synced_with_entities,
    worklog_differences,
)


@pytest.fixture
def harness(templates: HomeTemplates, tmp_path: Path) -> Iterator[SyncHarness]:
    """A home that has read everything once."""
    with templates.open(synced_with_entities, tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def issue(harness: SyncHarness) -> str:
    """An issue of the site that is synced."""
    return min(harness.site.issues_truth())


@pytest.fixture
def comment(harness: SyncHarness) -> str:
    """A comment that is here already."""
    return min(harness.site.comments_truth())


def gone(harness: SyncHarness, comment_id: str) -> datetime | None:
    ((deleted_seen_at,),) = harness.ask(
        f"select deleted_seen_at from jira_comments where comment_id = '{comment_id}'"
    )
    found: datetime | None = deleted_seen_at
    return found


def status(harness: SyncHarness, entity: str = "comments") -> list[dict[str, Any]]:
    columns = ("project_key", "issues_behind", "in_jira", "in_lake", "missing", "problem")
    rows = harness.ask(
        f"select {', '.join(columns)} from entity_status where entity = '{entity}' order by project_key"
    )
    return [dict(zip(columns, row, strict=True)) for row in rows]


def test_a_first_sync_has_everything_that_the_site_shows(harness: SyncHarness) -> None:
    assert differences(harness) == []
    assert len(harness.site.comments_truth()) > 200
    assert harness.ask("select count(*) from jira_comments where deleted_seen_at is not null") == [(0,)]


def test_without_the_setting_nothing_is_asked_and_the_tables_are_empty(synced: SyncHarness) -> None:
    synced.site.clock.sleep(120)
    synced.site.comment(min(synced.site.issues_truth()))
    assert synced.sync().failures == []
    assert len(synced.site.requests) > 20
    assert entity_requests(synced.site.requests) == []
    for table in TABLES:
        assert synced.ask(f"select count(*) from {table}") == [(0,)]


def test_every_comment_of_an_issue_with_130_is_here(harness: SyncHarness, issue: str) -> None:
    for number in range(130):
        harness.site.comment(issue, f"Number {number}")
    later(harness)
    assert differences(harness) == []
    (kept,) = harness.ask(
        f"select count(*) from jira_comments where jira_id = '{issue}' and body_text like 'Number %'"
    )
    assert kept == (130,)


def test_comments_files_and_links_come_change_and_go(harness: SyncHarness, issue: str, comment: str) -> None:
    attachment = harness.site.attach(issue, "log.txt", mime_type="text/plain", size=12)
    link = harness.site.link_remotely(issue, "https://wiki.example/1", "Runbook")
    added = harness.site.comment(issue, "First")
    harness.site.hide_group("board")
    harness.site.restrict_comment(comment, "board")
    later(harness)
    assert gone(harness, comment) is not None, "no longer shown"
    query = f"select filename, mime_type, bytes from jira_attachments where attachment_id = '{attachment}'"
    assert harness.ask(query) == [("log.txt", "text/plain", 12)]
    query = f"select url, title, application from jira_remote_links where remote_link_id = '{link}'"
    assert harness.ask(query) == [("https://wiki.example/1", "Runbook", "Confluence")]
    harness.site.edit_comment(added, "Second")
    harness.site.restrict_comment(comment, None)
    later(harness)
    assert harness.ask(f"select body_text from jira_comments where comment_id = '{added}'") == [("Second",)]
    assert gone(harness, added) is None
    assert gone(harness, comment) is None
    assert differences(harness) == []
    silent = next(key for key, each in harness.site.comments_truth().items() if each.issue_id != issue)
    harness.site.delete_comment(added)
    harness.site.delete_comment(silent, silently=True)
    harness.site.remove_attachment(attachment)
    harness.site.unlink_remotely(link)
    later(harness)
    query = (
        "select (select count(*) from jira_attachments where deleted_seen_at is not null), "
        "(select count(*) from jira_remote_links where deleted_seen_at is not null)"
    )
    assert harness.ask(query) == [(1, 1)]
    assert gone(harness, added) == harness.site.clock.now().replace(tzinfo=None)
    assert gone(harness, silent) is None
    harness.site.clock.sleep(60)
    harness.reconcile()
    assert gone(harness, silent) is not None, "found by the proof"
    assert differences(harness) == []


@pytest.mark.prove
def test_a_comment_of_many_deleted_silently_is_found_by_the_proof(harness: SyncHarness, issue: str) -> None:
    ids = [harness.site.comment(issue) for _ in range(50)]
    later(harness)
    harness.site.delete_comment(ids[40], silently=True)
    harness.reconcile()
    assert [gone(harness, each) is not None for each in ids] == [place == 40 for place in range(50)]


def test_a_proof_says_how_many_jira_has_and_how_many_are_here(harness: SyncHarness) -> None:
    harness.site.clock.sleep(60)
    harness.reconcile()
    for entity, truth in (
        ("comments", harness.site.comments_truth),
        ("worklogs", harness.site.worklogs_truth),
    ):
        assert len(status(harness, entity)) == 2
        for project in status(harness, entity):
            there = len(truth(project["project_key"]))
            assert (project["in_jira"], project["in_lake"], project["missing"]) == (there, there, 0)
            assert project["problem"] is None
    assert {project["issues_behind"] for project in status(harness)} == {0}


@pytest.mark.prove
def test_a_proof_without_differences_reads_long_lists_no_further(harness: SyncHarness, issue: str) -> None:
    for _ in range(30):
        harness.site.comment(issue)
    later(harness)
    mark = harness.site.journal.mark()
    harness.site.clock.sleep(60)
    harness.reconcile()
    asked = entity_requests(harness.site.requests_since(mark))
    assert not [path for path in asked if path.endswith("/comment")]
    assert differences(harness) == []


def test_an_issue_that_did_not_change_is_not_asked_about_again(harness: SyncHarness, issue: str) -> None:
    harness.site.clock.sleep(120)
    assert [path for path in entity_requests(harness.requests_of()) if "/worklog" not in path] == []
    harness.site.comment(issue)
    harness.site.clock.sleep(120)
    asked = [path for path in entity_requests(harness.requests_of()) if "/worklog" not in path]
    assert asked == ["/rest/api/3/issue/bulkfetch"]


def test_a_list_that_is_as_before_is_not_kept_twice(harness: SyncHarness, issue: str) -> None:
    project = harness.site.truth(issue).project_id

    def lists() -> int:
        manifest = harness.pipeline.lake.manifest(project)
        assert manifest is not None
        paths = [str(harness.pipeline.lake.path(file.path)) for file in manifest.entity_raw]
        query = "select count(payload) from read_parquet(?, hive_partitioning = false)"
        found = harness.pipeline.lake.engine.execute(query, [paths]).fetchone()
        assert found
        return int(found[0])

    before = lists()
    harness.site.edit_issue(issue, summary="Another one")
    later(harness)
    assert lists() == before
    assert differences(harness) == []


def test_comments_and_worklogs_of_a_deleted_issue_are_gone_with_it(harness: SyncHarness) -> None:
    with_worklogs = {each.issue_id for each in harness.site.worklogs_truth().values()}
    with_comments = {each.issue_id for each in harness.site.comments_truth().values()}
    issue = min(with_worklogs & with_comments)
    harness.site.delete_issue(issue)
    harness.reconcile()
    rows = harness.ask(
        f"select count(*), count(deleted_seen_at) from jira_comments where jira_id = '{issue}'"
    )
    assert rows[0][0] == rows[0][1] > 0
    assert harness.ask("select count(*) > 0 from jira_worklogs where deleted_at is not null") == [(True,)]
    assert worklog_differences(harness) == []


def test_comments_follow_an_issue_to_another_project(harness: SyncHarness, comment: str) -> None:
    issue = harness.site.comments_truth()[comment].issue_id
    other = next(
        p.key
        for p in harness.site.catalog.projects.values()
        if p.key != harness.site.truth(issue).project_key
    )
    harness.site.move_issue(issue, other)
    later(harness)
    harness.reconcile()
    assert differences(harness) == []
    projects = harness.ask(f"select distinct project_id from jira_comments where jira_id = '{issue}'")
    assert projects == [(harness.site.truth(issue).project_id,)]


def test_a_lost_permission_deletes_no_comment(harness: SyncHarness) -> None:
    project = next(iter(harness.site.catalog.projects.values()))
    before = set(harness.ask("select comment_id from jira_comments where deleted_seen_at is null"))
    project.forbidden = True
    harness.site.clock.sleep(120)
    harness.reconcile()
    assert set(harness.ask("select comment_id from jira_comments where deleted_seen_at is null")) == before
    project.forbidden = False
    harness.site.clock.sleep(120)
    harness.reconcile()
    assert differences(harness) == []


@pytest.mark.prove
def test_a_hidden_issue_keeps_its_comments(harness: SyncHarness, issue: str) -> None:
    harness.site.hide_issue(issue)
    harness.site.clock.sleep(60)
    mark = harness.ask(f"select count(*) from jira_comments where jira_id = '{issue}'")
    harness.sync()
    rows = harness.ask(
        f"select count(*) from jira_comments where jira_id = '{issue}' and deleted_seen_at is null"
    )
    assert rows == mark


@pytest.mark.few_tables(*TABLES)
def test_texts_are_kept_only_as_long_as_they_are_asked_for(harness: SyncHarness, issue: str) -> None:
    with_texts, harness.pipeline = harness.pipeline, replace_settings(harness, entity_bodies="")
    mark = harness.site.journal.mark()
    harness.pipeline.publish_decisions()
    harness.is_behind, harness._preview = True, None
    assert harness.ask("select count(body_text) from jira_comments") == [(0,)], "not kept any more"
    assert kept(harness, "count(*)", "kind = 'comments' and payload like '%\"body\"%'") == 0
    assert len(harness.site.comments_truth()) == len(harness.ask("select * from jira_comments"))
    assert harness.site.requests_since(mark) == []

    harness.site.comment(issue, "A secret of the house")
    harness.site.clock.sleep(120)
    asked = [path for path in entity_requests(harness.requests_of()) if "/worklog" not in path]
    assert asked == ["/rest/api/3/issue/bulkfetch"], "what is left is known"
    assert harness.ask("select count(body_text) from jira_comments") == [(0,)]
    assert kept(harness, "count(*)", "payload like '%secret%'") == 0

    harness.pipeline = with_texts
    later(harness)
    assert harness.ask("select count(*) from jira_comments where body_text is null") == [(0,)]
    assert len(harness.site.comments_truth()) == len(harness.ask("select * from jira_comments"))


def kept(harness: SyncHarness, what: str, condition: str) -> int:
    """Count something in the raw files."""
    lake = harness.pipeline.lake
    files = [str(lake.path(file.path)) for manifest in lake.manifests() for file in manifest.entity_raw]
    query = f"select {what} from read_parquet(?, hive_partitioning = false) where {condition}"
    found = lake.engine.execute(query, [files]).fetchone()
    assert found
    return int(found[0])


@pytest.mark.prove
def test_a_kind_that_is_not_wanted_any_more_is_taken_out_of_the_files(
    harness: SyncHarness, comment: str
) -> None:
    harness.site.delete_comment(comment)
    later(harness)
    harness.pipeline = replace_settings(harness, entities="comments")
    later(harness)
    assert harness.ask("select count(*) from jira_attachments") == [(0,)]
    assert gone(harness, comment) is not None
    assert kept(harness, "count(*)", "kind <> 'comments'") == 0
    assert kept(harness, "count(*)", "kind = 'comments'") > 0


@pytest.mark.prove
def test_a_project_may_have_its_own_choice(tmp_path: Path) -> None:
    with open_harness(tmp_path / "home", site_data(), entities="comments; WEB:") as harness:
        harness.track()
        harness.sync()
        keys = harness.ask("select distinct project_key from entity_status")
        assert keys == [("PAY",)]
        assert len(harness.ask("select * from jira_comments")) == len(harness.site.comments_truth("PAY"))


def test_what_is_not_chosen_any_more_leaves_no_file(harness: SyncHarness) -> None:
    harness.pipeline = replace_settings(harness, entities="")
    later(harness)
    assert harness.ask("select count(*) from jira_comments") == [(0,)]
    for manifest in harness.pipeline.lake.manifests():
        assert not manifest.entity_raw
        assert "entities" not in manifest.derived


def test_what_cannot_be_read_is_a_notice_and_stops_no_issue(harness: SyncHarness, issue: str) -> None:
    for _ in range(25):
        harness.site.comment(issue)
    harness.site.edit_issue(issue, summary="Changed meanwhile")
    harness.site.faults.add(answer(403, "{}", path=f"/rest/api/3/issue/{issue}/comment"))
    harness.site.clock.sleep(120)
    result = harness.sync()
    assert not result.failures
    assert any("could not be read" in notice for notice in result.notices)
    assert harness.ask(f"select summary from jira_issues where jira_id = '{issue}'") == [
        ("Changed meanwhile",)
    ]
    assert harness.ask("select count(*) from jira_comments where deleted_seen_at is not null") == [(0,)]
    harness.site.faults.clear()
    later(harness)
    assert differences(harness) == []
    assert all(project["problem"] is None for project in status(harness))


def test_odd_people_and_texts_are_read(harness: SyncHarness, issue: str) -> None:
    author = sorted(harness.site.catalog.users)[3]
    long = "x" * 32_767
    ids = [
        harness.site.comment(issue, long),
        harness.site.comment(issue, "Half an emoji \ufffd"),
        harness.site.comment(issue, "By someone erased", author=author),
        harness.site.comment(issue, "For agents", public=False),
        harness.site.comment(issue, {"type": "doc", "version": 1, "content": [{"type": "odd", "text": 1}]}),
    ]
    harness.site.anonymise(author)
    harness.site.switches.half_emoji = True
    later(harness)
    assert differences(harness) == []
    rows = dict(
        harness.ask(f"select comment_id, length(body_text) from jira_comments where jira_id = '{issue}'")
    )
    assert rows[ids[0]] == 32_767
    rows = dict(
        harness.ask(f"select comment_id, author_account_id from jira_comments where jira_id = '{issue}'")
    )
    assert rows[ids[2]] is None


@pytest.mark.prove
def test_odd_comments_cost_themselves_alone(harness: SyncHarness, issue: str) -> None:
    for _ in range(25):
        harness.site.comment(issue)
    odd = ({"id": None, "body": 5}, 5, None, {"id": "77", "author": 3, "created": "never"})
    harness.site.faults.add(odd_records(*odd, path=f"/rest/api/3/issue/{issue}/comment"))
    harness.site.clock.sleep(120)
    assert not harness.sync().failures
    harness.reconcile()
    assert [each for each in differences(harness) if not each.startswith("comment 77:")] == []
    query = "select created_at, author_account_id from jira_comments where comment_id = '77'"
    assert harness.ask(query) == [(None, None)]


def test_a_damaged_file_is_read_again_and_stops_nothing(harness: SyncHarness, issue: str) -> None:
    project = harness.site.truth(issue).project_id
    manifest = harness.pipeline.lake.manifest(project)
    assert manifest is not None
    path = harness.pipeline.lake.path(manifest.entity_raw[0].path)
    path.write_bytes(path.read_bytes()[:-40])
    result = harness.sync()
    assert not result.failures
    assert differences(harness) == []


@pytest.mark.prove
def test_merging_files_changes_nothing(harness: SyncHarness, issue: str) -> None:
    for _ in range(3):
        harness.site.comment(issue)
        later(harness)
    before = harness.ask("select * from jira_comments order by all")
    assert harness.pipeline.compact() > 0
    harness.is_behind, harness._preview = True, None
    assert harness.ask("select * from jira_comments order by all") == before
    project = harness.pipeline.lake.manifest(harness.site.truth(issue).project_id)
    assert project is not None
    assert len(project.entity_raw) == 1
    harness.site.clock.sleep(120)
    assert [path for path in entity_requests(harness.requests_of()) if "/worklog" not in path] == []


def test_lists_that_all_become_empty_at_once_are_not_believed_before_a_day(harness: SyncHarness) -> None:
    site, before = harness.site, len(harness.site.comments_truth())
    site.entities.comments, kept_aside = {}, site.entities.comments
    of_issue = dict(site.entities._of_issue)
    site.entities._of_issue = {key: ids for key, ids in of_issue.items() if key[0].__name__ != "DemoComment"}
    site.render.forget()
    site.clock.sleep(120)
    result = harness.reconcile()
    assert not result.failures
    assert any("Jira returns no comments" in notice for notice in result.notices)
    query = "select count(*) from jira_comments where deleted_seen_at is null"
    assert harness.ask(query) == [(before,)]

    site.entities.comments, site.entities._of_issue = kept_aside, of_issue
    site.render.forget()
    site.clock.sleep(120)
    assert not any("Jira returns no" in notice for notice in harness.reconcile().notices)
    assert differences(harness) == []


def test_a_refused_identity_ends_the_pass_and_keeps_the_issues(harness: SyncHarness, issue: str) -> None:
    harness.site.edit_issue(issue, summary="Changed meanwhile")
    refused = answer(401, "{}", path="/rest/api/3/issue/bulkfetch", when='"comment"')
    harness.site.faults.add(refused)
    harness.site.clock.sleep(120)
    result = harness.sync()
    assert not result.failures
    assert any("cannot be read" in notice for notice in result.notices)
    assert harness.ask(f"select summary from jira_issues where jira_id = '{issue}'") == [
        ("Changed meanwhile",)
    ]
