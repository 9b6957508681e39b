"""kill -9 at any moment of a command in a home of two sites: nothing of either is lost."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.simulate.life import Life
from jira_assets_tests.test_kills import Killer, change_the_site, grow_old, leftovers, published_versions
from jira_assets_tests.two_sites import TwoSites, open_two_sites, with_other_field_ids

COMMANDS = (["sync"], ["reconcile"], ["publish", "--force"])


def both_work(sites: TwoSites, lives: tuple[Life, Life]) -> None:
    """Let people of both sites work for a while."""
    for side, life in zip(("ours", "acme"), lives, strict=True):
        change_the_site(sites.side(side), life)


def publishes_no_less(sites: TwoSites, before: set[tuple[str, str]]) -> None:
    """What is published is as it was before the kill, or newer."""
    shown = dict(published_versions(sites.ours))
    truth = {each.id for each in sites.ours.site.issues_truth().values()}
    truth |= {f"acme:{each.id}" for each in sites.acme.issues_truth().values()}
    for issue_id, updated in before:
        assert issue_id not in truth or shown.get(issue_id, "") >= updated, issue_id


def heal(sites: TwoSites) -> None:
    """Sync and reconcile once more: all of both sites is there, and nothing lies about any longer."""
    tracked = sites.pipeline.state.projects.tracked()
    assert sites.pipeline.sync(tracked).failures == []
    assert sites.pipeline.reconcile(tracked).failures == []
    sites.ours.publish()
    assert sites.differences() == []
    assert {record.status for record in sites.pipeline.state.records.all()} == {"complete"}
    grow_old(leftovers(sites.ours))
    assert sites.pipeline.sync(tracked).failures == []


def prove(home: Path, kills: int, *, late: bool) -> None:
    """Kill commands on the home, look each time at what is left, and let the next sync heal it."""
    dice, now = random.Random(kills), int(time.time() * 1000)
    ours, acme = (generate_site(1, projects=2, issues=60, now_ms=now) for _ in range(2))
    with open_two_sites(home, ours, with_other_field_ids(acme), frozen=False) as sites:
        sites.track_all()
        killer = Killer(sites.ours, dice)
        lives, killed = (Life(sites.ours.site, 1), Life(sites.acme, 2)), 0
        for words in COMMANDS:
            both_work(sites, lives)
            killer.run(words)
        while killed < kills:
            words = COMMANDS[killed % len(COMMANDS)]
            before = published_versions(sites.ours)
            both_work(sites, lives)
            killed += (killer.kill_late if late else killer.kill)(words)
            publishes_no_less(sites, before)
            if dice.random() < 0.3:
                heal(sites)
        heal(sites)


@pytest.mark.prove
def test_thirty_kills_at_any_moment_lose_nothing_of_either_site(tmp_path: Path) -> None:
    prove(tmp_path, 30, late=False)


@pytest.mark.prove
def test_thirty_kills_between_changes_of_files_lose_nothing_of_either_site(tmp_path: Path) -> None:
    prove(tmp_path, 30, late=True)
