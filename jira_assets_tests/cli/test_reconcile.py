"""`reconcile` as a person types it: the proof, what is gone, and what is not believed."""

from __future__ import annotations

import json

import pytest

from jira_assets.demo.site import DemoSite
from jira_assets_tests.cli.conftest import Run

pytestmark = pytest.mark.few_tables


def test_reconcile_shows_the_proof_and_what_is_gone(run: Run, site: DemoSite) -> None:
    run("projects", "track", "PAY")
    second = site.create_issue("PAY", summary="to be deleted")
    run("sync")
    site.delete_issue(second.id)

    result = run("reconcile", "PAY", "--json")

    assert result.exit_code == 0, result.output
    (outcome,) = json.loads(result.stdout)["projects"]
    assert (outcome["project_key"], outcome["mode"], outcome["deleted"]) == ("PAY", "reconcile", 1)
    assert outcome["proof"]["missing"] == 0
    assert outcome["proof"]["in_jira"] == outcome["proof"]["in_lake"] == len(site.issues_truth("PAY"))


def test_a_mass_disappearance_is_told_with_the_command_that_accepts_it(run: Run, site: DemoSite) -> None:
    run("projects", "track", "PAY", "WEB")
    run("sync")
    while issues := site.issues_truth("PAY"):
        site.delete_issue(next(iter(issues)))

    refused = run("reconcile")

    assert refused.exit_code == 3
    assert "`jira-assets reconcile --accept PAY`" in refused.stderr
    accepted = run("reconcile", "--accept", "pay")
    assert accepted.exit_code == 0, accepted.output
    assert "proved" in accepted.stdout
    assert run("sql", "select count(*) from jira_issues where project_key = 'PAY'").stdout.split()[-1] == "0"


def test_a_project_nobody_tracks_is_refused_before_anything_is_asked(run: Run, site: DemoSite) -> None:
    run("projects", "track", "PAY")
    before = len(site.requests)

    result = run("reconcile", "--accept", "NOPE")

    assert result.exit_code == 1
    assert "NOPE" in result.stderr
    assert len(site.requests) == before
