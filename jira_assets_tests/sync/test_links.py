"""What payloads hold besides, as the site itself has it: links, times, security, texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from jira_assets.demo.clock import moment
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.simulate.life import Life
from jira_assets_tests.few_tables import few_tables
from jira_assets_tests.harness import MONDAY_NOON, SyncHarness, open_harness

DATA = generate_site(5, projects=3, issues=400, now_ms=int(MONDAY_NOON.timestamp() * 1000))
ADDED = ("jira_issue_links", "jira_issue_texts")
ASKED = (*ADDED, "issue_link_spans", "jira_issue_versions")

pytestmark = pytest.mark.few_tables(*ASKED)


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncHarness]:
    with open_harness(tmp_path_factory.mktemp("links"), DATA) as opened:
        opened.track()
        opened.sync()
        with few_tables(*ASKED):
            opened.publish()
        yield opened


def links(harness: SyncHarness) -> set[tuple[Any, ...]]:
    rows = harness.ask("select link_id, source_jira_id, target_jira_id, type from jira_issue_links")
    assert len(rows) == len(set(rows))
    return set(rows)


def truth(harness: SyncHarness) -> set[tuple[Any, ...]]:
    return {(link.id, link.source_id, link.target_id, link.type) for link in harness.site.links_truth()}


def test_every_link_of_the_site_is_one_row_that_both_ends_show(harness: SyncHarness) -> None:
    assert links(harness) == truth(harness)
    assert len(truth(harness)) > 20
    assert harness.ask("select distinct seen_on from jira_issue_links") == [("both",)]


@pytest.mark.prove
def test_an_existing_home_gets_links_and_texts_without_a_request(harness: SyncHarness) -> None:
    lake = harness.pipeline.lake
    for manifest in lake.manifests():
        derived = manifest.derived["issues"]
        files = {table: file for table, file in derived.files.items() if table not in ADDED}
        former = msgspec.structs.replace(derived, fingerprint="of an older version", files=files)
        manifest.set_derived("issues", former)
        with lake.lock(manifest.project_id, "test"):
            lake.commit(manifest)
    harness.pipeline.publish(force=True)
    assert links(harness) == set()
    mark = harness.site.journal.mark()
    harness.pipeline.publish_decisions()
    harness.publish()

    assert harness.site.requests_since(mark) == []
    assert links(harness) == truth(harness)
    assert harness.ask("select count(*) from jira_issue_texts where description_text like '%@Ada%'") > [(0,)]


def test_the_columns_are_those_of_the_site(harness: SyncHarness) -> None:
    rows = harness.ask(
        "select jira_id, original_estimate_seconds, time_spent_seconds, total_time_spent_seconds, "
        "security_level, votes, watchers, is_flagged, rank from jira_issues"
    )
    wanted = {
        (
            str(issue.id),
            issue.fields.get("timeoriginalestimate"),
            issue.fields.get("timespent"),
            issue.fields.get("aggregatetimespent"),
            (issue.fields.get("security") or {}).get("name"),
            issue.fields["votes"]["votes"],
            issue.fields["watches"]["watchCount"],
            bool(issue.fields.get("customfield_10021")),
            issue.fields["customfield_10019"],
        )
        for issue in DATA.issues
    }
    assert set(rows) == wanted
    assert {row[7] for row in rows} == {True, False}


def test_affected_versions_are_joined_by_id(harness: SyncHarness) -> None:
    rows = harness.ask("select jira_id, version_id, kind from jira_issue_versions")
    wanted = {
        (str(issue.id), version_id, kind)
        for issue in DATA.issues
        for kind, name in (("fix", "fixVersions"), ("affects", "versions"))
        for version_id in issue.fields[name]
    }
    assert set(rows) == wanted
    assert {kind for *_, kind in rows} == {"fix", "affects"}


@pytest.mark.prove
@pytest.mark.parametrize("seed", [1, 2])
def test_links_are_right_after_people_added_removed_moved_and_deleted(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    data = generate_site(seed, projects=3, issues=90, now_ms=int(MONDAY_NOON.timestamp() * 1000))
    with open_harness(tmp_path_factory.mktemp("life"), data) as harness:
        harness.track()
        harness.sync()
        life = Life(harness.site, seed)
        for _ in range(60):
            harness.site.clock.advance(timedelta(minutes=1))
            life.step()
        harness.reconcile()
        assert links(harness) == truth(harness)


def replayed(harness: SyncHarness, issue_id: str) -> list[tuple[Any, ...]]:
    """Replay the links of an issue from its own history: key, words, beginning and end."""
    open_links: dict[tuple[str, str], Any] = {}
    found = []
    for history in harness.site.issue(issue_id).histories:
        at = moment(history["created"]).replace(tzinfo=None)
        for item in (each for each in history["items"] if each["field"] == "Link"):
            sentence = item["toString"] or item["fromString"]
            key = item["to"] or item["from"]
            words = sentence.removeprefix("This issue ").removesuffix(f" {key}")
            other = harness.site.store.resolve(key)
            pair = (key if other is None else str(other.id), words)
            if item["to"] is not None:
                open_links.setdefault(pair, at)
            elif pair in open_links:
                found.append((*pair, open_links.pop(pair), at))
    return found + [(*pair, at, None) for pair, at in open_links.items()]


def test_the_spans_of_links_are_those_of_the_histories(harness: SyncHarness) -> None:
    rows = harness.ask(
        "select jira_id, coalesce(other_jira_id, other_key), link, linked_at, unlinked_at "
        "from issue_link_spans"
    )
    wanted = [(str(issue.id), *span) for issue in DATA.issues for span in replayed(harness, str(issue.id))]
    assert sorted(map(repr, rows)) == sorted(map(repr, wanted))


def test_contradictions_are_links_to_issues_that_nothing_else_shows(harness: SyncHarness) -> None:
    rows = harness.ask(
        "select other_jira_id, link_id, unlinked_at from issue_link_spans where contradiction is not null"
    )
    assert rows
    assert set(rows) == {(None, None, None)}
    open_ends = harness.ask(
        "select count(*) from issue_link_spans where unlinked_at is null and contradiction is null"
    )
    assert open_ends == [(sum(len(issue.fields["issuelinks"]) for issue in DATA.issues),)]
