"""Comments and worklogs in homes: several sites, published incrementally, repaired, of an older version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from jira_assets.demo.data import SiteData
from jira_assets.demo.generate.generate import generate_site
from jira_assets_tests.few_tables import REPLACING
from jira_assets_tests.harness import MONDAY_NOON, SyncHarness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sampling import sampled
from jira_assets_tests.sync import damages
from jira_assets_tests.sync.entity_homes import (
    ALL,
    TABLES,
    differences,
    later,
    replace_settings,
    synced_with_entities,
    worklog_differences,
)
from jira_assets_tests.two_sites import TwoSites, open_two_sites

PUBLISHED = (*TABLES, "jira_worklogs")


@pytest.fixture
def harness(templates: HomeTemplates, tmp_path: Path) -> Iterator[SyncHarness]:
    """A home that has read everything once."""
    with templates.open(synced_with_entities, tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def issue(harness: SyncHarness) -> str:
    """An issue of the site that is synced."""
    return min(harness.site.issues_truth())


def all_differences(harness: SyncHarness) -> list[str]:
    return [*differences(harness), *worklog_differences(harness)]


@pytest.mark.prove
@pytest.mark.few_tables(*PUBLISHED, *REPLACING)
def test_replacing_the_projects_that_changed_gives_the_same_rows(harness: SyncHarness, issue: str) -> None:
    harness.publish()
    harness.site.comment(issue)
    harness.site.log_work(issue, 900)
    later(harness)
    harness.publish()
    replaced = {table: harness.ask(f"select * from {table} order by all") for table in PUBLISHED}
    harness.is_behind = True  # so that all is made anew
    assert {table: harness.ask(f"select * from {table} order by all") for table in PUBLISHED} == replaced
    assert all_differences(harness) == []


@pytest.mark.prove
@pytest.mark.few_tables(*PUBLISHED)
@pytest.mark.parametrize("damage", sampled(["missing", "garbage"]))
def test_a_repair_brings_back_what_a_damaged_file_held(harness: SyncHarness, issue: str, damage: str) -> None:
    lake = harness.pipeline.lake
    manifest = lake.manifest(harness.site.truth(issue).project_id)
    assert manifest is not None
    damage_file = getattr(damages, damage)
    for file in (manifest.entity_raw[-1], lake.site_manifest().worklogs.raw[-1]):
        damage_file(lake.path(file.path))
    harness.pipeline.repair(harness.tracked)
    later(harness)
    assert all_differences(harness) == []


@pytest.mark.few_tables(*PUBLISHED)
def test_damaged_tables_are_made_again_without_a_question(harness: SyncHarness, issue: str) -> None:
    lake = harness.pipeline.lake
    manifest = lake.manifest(harness.site.truth(issue).project_id)
    assert manifest is not None
    comments, worklogs = manifest.derived_file("jira_comments"), lake.site_manifest().tables["worklogs"]
    assert comments is not None
    for file in (comments, worklogs):
        lake.path(file.path).write_bytes(b"")
    mark = harness.site.journal.mark()
    harness.publish()
    assert harness.site.requests_since(mark) == []
    assert all_differences(harness) == []


@pytest.mark.few_tables(*PUBLISHED)
def test_a_newer_version_makes_the_tables_again_without_a_question(harness: SyncHarness) -> None:
    lake = harness.pipeline.lake
    for manifest in lake.manifests():
        group = manifest.derived["entities"]
        files = {name: file for name, file in group.files.items() if name != "jira_comments"}
        manifest.set_derived("entities", msgspec.structs.replace(group, fingerprint="old", files=files))
        with lake.lock(manifest.project_id, "test"):
            lake.commit(manifest)
    site = lake.site_manifest()
    site.worklogs.derived_from = "old"
    site.tables = {name: table for name, table in site.tables.items() if name != "worklogs"}
    with lake.lock("site", "test"):
        lake.commit_site(site)
    mark = harness.site.journal.mark()
    harness.pipeline.publish_decisions()
    harness.is_behind, harness._preview = True, None
    assert harness.site.requests_since(mark) == []
    assert all_differences(harness) == []


def test_files_that_are_merged_give_the_same_worklogs(harness: SyncHarness, issue: str) -> None:
    harness.site.log_work(issue, 900)
    later(harness)
    before = harness.ask("select * from jira_worklogs order by all")
    assert len(harness.pipeline.lake.site_manifest().worklogs.raw) > 1
    harness.pipeline.compact()
    harness.is_behind, harness._preview = True, None
    assert len(harness.pipeline.lake.site_manifest().worklogs.raw) == 1
    assert harness.ask("select * from jira_worklogs order by all") == before
    later(harness)
    assert all_differences(harness) == []


def one_project() -> SiteData:
    return generate_site(7, projects=1, issues=12, now_ms=int(MONDAY_NOON.timestamp() * 1000))


def test_two_sites_keep_theirs_apart(tmp_path: Path) -> None:
    with open_two_sites(tmp_path / "home", one_project(), one_project()) as sites:
        sites.track_all()
        read_everything(sites)
        ours = sites.ours
        shown = {
            table: set(ours.ask(f"select {key}, jira_id, project_id from {table}"))
            for table, key in (
                ("jira_comments", "comment_id"),
                ("jira_worklogs", "worklog_id"),
                ("jira_attachments", "attachment_id"),
                ("jira_remote_links", "remote_link_id"),
            )
        }
        for name, rows in shown.items():
            truth = name.replace("jira_", "") + "_truth"
            for site, prefix in ((ours.site, ""), (sites.acme, "acme:")):
                found = getattr(site, truth)()
                assert found
                wanted = {prefix + key for key in found}
                here = {key for key, _, project in rows if project.startswith("acme:") == bool(prefix)}
                assert here == wanted, (name, prefix)
            assert all(issue.startswith("acme:") == key.startswith("acme:") for key, issue, _ in rows)


def read_everything(sites: TwoSites) -> None:
    ours = sites.ours
    with_entities = replace_settings(ours, entities=ALL).settings
    ours.pipeline = replace(ours.pipeline, settings=with_entities)
    ours.site.clock.sleep(120)  # worklogs of the last minute are not listed
    ours.sync()


@pytest.mark.parametrize("rounds", [1, pytest.param(4, marks=pytest.mark.prove)])
def test_tables_that_are_continued_have_the_rows_of_those_made_from_all_files(
    harness: SyncHarness, rounds: int
) -> None:
    site, issues = harness.site, sorted(harness.site.issues_truth())[:4]
    for round_number in range(rounds):
        comments = [site.comment(issue, f"Round {round_number}") for issue in issues]
        worklogs = [site.log_work(issue, 900) for issue in issues[:2]]
        site.attach(issues[0], "log.txt")
        later(harness)
        site.delete_comment(comments[round_number])
        site.move_worklog(worklogs[0], issues[3])
        site.delete_worklog(worklogs[1])
        site.edit_issue(issues[2], summary=f"Round {round_number}")
        later(harness)
    continued = rows(harness)
    lake = harness.pipeline.lake
    for manifest in lake.manifests():
        manifest.drop_derived(["entities"])
        with lake.lock(manifest.project_id, "test"):
            lake.commit(manifest)
    manifest_of_site = lake.site_manifest()
    manifest_of_site.drop_tables(["worklogs"])
    with lake.lock("site", "test"):
        lake.commit_site(manifest_of_site)
    harness.pipeline.rederive(harness.tracked)
    harness.is_behind, harness._preview = True, None
    assert rows(harness) == continued
    assert all_differences(harness) == []


def rows(harness: SyncHarness) -> dict[str, list[tuple[object, ...]]]:
    tables = ("jira_comments", "jira_worklogs", "jira_attachments", "jira_remote_links")
    return {table: harness.ask(f"select * from {table} order by all") for table in tables}


def test_people_who_only_comment_are_among_the_accounts(harness: SyncHarness, issue: str) -> None:
    harness.site.add_user("customer-1", "Kim Customer", "kim@customer.example")
    harness.site.switches.unlisted_users.add("customer-1")
    harness.site.comment(issue, author="customer-1")
    later(harness)
    harness.site.clock.sleep(25 * 3600)
    harness.sync()
    names = harness.ask("select display_name from jira_users where account_id = 'customer-1'")
    assert names == [("Kim Customer",)]
