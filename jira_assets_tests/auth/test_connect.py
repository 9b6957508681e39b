"""The steps of connecting, without a terminal or a page: what is asked when, and what stops them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import pytest

from jira_assets.auth.connect import connect_by_service_account, connect_by_token
from jira_assets.auth.consent import NEEDED
from jira_assets.auth.oauth import OAuthApp
from jira_assets.auth.sites import AccessibleSite
from jira_assets.auth.verify import ApiToken
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http import faults
from jira_assets.demo.oauth import ServiceClient
from jira_assets.errors import (
    AuthenticationError,
    InputError,
    JiraAssetsError,
    ReconnectNeeded,
    ScopeMissing,
    WrongSite,
)
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
    client: OAuthApp | None = None
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

    def service_account(self) -> OAuthApp:
        """Answer with the credential of the service account."""
        assert self.client is not None
        self.asked.append("service account")
        return self.client

    def fetch_code(self, url: str, state: str) -> str:
        """Fail: no test here asks for consent."""
        raise AssertionError

    def choose_site(self, sites: Sequence[AccessibleSite]) -> AccessibleSite:
        """Take the last one."""
        self.asked.append("which site")
        return sites[-1]

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


@pytest.fixture
def client(harness: SyncHarness) -> ServiceClient:
    """The OAuth 2.0 credential of a service account."""
    return harness.site.oauth.add_client(harness.site.add_service_account())


def script(harness: SyncHarness, client: ServiceClient, **changed: str) -> Script:
    """Answer with the site and with this credential."""
    url = harness.site.render.base_url
    secret = changed.get("secret", client.client_secret)
    return Script(url, client=OAuthApp(client.client_id, secret, url))


@pytest.mark.parametrize("sites", ["listed", "empty", "refused"])
def test_a_service_account_is_asked_for_its_site_only_where_atlassian_lists_none(
    harness: SyncHarness,
    settings: Settings,
    client: ServiceClient,
    sites: Literal["listed", "empty", "refused"],
) -> None:
    client.sites = sites
    answers = script(harness, client)
    made = connect_by_service_account(settings, answers, lambda: None)
    unlisted = ["Atlassian does not list the sites of this service account.", "site"]
    assert answers.asked == ["service account", *([] if sites == "listed" else unlisted)]
    assert made.verified.connection.base_url.endswith(f"/ex/jira/{harness.site.cloud_id}")
    assert made.verified.identity.account_type == "app"
    with State.open(settings.state_url) as state:
        assert state.credentials.current() == made.credential
        assert state.credentials.site().cloud_id == harness.site.cloud_id
    assert (made.credential.kind, made.credential.reconnect_by) == ("client_credentials", None)
    assert client.client_secret not in repr(made.credential)


def test_a_service_account_with_several_sites_chooses_unless_one_is_set(
    harness: SyncHarness, settings: Settings, client: ServiceClient
) -> None:
    url = harness.site.render.base_url
    other = {"id": "s", "url": "https://s.atlassian.net", "scopes": ["read:jira-work"]}
    ours = {"id": harness.site.cloud_id, "url": url, "scopes": ["read:jira-work"]}
    harness.site.oauth.accessible = lambda *_: [other, ours]  # type: ignore[method-assign]
    answers = script(harness, client)
    connect_by_service_account(settings, answers, lambda: None)
    assert answers.asked == ["service account", "which site"]
    answers = script(harness, client)
    connect_by_service_account(replace(settings, jira_site_url=url), answers, lambda: None)
    assert answers.asked == ["service account"]


def test_a_site_that_is_not_listed_is_found_by_its_address(
    harness: SyncHarness, settings: Settings, client: ServiceClient
) -> None:
    client.sites = "empty"
    answers = script(harness, client)
    set_site = replace(settings, jira_site_url=harness.site.render.base_url)
    connect_by_service_account(set_site, answers, lambda: None)
    harness.site.faults.add(faults.answer(404, "", path="/_edge/tenant_info"))
    known = replace(set_site, jira_cloud_id=harness.site.cloud_id)
    connect_by_service_account(known, answers, lambda: None)
    assert answers.asked == ["service account"] * 2
    with pytest.raises(InputError, match="did not return its cloud id"):
        connect_by_service_account(set_site, answers, lambda: None)


def test_what_a_service_account_lacks_is_named_and_nothing_is_stored(
    harness: SyncHarness, settings: Settings, client: ServiceClient
) -> None:
    def remedy(kind: type[JiraAssetsError], words: str, answers: Script) -> str:
        with pytest.raises(kind, match=words) as caught:
            connect_by_service_account(settings, answers, lambda: None)
        return caught.value.instruction

    wrong = script(harness, client, secret="wrong")
    assert "Service accounts" in remedy(ReconnectNeeded, r"client id and secret .*access_denied", wrong)
    app = Script("", client=OAuthApp("demo-app", "demo-app-secret", harness.site.render.base_url))
    assert "without --service-account" in remedy(ReconnectNeeded, "not that of a service account", app)
    some = script(harness, harness.site.oauth.add_client(client.account, {"read:jira-user"}))
    assert "Create another" in remedy(ScopeMissing, "lacks the scope read:jira-work", some)
    with State.open(settings.state_url) as state:
        assert state.credentials.current() is None


def test_scopes_that_are_only_useful_are_mentioned(harness: SyncHarness, settings: Settings) -> None:
    client = harness.site.oauth.add_client(harness.site.add_service_account(), NEEDED)
    answers = script(harness, client)
    connect_by_service_account(settings, answers, lambda: None)
    assert answers.asked[1].startswith("! Without read:board-scope:jira-software")
    assert "offline_access" not in answers.asked[1]
