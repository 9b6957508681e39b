"""Whatever happens to two sites, publishing what changed gives the tables that publishing all gives."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.simulate.life import Life
from jira_assets.state import TeamMember
from jira_assets.warehouse import changes
from jira_assets.warehouse.build import Builder
from jira_assets.warehouse.changes import Changes
from jira_assets_tests.two_sites import TwoSites, open_two_sites, with_other_field_ids
from jira_assets_tests.warehouse.replacing import Outcome, watch_replacing
from jira_assets_tests.warehouse.several_sites import rows_of

NOW_MS = 1_790_000_000_000


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how publishes were made."""
    found: Counter[str] = Counter()

    def note(_builder: Builder, _changes: Changes, others: Outcome) -> None:
        found["everything" if others is None else "whole projects" if others else "changes"] += 1

    watch_replacing(monkeypatch, note)
    monkeypatch.setattr(changes, "LEAST_ISSUES", 0)
    return found


def live(sites: TwoSites, seed: int, syncs: int) -> None:
    """Let people work on both sites, and compare after each sync."""
    dice = random.Random(seed)
    lives = [Life(sites.ours.site, seed), Life(sites.acme, seed + 1)]
    for number in range(syncs):
        for _ in range(dice.randint(1, 6)):
            sites.pass_time(minutes=1)
            dice.choice(lives).step()
        if dice.random() < 0.2:
            people = sites.ours.ask("select display_name from jira_users order by all")
            (name,) = dice.choice(people)
            sites.pipeline.state.team.replace([TeamMember(f"m{number}", name, None, None)])
        assert sites.ours.sync().failures == []
        made = sites.pipeline.publish()
        changed = rows_of(made.file) if made else {}
        everything = sites.pipeline.publish(force=True)
        assert everything
        whole = rows_of(everything.file)
        differing = {
            table
            for table in changed
            if table != "warehouse_info"
            and sorted(map(repr, changed[table])) != sorted(map(repr, whole[table]))
        }
        assert differing == set()


def play(home: Path, seed: int, syncs: int) -> None:
    ours, acme = (generate_site(1, projects=2, issues=40, now_ms=NOW_MS) for _ in range(2))
    with open_two_sites(home, ours, with_other_field_ids(acme)) as sites:
        sites.track_all()
        sites.ours.sync()
        sites.pipeline.publish()
        live(sites, seed, syncs)


def test_changes_of_two_sites_are_published_as_everything_is(tmp_path: Path, outcomes: Counter[str]) -> None:
    play(tmp_path, 4, 2)
    assert outcomes["changes"]


@pytest.mark.prove
def test_many_changes_of_two_sites_are_published_as_everything_is(
    tmp_path: Path, outcomes: Counter[str]
) -> None:
    for seed in range(2, 8):
        play(tmp_path / str(seed), seed, 12)
    assert min(outcomes[kind] for kind in ("changes", "whole projects", "everything"))
