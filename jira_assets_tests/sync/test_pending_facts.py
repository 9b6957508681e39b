"""A project waits for what the site says of it, and for nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jira_assets.demo.http.faults import answer
from jira_assets.errors import AuthenticationError, Forbidden
from jira_assets.jira.models import Field
from jira_assets.sync.field_discovery import SiteFacts
from jira_assets.sync.pending_facts import PendingFacts
from jira_assets.sync.reference_data import DETAILS_AT_ONCE, refresh_site
from jira_assets_tests.harness import SyncHarness

EARLY, LATE = SiteFacts([Field(id="customfield_1", name="Points")]), SiteFacts()


def test_facts_that_are_put_early_stay() -> None:
    facts = PendingFacts(["1", "2"])
    refusal = Forbidden("You do not have permission.", "Ask for it.")

    facts.put(EARLY, ["1"])
    facts.end(LATE, {"1": refusal, "2": refusal})

    assert facts.of("1") == (EARLY, None)
    assert facts.of("2") == (LATE, refusal)


def test_what_ends_the_reading_of_the_site_is_raised_in_those_that_wait() -> None:
    facts = PendingFacts(["1", "2"])
    facts.put(EARLY, ["1"])

    facts.fail(AuthenticationError("Jira does not know this account.", "Connect again."))

    assert facts.of("1") == (EARLY, None)
    with pytest.raises(AuthenticationError, match="does not know this account"):
        facts.of("2")


def test_issues_do_not_wait_for_sprints_people_and_other_lists(harness: SyncHarness) -> None:
    """What fields mean in a project is known before the rest is asked for."""
    ids = [project.project_id for project in harness.tracked]
    (site,) = harness.pipeline.sites
    asked: list[str] = []
    known: list[tuple[SiteFacts, list[str]]] = []
    mark = harness.site.journal.mark()

    def on_facts(facts: SiteFacts, project_ids: object) -> None:
        assert isinstance(project_ids, list)
        known.append((facts, project_ids))
        asked.extend(request.path for request in harness.site.requests_since(mark))

    with site.asking_jira() as context:
        assert refresh_site(context, ids, force=True, on_facts=on_facts) == {}

    assert len(ids) <= DETAILS_AT_ONCE
    assert [project_ids for _, project_ids in known] == [[], ids]
    facts, _ = known[-1]
    assert facts.fields
    assert all(facts.projects[key] == site.lake.site_manifest().projects[key] for key in ids)
    paths = " ".join(asked)
    assert "/field" in paths
    assert "/configuration" in paths
    assert not any(each in paths for each in ("/sprint", "/users", "/status", "/priority"))


def test_projects_whose_details_are_current_get_facts_from_the_lake(harness: SyncHarness) -> None:
    ids = [project.project_id for project in harness.tracked]
    (site,) = harness.pipeline.sites
    with site.asking_jira() as context:
        refresh_site(context, ids)
        known: list[tuple[SiteFacts, object]] = []
        refresh_site(context, ids, on_facts=lambda facts, keys: known.append((facts, keys)))

    ((facts, keys),) = known
    assert keys == ids
    assert facts.fields
    assert set(ids) <= facts.projects.keys()


def test_what_is_read_is_as_new_as_the_question(harness: SyncHarness) -> None:
    """What is made while Jira answers may be missing: then issues that name it have the lists read again."""
    ids = [project.project_id for project in harness.tracked]
    (site,) = harness.pipeline.sites
    clock = harness.site.clock
    began = clock.now()

    with site.asking_jira() as context:
        refresh_site(context, ids, force=True, on_facts=lambda *_: clock.advance(timedelta(minutes=1)))

    manifest = site.lake.site_manifest()
    soon = began + timedelta(seconds=30)
    assert all(began <= manifest.projects[key].refreshed_at < soon + timedelta(minutes=1) for key in ids)
    assert began <= manifest.tables["projects"].refreshed_at < soon
    assert manifest.tables["issue_types"].refreshed_at >= began + timedelta(minutes=2)


def test_a_project_that_answers_with_another_id_stops_no_sync(harness: SyncHarness) -> None:
    asked = harness.tracked[0].project_id
    other = f'{{"id": "99", "key": "{harness.tracked[0].project_key}", "name": "Elsewhere"}}'
    harness.site.faults.add(answer(200, other, path=f"/rest/api/3/project/{asked}", exact=True))

    assert harness.sync().failures == []

    assert harness.differences() == []
