"""What every field of every issue was at any time, as the changelogs of the site have it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.simulate.life import Life
from jira_assets_tests.harness import MONDAY_NOON, SyncHarness, open_harness
from jira_assets_tests.warehouse.field_replay import FieldKinds, replay

NOW = int(MONDAY_NOON.timestamp() * 1000)
DATA = generate_site(5, projects=3, issues=400, now_ms=NOW)


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncHarness]:
    with open_harness(tmp_path_factory.mktemp("fields"), DATA) as opened:
        opened.track()
        opened.sync()
        opened.publish()
        yield opened


def told(harness: SyncHarness) -> set[tuple[Any, ...]]:
    """Return the spans; a value that has an id is known by it."""
    rows = harness.ask(
        "select jira_id, field_id, value_id, case when value_id is null then value end, entered_at, left_at "
        "from issue_field_spans where field_id <> 'customfield_10044'"
    )
    assert len(rows) == len(set(rows))
    return set(rows)


def truth(harness: SyncHarness) -> set[tuple[Any, ...]]:
    kinds = FieldKinds.of(harness.site.catalog.fields.values())
    found = set()
    for document in harness.site.store.documents:
        issue = harness.site.issue(document)
        history = replay(issue, kinds)
        found |= {(str(issue.id), *span) for span in history.spans() if span[0] != "customfield_10044"}
        found |= set(_never_moved(issue, history, kinds))
    return found


def _never_moved(issue: Any, history: Any, kinds: FieldKinds) -> Iterator[tuple[Any, ...]]:
    """What lies in a list that changed and was not named by a change: it is there since the creation."""
    ids = {name: issue.fields.get(name) or [] for name in history.changed & {"components", "versions"}}
    ids["fixVersions"] = issue.fields["fixVersions"] if "fixVersions" in history.changed else []
    for name, present in ids.items():
        for each in present:
            if (name, each) not in history.held:
                yield str(issue.id), name, each, None, history.created, None


def test_the_spans_of_every_field_are_those_of_the_histories(harness: SyncHarness) -> None:
    assert told(harness) == truth(harness)
    assert len({field for _, field, *_ in truth(harness)}) > 15


def test_nothing_contradicts_what_the_site_shows(harness: SyncHarness) -> None:
    assert harness.ask("from issue_field_spans where contradiction is not null") == []
    not_shown = harness.ask(
        "select distinct field_id from issue_field_spans where left_at is null and not is_current"
    )
    assert not_shown == [("customfield_10044",)]


def test_values_have_the_names_of_today(harness: SyncHarness) -> None:
    rows = harness.ask(
        "select distinct field, value_id, value from issue_field_spans "
        "where field in ('Severity', 'Platforms', 'Customer impact')"
    )
    assert sorted(rows) == [
        ("Customer impact", "10390", "Low"),
        ("Platforms", "10410", "Web"),
        ("Platforms", "10411", "iOS, iPadOS"),
        ("Platforms", "10412", "Android"),
        ("Severity", "10300", "Cosmetic"),
        ("Severity", "10301", "Annoying"),
        ("Severity", "10302", "Blocks work"),
    ]


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.prove)])
def test_spans_are_right_after_people_worked(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    data = generate_site(seed, projects=3, issues=60, now_ms=NOW)
    with open_harness(tmp_path_factory.mktemp("life"), data) as harness:
        harness.track()
        harness.sync()
        life = Life(harness.site, seed)
        for _ in range(60):
            harness.site.clock.advance(timedelta(minutes=1))
            life.step()
        harness.reconcile()
        assert told(harness) == truth(harness)
        contradicted = harness.ask(
            "select distinct jira_id from issue_field_spans where contradiction is not null"
        )
        # A move to another project leaves no trace of the statuses and versions that are not known there.
        assert all(harness.site.issue(jira_id).old_keys for (jira_id,) in contradicted)
