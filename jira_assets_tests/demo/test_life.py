"""A site that changes by itself does what people do, and does the same again when it is asked to."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jira_assets.demo.clock import VirtualClock, epoch_ms
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.load.load import load_site
from jira_assets.demo.simulate.life import Life
from jira_assets.demo.simulate.pulse import Diary, Pulse
from jira_assets.demo.site import DemoSite
from jira_assets_tests.child_process import child_process
from jira_assets_tests.demo.atlassian_schemas import problems
from jira_assets_tests.demo.caller import Caller
from jira_assets_tests.demo.conftest import NOW
from jira_assets_tests.shared_data import shared_data

API = "/rest/api/3"


def fresh_site(seed: int = 11) -> DemoSite:
    """Make the same site again and again."""
    data = generate_site(seed, projects=3, issues=90, now_ms=epoch_ms(NOW))
    return DemoSite(data, clock=VirtualClock(NOW, frozen=True))


def everything(site: DemoSite) -> Any:
    """Return all there is to see of a site."""
    sprints = {each.id: (each.name, each.state) for each in site.catalog.sprints.values()}
    return site.issues_truth(), sprints


def live(site: DemoSite, seed: int, steps: int) -> list[str]:
    """Let a minute pass before each change; return what happened."""
    life, told = Life(site, seed), []
    for _ in range(steps):
        site.clock.advance(timedelta(minutes=1))
        told.append(life.step())
    return told


def test_the_same_seed_lives_the_same_life_and_another_one_another() -> None:
    first, again, other = fresh_site(), fresh_site(), fresh_site()

    assert live(first, 5, 150) == live(again, 5, 150)
    assert everything(first) == everything(again)
    assert live(other, 6, 150) != live(fresh_site(), 5, 150)


def test_every_kind_of_thing_happens_and_each_changes_something() -> None:
    site = fresh_site()
    told = []
    life = Life(site, 2)
    before = everything(site)
    for _ in range(400):
        site.clock.advance(timedelta(minutes=1))
        told.append(life.step())
        after = everything(site)
        assert after != before or "description" in told[-1], told[-1]
        before = after

    for words in (
        "edited",
        "now ",
        "created",
        "planned",
        "backlog",
        "started",
        "renamed",
        "moved",
        "deleted",
        "comment added",
        "comment edited",
        "work logged",
        "file attached",
    ):
        assert any(words in each for each in told), words
    edits = sum("edited" in each or "now " in each for each in told)
    assert sum("deleted" in each for each in told) < edits / 10


def test_what_lives_still_answers_what_atlassian_documents(api: Caller, site: DemoSite) -> None:
    live(site, 2, 200)

    for key in (each.key for each in site.catalog.visible_projects()):
        answer = api.search(f"project = {key}", fields=["*all"], expand="changelog")
        assert answer["issues"]
        assert problems("post", f"{API}/search/jql", answer) == []


def test_real_issues_live_too() -> None:
    site = DemoSite(load_site([shared_data("titanium") / "ALOY.jsonl.gz"]))

    assert len({each.split(":")[0] for each in live(site, 1, 100)}) > 50


def test_changes_become_searchable_each_in_its_own_time(api: Caller, site: DemoSite) -> None:
    life = Life(site, 3, most_lag=timedelta(hours=1))
    for _ in range(40):
        life.step()

    waiting = [site.index.pending()]
    for _ in range(6):
        site.clock.advance(timedelta(minutes=10))
        api.search("created >= 0")
        waiting.append(site.index.pending())

    assert waiting == sorted(waiting, reverse=True)
    assert waiting[-1] == 0
    assert len(set(waiting)) > 3


def test_a_diary_brings_back_the_same_site_to_the_millisecond(tmp_path: Path) -> None:
    site, again = fresh_site(), fresh_site()
    diary = Diary(tmp_path / "diary")
    pulse = Pulse(site, Life(site, 4), diary=diary)
    for _ in range(30):
        site.clock.advance(timedelta(seconds=17))
        pulse.beat()
    with (tmp_path / "diary").open("a") as file:
        file.write("17")  # it died while it wrote

    assert Pulse(again, Life(again, 4), diary=diary).relive() == 30
    assert everything(again) == everything(site)
    assert again.clock.now() == NOW


def test_a_pulse_beats_until_it_is_stopped() -> None:
    site = fresh_site()
    enough, told = threading.Event(), []

    def tell(words: str) -> None:
        told.append(words)
        if len(told) >= 5:
            enough.set()

    with Pulse(site, Life(site), changes_a_minute=60_000, tell=tell):
        assert enough.wait(20)
    stopped_at = len(told)

    assert len(told) == stopped_at
    assert not any(thread.name == "pulse" for thread in threading.enumerate())


def test_no_pace_means_no_change() -> None:
    site = fresh_site()
    before = everything(site)
    with Pulse(site, Life(site)):
        pass

    assert everything(site) == before


def test_the_command_lets_its_site_change_and_lives_through_it_again(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "jira_assets.demo", "--issues", "40", "--stop-with-stdin"]
    command += ["--diary", str(tmp_path / "diary"), "--now-ms", str(epoch_ms(NOW))]
    with child_process(
        [*command, "--changes-a-minute", "6000"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        heard = [next(process.stderr) for _ in range(6)]
        process.stdin.close()
    changes = len((tmp_path / "diary").read_text().splitlines())

    again = subprocess.run(command, input="", capture_output=True, text=True, timeout=60, check=True)

    assert heard[0].startswith("Serving 40 issues")
    assert changes >= 5
    assert f"{changes} changes" in again.stderr


@pytest.mark.parametrize("pace", ["-1", "often"])
def test_a_pace_that_is_none_is_refused(pace: str) -> None:
    command = [sys.executable, "-m", "jira_assets.demo", "--changes-a-minute", pace]

    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert result.returncode == 2
    assert "--changes-a-minute" in result.stderr
