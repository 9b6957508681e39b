"""Whatever a site misbehaves in: no proof is false, and all is well when it is over."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jira_assets.demo.generate.generate import generate_site
from jira_assets.sync.run import SyncResult
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.sync.events import EDITS, MOMENT, WAITS, delete, in_order, move
from jira_assets_tests.sync.troubles import TROUBLES, end_troubles


@dataclass(frozen=True)
class Step:
    """One thing that happens: `what`, decided by `which`."""

    what: str
    which: int


def sync(harness: SyncHarness, which: int) -> None:
    check_proofs(harness, harness.sync(full=which % 5 == 0))


def reconcile(harness: SyncHarness, which: int) -> None:
    check_proofs(harness, harness.reconcile())


CHANGES = EDITS | in_order(delete, move)
SYNCS = in_order(sync, reconcile)
STEPS = CHANGES | TROUBLES | WAITS | SYNCS | in_order(end_troubles)
steps = st.one_of(
    st.builds(Step, st.sampled_from(sorted(TROUBLES)), st.integers(0, 400)),
    st.builds(Step, st.sampled_from(sorted(SYNCS)), st.integers(0, 400)),
    st.builds(Step, st.sampled_from(sorted(CHANGES | WAITS)), st.integers(0, 400)),
    st.just(Step("end_troubles", 0)),
)
histories = st.lists(steps, max_size=14)


def check_proofs(harness: SyncHarness, result: SyncResult) -> None:
    """Hold every new proof against the site, and read every message for what must not be in it."""
    for outcome in result.outcomes:
        proof = outcome.proof
        if (
            outcome.ok
            and outcome.unproved is None
            and proof is not None
            and proof.at >= harness.site.clock.now()
        ):
            truth = {
                (issue.id, issue.summary)
                for issue in harness.site.issues_truth().values()
                if issue.project_id == outcome.project_id
            }
            query = f"select jira_id, summary from jira_issues where project_id = '{outcome.project_id}'"
            assert set(harness.ask(query)) == truth, f"{outcome.project_key} is called proved"
    said = " ".join([*result.notices, *(str(outcome.error or "") for outcome in result.outcomes)])
    assert "please report" not in said
    assert "This is a bug" not in said


def check(history: list[Step]) -> None:
    """Let the history happen, end every trouble, and compare."""
    data = generate_site(1, projects=3, issues=18, now_ms=1_790_000_000_000)
    with tempfile.TemporaryDirectory() as home, open_harness(Path(home), data) as harness:
        harness.track()
        for step in history:
            harness.site.clock.advance(MOMENT)
            STEPS[step.what](harness, step.which)
        end_troubles(harness)
        harness.site.clock.advance(timedelta(days=2))
        harness.sync(full=True)
        harness.site.clock.advance(timedelta(days=2))
        keys = [project.project_key for project in harness.tracked]

        result = harness.reconcile(accept=keys)

        check_proofs(harness, result)
        assert [(each.error, each.unproved, each.missing) for each in result.outcomes] == [
            (None, None, 0) for _ in result.outcomes
        ]
        assert harness.differences() == []


@pytest.mark.prove
def test_no_trouble_proves_what_is_not_so_and_every_one_ends() -> None:
    check(
        [
            Step("part_fails", 3),
            Step("issue_is_left_out", 5),
            Step("sync", 0),
            Step("edit", 5),
            Step("search_ends_early", 4),
            Step("reconcile", 0),
            Step("wait_for_days", 1),
            Step("count_is_off", 3),
            Step("sync", 1),
        ]
    )


@pytest.mark.prove
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories)
def test_no_trouble_proves_what_is_not_so_in_200_histories(history: list[Step]) -> None:
    check(history)
