"""Two sites in one home, at the command line: added, named, listed, synced, removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets.settings.load import Settings
from jira_assets.state import State
from jira_assets_tests.cli.conftest import NOON_MS, Run

pytestmark = pytest.mark.few_tables


@pytest.fixture
def acme(run: Run, site: DemoSite) -> Iterator[DemoSite]:
    """Connect a second site with the same projects, keys and ids, by its own API token."""
    other = DemoSite(generate_site(1, projects=3, issues=3, now_ms=NOON_MS))
    other.cloud_id = "the-cloud-id-of-acme"
    with DemoServer(other) as server:
        words = ("--site-name", "acme", "--site", server.url, "--token", "--email", "demo@example.com")
        result = run("connect", *words, stdin="demo-token\n")
        assert result.exit_code == 0, result.stderr
        assert "Next: jira-assets projects track acme:MOB acme:PAY" in result.stderr
        yield other


def tracked(state: State) -> list[str]:
    return [project.project_key for project in state.projects.tracked()]


def rows(run: Run, query: str) -> list[dict[str, object]]:
    result = run("sql", "--json", query)
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def test_both_sites_are_listed(run: Run, site: DemoSite, acme: DemoSite) -> None:
    found = json.loads(run("sites", "list", "--json").stdout)
    assert [(each["site"], each["site_url"], each["id_prefix"]) for each in found] == [
        (None, site.render.base_url, ""),
        ("acme", acme.render.base_url, "acme:"),
    ]
    assert acme.render.base_url in run("sites", "list").stdout


def test_projects_of_both_sites_are_listed_and_tracked(run: Run, acme: DemoSite, state: State) -> None:
    result = run("projects", "track", "PAY", "acme:pay")
    assert result.exit_code == 0, result.stderr
    assert tracked(state) == ["PAY", "acme:PAY"]
    listed = json.loads(run("projects", "list", "--json").stdout)
    assert [(each["project_key"], each["is_tracked"]) for each in listed if each["is_tracked"]] == [
        ("PAY", True),
        ("acme:PAY", True),
    ]
    assert len(listed) == 6


def test_an_address_is_found_on_its_own_site(run: Run, acme: DemoSite, state: State) -> None:
    run("projects", "track", f"{acme.render.base_url}/browse/WEB-1")
    assert tracked(state) == ["acme:WEB"]


def test_a_site_that_does_not_exist_is_named_with_the_known_ones(run: Run, acme: DemoSite) -> None:
    result = run("projects", "track", "beta:PAY")
    assert result.exit_code == 1
    assert "No site of this home is called beta." in result.stderr
    assert "acme" in result.stderr


def test_a_key_that_the_site_does_not_have_is_an_error_and_nothing_is_tracked(
    run: Run, acme: DemoSite, state: State
) -> None:
    result = run("projects", "track", "PAY", "acme:NOPE")
    assert result.exit_code == 1
    assert "Jira has no project NOPE" in result.stderr
    assert tracked(state) == []


def test_one_sync_brings_both_and_one_of_them_can_be_chosen(run: Run, acme: DemoSite) -> None:
    run("projects", "track", "PAY", "acme:PAY")
    result = run("sync", "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert [each["project_key"] for each in document["projects"]] == ["PAY", "acme:PAY"]
    only = json.loads(run("sync", "acme:PAY", "--json").stdout)
    assert [each["project_key"] for each in only["projects"]] == ["acme:PAY"]
    counts = rows(run, "select site, count(*) as n from jira_issues group by site order by site")
    assert [each["site"] for each in counts] == ["acme", None]
    assert len({each["n"] for each in counts}) == 1


@pytest.mark.prove
def test_status_and_doctor_name_the_site_that_lost_its_access(run: Run, acme: DemoSite) -> None:
    run("projects", "track", "PAY", "acme:PAY")
    run("sync")
    acme.switches.dead_credentials = True
    result = run("sync")
    assert result.exit_code == 3
    assert "acme:PAY: " in result.stderr
    status = run("status", "--json")
    document = json.loads(status.stdout)
    assert [each["site"] for each in document["sites"]] == [None, "acme"]
    findings = json.loads(run("doctor", "--json").stdout)
    failed = [each["check"] for each in findings if each["verdict"] == "failed"]
    assert "jira of acme" in failed
    assert "jira" not in failed


def test_the_story_points_field_of_a_project_is_checked_on_its_own_site(
    run: Run, acme: DemoSite, state: State
) -> None:
    run("projects", "track", "acme:PAY")
    refused = run("projects", "fields", "acme:PAY", "--story-points", "customfield_99999")
    assert "Jira has no field 'customfield_99999'" in refused.stderr
    field = next(each.id for each in acme.catalog.fields.values() if each.name == "Story Points")
    result = run("projects", "fields", "acme:PAY", "--story-points", field, "--json")
    assert json.loads(result.stdout)["fields"][0]["field_id"] == field
    assert state.projects.tracked()[0].story_points_field == field


def test_a_site_is_renamed_with_its_projects(run: Run, acme: DemoSite, state: State) -> None:
    run("projects", "track", "acme:PAY")
    run("sync")
    result = run("sites", "rename", "acme", "Zeta")
    assert "acme is now called zeta." in result.stderr
    assert tracked(state) == ["zeta:PAY"]
    run("publish")
    assert rows(run, "select distinct site, project_key from jira_issues") == [
        {"site": "zeta", "project_key": "zeta:PAY"}
    ]
    assert "Jira" not in result.stderr


@pytest.mark.parametrize("name", ["9lives", "a b", "", "x" * 31])
def test_a_name_that_ids_cannot_begin_with_is_refused(run: Run, acme: DemoSite, name: str) -> None:
    result = run("sites", "rename", "acme", name)
    assert result.exit_code == 1
    assert "not a short name of a site" in result.stderr
    assert run("connect", "--site-name", name).exit_code == 2


def test_a_site_is_removed_after_a_confirmation_that_says_what_goes(
    run: Run, acme: DemoSite, state: State, settings: Settings
) -> None:
    run("projects", "track", "PAY", "acme:PAY")
    run("sync")
    refused = run("sites", "remove", "acme")
    assert refused.exit_code == 2
    assert "acme (" in refused.stderr
    assert "1 project" in refused.stderr
    result = run("sites", "remove", "acme", "--yes")
    assert result.exit_code == 0, result.stderr
    assert "Removed acme." in result.stderr
    assert tracked(state) == ["PAY"]
    assert rows(run, "select distinct site from jira_issues") == [{"site": None}]
    assert list(Path(settings.lake_dir).glob("sites/*")) == []


@pytest.mark.prove
def test_the_first_site_cannot_be_removed(run: Run, acme: DemoSite, site: DemoSite, state: State) -> None:
    run("projects", "track", "PAY")
    run("sync")
    address = site.render.base_url
    result = run("sites", "rename", address, "ours") if state.credentials.site().url else None
    name = "ours" if result is not None else address
    refused = run("sites", "remove", name, "--yes")
    assert refused.exit_code == 1


@pytest.mark.prove
def test_a_disconnected_site_leaves_the_other_connected(run: Run, acme: DemoSite) -> None:
    run("projects", "track", "PAY", "acme:PAY")
    result = run("disconnect", "--site-name", "acme")
    assert "Removed the API token of" in result.stderr
    sync = run("sync")
    assert sync.exit_code == 3
    assert "The site acme is not connected." in sync.stderr
    assert "jira-assets connect --site-name acme" in sync.stderr
    assert run("status").exit_code == 4


def test_the_first_site_is_found_by_the_address_that_the_environment_sets(
    run: Run, acme: DemoSite, site: DemoSite, state: State
) -> None:
    result = run("sites", "rename", site.render.base_url, "ours")
    assert result.exit_code == 0, result.stderr
    assert [each.short_name for each in state.sites.all()] == ["ours", "acme"]


def test_a_site_is_connected_again_by_its_name_alone(run: Run, acme: DemoSite, state: State) -> None:
    words = ("--site-name", "acme", "--token", "--email", "demo@example.com")
    result = run("connect", *words, stdin="demo-token\n")
    assert result.exit_code == 0, result.stderr
    assert f"Connected to {acme.render.base_url}" in result.stderr
    assert len(state.sites.all()) == 2


def test_adding_a_site_says_nothing_of_the_connections_that_stay(run: Run, acme: DemoSite) -> None:
    result = run("connect", "--site-name", "other", "--token", stdin="demo-token\n")
    assert "That connection is kept" not in result.stderr


@pytest.mark.prove
def test_the_advice_about_a_further_site_connects_that_one(run: Run, acme: DemoSite) -> None:
    run("projects", "track", "PAY", "acme:PAY")
    run("sync")
    acme.switches.dead_credentials = True
    sync = run("sync")
    assert "run `jira-assets connect --site-name acme` again" in sync.stderr
    assert "JIRA_API_TOKEN" not in sync.stderr
    findings = {each["check"]: each["repair"] for each in json.loads(run("doctor", "--json").stdout)}
    assert "jira-assets connect --site-name acme" in findings["jira of acme"]


def test_a_site_whose_consent_ended_keeps_no_other_from_being_listed_and_tracked(
    run: Run, acme: DemoSite, state: State
) -> None:
    run("projects", "track", "acme:PAY")
    view = state.of(state.sites.find("acme"))
    with view.credentials.exclusive() as held:
        assert held.credential is not None
        now = held.credential.consented_at
        held.keep(replace(held.credential, kind="oauth", consent_lost_at=now, consent_lost_why="Revoked."))
    listed = run("projects", "list")
    assert listed.exit_code == 0, listed.stderr
    assert "! acme: Atlassian ended the consent" in listed.stderr
    assert "jira-assets connect --site-name acme" in listed.stderr
    assert run("projects", "track", "PAY").exit_code == 0
    assert tracked(state) == ["PAY", "acme:PAY"]
    assert "jira-assets connect --site-name acme" in run("status").stderr
