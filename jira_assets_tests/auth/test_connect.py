"""The steps of connecting, without a terminal or a page: what is asked when, and what stops them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from jira_assets.auth.connect import connect_by_token
from jira_assets.auth.oauth import OAuthApp
from jira_assets.auth.sites import AccessibleSite
from jira_assets.auth.verify import ApiToken
from jira_assets.demo.generate.generate import generate_site
from jira_assets.errors import AuthenticationError, WrongSite
from jira_assets.jira.connection import BasicToken
from jira_assets.lake.lake import SiteIdentity
from jira_assets.settings.load import Settings
from jira_assets.state import State
from jira_assets_tests.harness import SyncHarness, open_harness

ELSEWHERE = SiteIdentity("another-cloud-id", "https://another.atlassian.net")


@dataclass
class Script:
    """Answers from a script, and keeps what was asked."""

    site: str
    token: str = "demo-token"  # the demo site's
    asked: list[str] = field(default_factory=list)

    def site_url(self) -> str:
        """Answer with the site."""
        self.asked.append("site")
        return self.site

    def api_token(self) -> ApiToken:
        """Answer with the token."""
        self.asked.append("token")
        return BasicToken("demo@example.com", self.token)

    def oauth_app(self) -> OAuthApp:
        """Fail: no test here asks for an app."""
        raise AssertionError

    def fetch_code(self, url: str, state: str) -> str:
        """Fail: no test here asks for consent."""
        raise AssertionError

    def choose_site(self, sites: Sequence[AccessibleSite]) -> AccessibleSite:
        """Fail: no test here has a choice."""
        raise AssertionError

    def say(self, text: str) -> None:
        """Keep what is shown."""
        self.asked.append(text)


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[SyncHarness]:
    """A site, and a home for it."""
    with open_harness(
        tmp_path / "home", generate_site(4, projects=1, issues=5, now_ms=1_790_000_000_000)
    ) as it:
        yield it


@pytest.fixture
def settings(harness: SyncHarness) -> Settings:
    """A home in which no site is set and nothing is connected."""
    gateway = harness.site.render.base_url
    return replace(harness.pipeline.settings, jira_site_url=None, jira_cloud_id=None, jira_api_url=gateway)


def test_site_and_token_are_asked_for_verified_and_stored(harness: SyncHarness, settings: Settings) -> None:
    script = Script(harness.site.render.base_url)
    made = connect_by_token(settings, script, lambda: None)
    assert script.asked == ["site", "token"]
    assert len(made.verified.project_keys) == 1
    with State.open(settings.state_url) as state:
        assert state.credentials.current() == made.credential
        assert state.credentials.site().url == harness.site.render.base_url


def test_what_is_set_is_not_asked_for(harness: SyncHarness, settings: Settings) -> None:
    script = Script("https://never-asked.example")
    connect_by_token(replace(settings, jira_site_url=harness.site.render.base_url), script, lambda: None)
    assert script.asked == ["token"]


def test_a_home_that_holds_another_site_stores_nothing(harness: SyncHarness, settings: Settings) -> None:
    with pytest.raises(WrongSite, match=r"The lake of this home holds https://another\.atlassian\.net, and"):
        connect_by_token(settings, Script(harness.site.render.base_url), lambda: ELSEWHERE)
    with State.open(settings.state_url) as state:
        assert state.credentials.current() is None


def test_a_refused_token_stores_nothing(harness: SyncHarness, settings: Settings) -> None:
    with pytest.raises(AuthenticationError, match="does not accept the API token ending"):
        connect_by_token(settings, Script(harness.site.render.base_url, "wrong-token"), lambda: None)
    with State.open(settings.state_url) as state:
        assert state.credentials.current() is None
