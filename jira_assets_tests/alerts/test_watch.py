"""A home that watches itself: what is sent, how often, and what happens when it cannot be sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from jira_assets.alerts.conditions import Access
from jira_assets.alerts.watch import raise_alerts
from jira_assets.errors import AuthenticationError, PublishError
from jira_assets.state import AlertMessage
from jira_assets_tests.harness import SyncHarness

pytestmark = pytest.mark.few_tables

MINUTE = timedelta(minutes=1)


@dataclass
class Post:
    """A service that keeps what it receives; `is_down` says that it receives nothing."""

    received: list[AlertMessage] = field(default_factory=list)
    tried: int = 0
    is_down: bool = False

    def send(self, _: str, message: AlertMessage) -> str | None:
        """Receive a message."""
        self.tried += 1
        if self.is_down:
            return "it is down"
        self.received.append(message)
        return None

    @property
    def titles(self) -> list[str]:
        """What was received, without the name of the site."""
        return [message.title.partition(": ")[2] for message in self.received]


def look(
    harness: SyncHarness, post: Post, *, after: int = 0, refusal: AuthenticationError | None = None
) -> list[str]:
    """Look so many minutes later."""
    harness.site.clock.advance(after * MINUTE)
    return raise_alerts(harness.pipeline, {"": Access(refusal is None, refusal)}, post.send)


def test_a_project_that_fails_is_one_message_and_one_when_it_is_well(harness: SyncHarness) -> None:
    post, first = Post(), harness.tracked[0].project_key
    harness.site.forbid_project(first)
    harness.sync()
    for _ in range(14):
        look(harness, post, after=1)
    harness.site.forbid_project(first, forbidden=False)
    harness.sync()
    for _ in range(14):
        look(harness, post, after=1)

    assert post.titles == [f"{first}: the newest sync failed", "every reported problem is over"]
    assert [message.is_recovery for message in post.received] == [False, True]


def test_a_token_that_is_refused_is_one_message_though_every_project_gets_stale(harness: SyncHarness) -> None:
    post, refusal = Post(), AuthenticationError("Jira did not accept the token.", "Connect again.")
    harness.sync()
    for _ in range(20):
        look(harness, post, after=30, refusal=refusal)

    (title,) = post.titles
    assert title.endswith("syncs have stopped")
    assert "Jira did not accept the token. Connect again." in post.received[0].body


def test_a_publish_that_fails_is_reported_until_one_succeeds(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PublishError("It has one row too many.", "Try again.")

    post = Post()
    harness.sync()
    with monkeypatch.context() as broken:
        broken.setattr("jira_assets.sync.pipeline.publish_warehouse", fail)
        with pytest.raises(PublishError, match="one row too many"):
            harness.publish()
    look(harness, post)
    look(harness, post, after=10)
    assert [notice.part for notice in harness.pipeline.notices()] == ["warehouse"]
    assert harness.publish() is not None
    look(harness, post)
    look(harness, post, after=10)

    assert post.titles == ["the last publish failed", "every reported problem is over"]
    assert "It has one row too many. Try again." in post.received[0].body
    assert harness.pipeline.notices() == []


@pytest.mark.prove
def test_a_target_that_fails_is_reported_until_it_follows(harness: SyncHarness) -> None:
    settings = harness.pipeline.settings
    nowhere = "postgresql://127.0.0.1:1/none"
    post = Post()
    harness.sync()
    harness.pipeline = replace(
        harness.pipeline,
        settings=replace(settings, publish=("duckdb", "postgres"), publish_postgres_url=nowhere),
    )
    assert harness.publish() is not None
    look(harness, post)
    look(harness, post, after=10)
    harness.pipeline = replace(harness.pipeline, settings=settings)
    harness.publish()
    look(harness, post)
    look(harness, post, after=10)
    assert post.titles == ["postgres: the last publish failed", "every reported problem is over"]
    assert "JIRA_ASSETS_PUBLISH_POSTGRES_URL" in post.received[0].body


def test_any_error_of_a_publish_is_noted_without_its_text(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("PLANTED")

    monkeypatch.setattr("jira_assets.sync.pipeline.publish_warehouse", fail)
    with pytest.raises(ValueError, match="PLANTED"):
        harness.publish()
    (notice,) = harness.pipeline.notices()
    assert notice.reason == "The last publish failed with an unexpected ValueError."


def test_a_message_that_cannot_be_sent_is_tried_again_ever_later_and_in_order(harness: SyncHarness) -> None:
    post, first = Post(is_down=True), harness.tracked[0].project_key
    harness.site.forbid_project(first)
    harness.sync()
    look(harness, post)
    (notice,) = look(harness, post, after=10)
    assert notice.startswith(
        "Alerts to json://127.0.0.1 did not go through (1 attempt, next after 12:11 UTC)."
    )
    harness.site.forbid_project(first, forbidden=False)
    harness.sync()
    for _ in range(60):
        look(harness, post, after=1)
    assert post.tried == 6  # after 1, 2, 4, 8, 16 and not yet 32 minutes

    post.is_down = False
    assert [look(harness, post, after=30) for _ in range(2)] == [[], []]
    assert post.titles == [f"{first}: the newest sync failed", "every reported problem is over"]


@pytest.mark.prove
def test_several_processes_send_a_message_once(harness: SyncHarness) -> None:
    post = Post()
    harness.site.forbid_project(harness.tracked[0].project_key)
    harness.sync()
    look(harness, post)
    harness.site.clock.advance(10 * MINUTE)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: look(harness, post), range(16)))

    assert len(post.received) == 1


def test_every_url_gets_every_message_once_though_one_is_down(harness: SyncHarness) -> None:
    up, down = Post(), Post(is_down=True)
    urls = ("json://up/PLANTED-1", "json://down/PLANTED-2")
    harness.pipeline = replace(harness.pipeline, settings=replace(harness.pipeline.settings, alert_urls=urls))
    harness.site.forbid_project(harness.tracked[0].project_key)
    harness.sync()

    def send(url: str, message: AlertMessage) -> str | None:
        return (up if url == urls[0] else down).send(url, message)

    for _ in range(13):
        harness.site.clock.advance(MINUTE)
        raise_alerts(harness.pipeline, {"": Access(True)}, send)
    down.is_down = False
    harness.site.clock.advance(60 * MINUTE)
    raise_alerts(harness.pipeline, {"": Access(True)}, send)

    assert (len(up.received), len(down.received)) == (1, 1)


def test_without_the_setting_nothing_is_noted(harness: SyncHarness) -> None:
    harness.pipeline = replace(harness.pipeline, settings=replace(harness.pipeline.settings, alert_urls=()))
    post = Post()
    refusal = AuthenticationError("No.", "Connect.")
    assert look(harness, post, refusal=refusal) == look(harness, post, after=60, refusal=refusal) == []
    assert (post.tried, harness.pipeline.state.alerts.all()) == (0, [])


def test_a_url_without_the_package_is_a_notice(harness: SyncHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jira_assets.sync.setting_checks.find_spec", lambda _: None)
    assert any(
        "JIRA_ASSETS_ALERT_URLS: The package apprise is not installed: no alert is sent. "
        "Install it where jira-assets runs: `python -m pip install apprise`." in notice
        for notice in harness.sync().notices
    )


def test_no_secret_is_in_state_or_messages(harness: SyncHarness) -> None:
    post = Post(is_down=True)
    harness.site.forbid_project(harness.tracked[0].project_key)
    harness.sync()
    notices = look(harness, post) + look(harness, post, after=10)

    kept = repr(
        (
            notices,
            harness.pipeline.state.alerts.all(),
            harness.pipeline.state.alerts.unsent_messages(),
            harness.pipeline,
        )
    )
    assert notices
    assert "PLANTED" not in kept
