"""Whatever happens to two sites with equal ids, and wherever a sync dies: one more sync makes both whole."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.site import DemoSite
from jira_assets.errors import AuthenticationError
from jira_assets_tests.sync.events import EDITS, LOOK_BACK, MOMENT, CrashError, dying_at_step, in_order, move
from jira_assets_tests.two_sites import TwoSites, open_two_sites, with_other_field_ids

pytestmark = pytest.mark.few_tables
NOW_MS = 1_790_000_000_000
OF_A_SITE = EDITS | in_order(move)


@dataclass(frozen=True)
class Step:
    """One thing that happens: `what`, on a site, to the issue or at the step that `which` names."""

    what: str
    side: str
    which: int


def sync(sites: TwoSites, step: Step) -> None:
    """Sync everything; the projects of a site that cannot be asked fail, and no others."""
    refused = {prefix for prefix, site in _by_prefix(sites).items() if site.switches.dead_credentials}
    with suppress(AuthenticationError):  # both refuse us
        result = sites.pipeline.sync(sites.pipeline.state.projects.tracked(), full=step.which % 10 == 0)
        assert set(result.refusals) == refused
        failed = {"acme:" if "acme:" in each.project_key else "" for each in result.failures}
        assert failed == refused
    sites.ours.is_behind, sites.ours._preview = True, None


def sync_and_die(sites: TwoSites, step: Step) -> None:
    with dying_at_step(1 + step.which % 30), suppress(CrashError, AuthenticationError):
        sites.pipeline.sync(sites.pipeline.state.projects.tracked())
        sites.pipeline.publish()


def lose_or_give_access(sites: TwoSites, step: Step) -> None:
    switches = sites.side(step.side).site.switches
    switches.dead_credentials = not switches.dead_credentials


def _by_prefix(sites: TwoSites) -> dict[str, DemoSite]:
    return {"": sites.ours.site, "acme:": sites.acme}


HOME: dict[str, Callable[[TwoSites, Step], None]] = {
    each.__name__: each for each in (sync, sync_and_die, lose_or_give_access)
}
steps = st.builds(
    Step,
    st.sampled_from(sorted([*OF_A_SITE, *HOME, "sync"])),
    st.sampled_from(["ours", "acme"]),
    st.integers(0, 400),
)


def check(history: list[Step]) -> None:
    """Let the history happen, then sync once more and compare."""
    ours, acme = (generate_site(1, projects=2, issues=12, now_ms=NOW_MS) for _ in range(2))
    with (
        tempfile.TemporaryDirectory() as home,
        open_two_sites(Path(home), ours, with_other_field_ids(acme)) as sites,
    ):
        sites.track_all()
        for step in history:
            sites.ours.site.clock.advance(MOMENT)
            if step.what in HOME:
                HOME[step.what](sites, step)
            else:
                OF_A_SITE[step.what](sites.side(step.side), step.which)
        for site in _by_prefix(sites).values():
            site.switches.dead_credentials = False
        sites.ours.site.clock.advance(LOOK_BACK)  # by now everything is in the search index

        sync(sites, Step("sync", "ours", 1))

        assert sites.differences() == []


@pytest.mark.prove
def test_after_one_more_sync_the_warehouse_equals_both_sites() -> None:
    check(
        [
            Step("sync", "ours", 1),
            Step("edit", "acme", 5),
            Step("lose_or_give_access", "acme", 0),
            Step("edit", "ours", 5),
            Step("sync", "ours", 1),
            Step("sync_and_die", "ours", 9),
        ]
    )


@pytest.mark.prove
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=14))
def test_after_one_more_sync_the_warehouse_equals_both_sites_in_100_histories(history: list[Step]) -> None:
    check(history)
