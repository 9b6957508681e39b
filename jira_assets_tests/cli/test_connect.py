"""Connecting, and every wrong turn on the way with what is said about it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from click.testing import Result

import jira_assets.definitions  # noqa: F401 - it describes every table, so it is loaded before there are few
from jira_assets.auth import callback_server as consent
from jira_assets.auth.callback_server import CallbackServer
from jira_assets.demo.accounts import AS_BASIC, AS_BEARER
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http import faults, site_faults
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.oauth import ServiceClient
from jira_assets.demo.site import DemoSite
from jira_assets.settings.load import Settings
from jira_assets.state import ProjectRef, State
from jira_assets_tests.cli.conftest import NOON_MS, Run
from jira_assets_tests.terminal import at_terminal, plain

WIKI = {"id": "w", "name": "Wiki", "url": "https://wiki.atlassian.net", "scopes": ["read:confluence-space"]}
SECOND = {"id": "s", "name": "Second", "url": "https://second.atlassian.net", "scopes": ["read:jira-work"]}


@pytest.fixture
def atlassian(site: DemoSite, monkeypatch: pytest.MonkeyPatch) -> DemoSite:
    """Let the demo site stand in for Atlassian, for somebody who has only the app so far."""
    url = site.render.base_url
    for name in ("JIRA_SITE_URL", "JIRA_EMAIL", "JIRA_API_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("JIRA_API_URL", url)
    monkeypatch.setenv("JIRA_AUTH_URL", url)
    monkeypatch.setenv("JIRA_CLIENT_ID", "demo-app")
    port = free_port()
    monkeypatch.setenv("JIRA_OAUTH_CALLBACK_PORT", str(port))
    site.oauth.app.callbacks.add(consent.callback_url(port))
    return site


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def agree(page: str, **changed: str) -> requests.Response:
    """Press Accept on the consent page, and go where it sends the browser."""
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page)) | {"decision": "accept"} | changed
    fields = {name: value.replace("&#x27;", "'").replace("&amp;", "&") for name, value in fields.items()}
    address = changed.pop("address")
    return requests.post(f"{address}/authorize/decision", data=fields, timeout=10)


@contextmanager
def browser(
    monkeypatch: pytest.MonkeyPatch, site: DemoSite, **changed: str
) -> Iterator[list[requests.Response]]:
    """Be the browser that `connect` opens, with a person in front of it."""
    monkeypatch.setenv("BROWSER", "a-browser %s")
    pages: list[requests.Response] = []
    threads: list[threading.Thread] = []

    def visit(url: str) -> None:
        page = requests.get(url, timeout=10)
        if page.status_code == 200 and "<form" in page.text:
            page = agree(page.text, address=site.render.base_url, **changed)
        pages.append(page)

    def opened(url: str) -> bool:
        threads.append(threading.Thread(target=visit, args=(url,)))
        threads[-1].start()
        return True

    monkeypatch.setattr("webbrowser.open", opened)
    yield pages
    for thread in threads:
        thread.join()


def connect(run: Run, monkeypatch: pytest.MonkeyPatch, site: DemoSite, *words: str, **changed: str) -> Result:
    with browser(monkeypatch, site, **changed):
        return run("connect", *words, stdin="demo-app-secret\n")


def test_a_consent_in_the_browser_connects_and_says_what_is_next(
    run: Run, atlassian: DemoSite, state: State, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with browser(monkeypatch, atlassian) as pages:
        result = run("connect", stdin="demo-app-secret\n")
    assert result.exit_code == 0, result.stderr
    url = atlassian.render.base_url
    assert f"✓ Connected to {url} as Demo Analyst (demo@example.com), by OAuth." in result.stderr
    assert "✓ Scopes: " in result.stderr
    assert "✓ 3 projects visible. Reconnect by 20" in result.stderr
    assert "Next: jira-assets projects track MOB PAY" in result.stderr
    assert "You can close this window" in pages[0].text
    assert "secret" not in result.stderr.replace("secret.key", "").replace(
        "client id and secret", ""
    ).replace("Client secret", "")
    credential = state.credentials.current()
    assert credential is not None
    assert (credential.kind, credential.through_gateway) == ("oauth", True)
    assert state.credentials.site().cloud_id == atlassian.cloud_id
    assert settings.secret_key_file.stat().st_mode & 0o777 == 0o600
    assert "3 projects" in run("projects", "list").stderr


def test_connecting_again_keeps_what_works_until_the_new_works(
    run: Run, atlassian: DemoSite, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connect(run, monkeypatch, atlassian).exit_code == 0
    before = state.credentials.current()
    refused = connect(run, monkeypatch, atlassian, decision="deny")
    assert "This home is connected to" in refused.stderr
    assert "The consent was declined in the browser. Nothing was changed." in refused.stderr
    assert refused.exit_code == 4
    assert state.credentials.current() == before
    assert connect(run, monkeypatch, atlassian).exit_code == 0
    assert state.credentials.current() != before


def test_without_a_browser_the_address_is_pasted(
    run: Run, atlassian: DemoSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    def paste(words: str, value: str | None) -> str:
        if value:
            return value
        page = requests.get(shown[0], timeout=10).text
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page)) | {"decision": "accept"}
        decided = requests.post(
            f"{atlassian.render.base_url}/authorize/decision", data=fields, allow_redirects=False, timeout=10
        )
        return decided.headers["Location"]

    monkeypatch.setenv("JIRA_CLIENT_SECRET", "demo-app-secret")
    monkeypatch.setattr("jira_assets.cli.connect_dialog.ask_secret", paste)
    monkeypatch.setattr(
        "jira_assets.cli.context.Invocation.say",
        lambda _, words: shown.extend(re.findall(r"http\S+/authorize\S+", words)),
    )
    result = run("connect", "--no-browser")
    assert result.exit_code == 0, result.stderr


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        (
            "http://127.0.0.1:8765/callback?code=x&state=another",
            "the response to a different authorization request",
        ),
        ("http://127.0.0.1:8765/callback?state=S", "contains no authorization code"),
        (
            "http://127.0.0.1:8765/callback?error=invalid_scope&state=S",
            "is not allowed to request these scopes",
        ),
        (
            "http://127.0.0.1:8765/callback?error=server_error&state=S",
            "did not return an authorization code (server_error",
        ),
        ("hello", "contains no authorization code"),
    ],
)
def test_what_the_browser_brings_back_is_checked(
    run: Run, atlassian: DemoSite, monkeypatch: pytest.MonkeyPatch, pasted: str, words: str
) -> None:
    monkeypatch.setenv("JIRA_CLIENT_SECRET", "demo-app-secret")
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: "S")
    result = run("connect", "--no-browser", stdin=f"{pasted}\n")
    assert result.exit_code in (1, 4)
    assert words in result.stderr
    told = result.stderr.splitlines()[-1]
    assert any(remedy in told for remedy in ("jira-assets connect", "Copy the complete", "JIRA_OAUTH_SCOPES"))


def drop_scope(name: str) -> Callable[[DemoSite], None]:
    def drop(site: DemoSite) -> None:
        real = site.oauth.consent
        site.oauth.consent = lambda account, scopes, redirect_uri: real(  # type: ignore[method-assign]
            account, [scope for scope in scopes if scope != name], redirect_uri
        )

    return drop


def only_wiki(site: DemoSite) -> None:
    site.oauth.resources.append(WIKI)
    site.oauth.accessible = lambda *_: [WIKI]  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("turn", "words", "remedy"),
    [
        (drop_scope("read:jira-user"), "lacks the scope read:jira-user", "JIRA_OAUTH_SCOPES"),
        (drop_scope("offline_access"), "lacks the scope offline_access", "JIRA_OAUTH_SCOPES"),
        (only_wiki, "wiki.atlassian.net, but no site with Jira", "choose a site with Jira"),
        (
            lambda site: setattr(site.oauth.app, "client_secret", "other"),
            "refused to issue an OAuth token (access_denied",
            "JIRA_CLIENT_SECRET",
        ),
        (
            lambda site: setattr(site.oauth.app, "scopes", frozenset({"read:jira-work"})),
            "is not allowed to request these scopes",
            "developer.atlassian.com/console",
        ),
        (lambda site: site.oauth.resources.append(SECOND), "covers 2 sites", "Select one with --site"),
    ],
)
def test_each_wrong_turn_of_a_consent_has_its_own_words(
    run: Run,
    atlassian: DemoSite,
    state: State,
    monkeypatch: pytest.MonkeyPatch,
    turn: Callable[[DemoSite], None],
    words: str,
    remedy: str,
) -> None:
    turn(atlassian)
    result = connect(run, monkeypatch, atlassian)
    assert result.exit_code in (1, 4)
    assert words in result.stderr
    assert remedy in result.stderr
    assert state.credentials.current() is None


def test_a_site_is_chosen_by_name_and_confluence_is_passed_over(
    run: Run, atlassian: DemoSite, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    atlassian.oauth.resources += [SECOND, WIKI]
    result = connect(run, monkeypatch, atlassian, "--site", atlassian.render.base_url)
    assert result.exit_code == 0, result.stderr
    assert state.credentials.site().url == atlassian.render.base_url
    monkeypatch.setattr("jira_assets.auth.connect.insist_on_cloud", lambda _: None)
    wrong = connect(run, monkeypatch, atlassian, "--site", "third.atlassian.net")
    assert "does not cover https://third.atlassian.net, only" in wrong.stderr


def test_a_callback_the_app_does_not_know_is_explained_when_nothing_comes_back(
    run: Run, atlassian: DemoSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    atlassian.oauth.app.callbacks.clear()
    monkeypatch.setattr("jira_assets.auth.consent.SECONDS_TO_CONSENT", 0.5)
    result = connect(run, monkeypatch, atlassian)
    assert result.exit_code == 4
    assert "the app must register http://127.0.0.1:" in result.stderr


def test_a_busy_port_is_named_with_its_owner(
    run: Run, atlassian: DemoSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("connect", "--port", str(port), stdin="demo-app-secret\n")
    assert result.exit_code == 1
    assert f"Port {port} is in use by process {os.getpid()} (" in result.stderr
    assert "--port" in result.stderr


def test_the_answer_to_another_question_does_not_end_the_waiting() -> None:
    port = free_port()
    answers: list[int] = []
    with CallbackServer(port, "S") as server:

        def visit() -> None:
            for query in ("code=stolen&state=another", "", "code=abc&state=S"):
                answer = requests.get(f"http://127.0.0.1:{port}/callback?{query}", timeout=10)
                answers.append(answer.status_code)

        visitor = threading.Thread(target=visit)
        visitor.start()
        assert server.wait(20) == "abc"
        visitor.join()
    assert answers == [400, 400, 200]


@pytest.mark.prove
def test_a_boring_visitor_does_not_end_the_waiting(run: Run) -> None:
    port = free_port()
    with CallbackServer(port, "S") as server:

        def visit() -> None:
            with socket.create_connection(("127.0.0.1", port)):  # a spare connection that says nothing
                requests.get(f"http://127.0.0.1:{port}/favicon.ico", timeout=10)
                requests.get(f"http://127.0.0.1:{port}/callback?code=abc&state=S", timeout=10)

        visitor = threading.Thread(target=visit)
        visitor.start()
        assert server.wait(20) == "abc"
        visitor.join()


def test_a_jira_of_ones_own_machines_is_refused_kindly(
    run: Run, atlassian: DemoSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    atlassian.switches.data_center = True
    for words in (["--token"], []):
        result = run("connect", *words, "--site", atlassian.render.base_url, stdin="x\n")
        assert result.exit_code == 1
        assert "runs Jira Server 9.12.2, not Jira Cloud." in result.stderr
        assert "Nothing was changed" in result.stderr


def by_token(run: Run, site: DemoSite, token: str, email: str = "demo@example.com") -> Result:
    return run("connect", "--token", "--site", site.render.base_url, "--email", email, stdin=f"{token}\n")


@pytest.mark.parametrize("scoped", [False, True])
def test_an_api_token_connects_whichever_kind_it_is(
    run: Run, atlassian: DemoSite, state: State, scoped: bool
) -> None:
    atlassian.accounts.first.scoped = scoped
    result = by_token(run, atlassian, "demo-token")
    assert result.exit_code == 0, result.stderr
    assert ("by API token with scopes, sent as Basic." in result.stderr) is scoped
    assert "demo-token" not in result.stderr
    credential = state.credentials.current()
    assert credential is not None
    assert credential.through_gateway is scoped
    assert "3 projects" in run("projects", "list").stderr


@pytest.mark.parametrize(("sent_as", "kind"), [(AS_BASIC, "api_token"), (AS_BEARER, "bearer_api_token")])
def test_the_token_of_a_service_account_connects_in_the_form_that_the_gateway_accepts(
    run: Run, atlassian: DemoSite, state: State, sent_as: frozenset[str], kind: str
) -> None:
    account = atlassian.add_service_account(sent_as=sent_as)
    result = by_token(run, atlassian, account.token, account.email)
    assert result.exit_code == 0, result.stderr
    form = "Basic" if sent_as == AS_BASIC else "Bearer"
    assert f"as Sync Bot ({account.email}), by API token with scopes, sent as {form}." in result.stderr
    credential = state.credentials.current()
    assert credential is not None
    assert (credential.kind, credential.through_gateway) == (kind, True)
    mark = atlassian.journal.mark()
    assert "3 projects" in run("projects", "list").stderr
    assert {request.status for request in atlassian.requests_since(mark)} == {200}, "nothing is tried again"


def test_the_token_of_a_service_account_needs_no_email(run: Run, atlassian: DemoSite, state: State) -> None:
    token = atlassian.add_service_account().token
    words = ["connect", "--token", "--service-account", "--site", atlassian.render.base_url]
    result = run(*words, stdin=f"{token}\n")
    assert result.exit_code == 0, result.stderr
    assert "sent as Bearer." in result.stderr
    assert token not in result.output
    wrong = run(*words, stdin="ATSTT-long-and-wrong\n")
    assert wrong.exit_code == 4
    assert "does not accept the API token ending" in wrong.stderr
    assert "ATSTT-long-and-wrong" not in wrong.output
    atlassian.faults.add(faults.answer(404, "", path="/_edge/tenant_info"))
    unknown = run(*words, stdin=f"{token}\n")
    assert "did not return its cloud id" in unknown.stderr
    assert "JIRA_CLOUD_ID" in unknown.stderr


def test_a_wrong_token_or_email_is_refused_with_its_last_letters_only(run: Run, atlassian: DemoSite) -> None:
    for token, email in (("ATATT-long-and-wrong", "demo@example.com"), ("demo-token", "x@example.com")):
        result = by_token(run, atlassian, token, email)
        assert result.exit_code == 4
        assert "neither as a classic token nor as a token with scopes" in result.stderr
        assert token not in result.stderr


@pytest.mark.parametrize("missing", ["read:jira-user", "read:jira-work"])
def test_a_token_that_lacks_a_scope_is_told_which(run: Run, atlassian: DemoSite, missing: str) -> None:
    account = atlassian.accounts.first
    account.scoped, account.scopes = True, account.scopes - {missing}
    result = by_token(run, atlassian, "demo-token")
    assert result.exit_code == 1
    assert missing in result.stderr


def test_an_account_that_sees_no_project_is_connected_and_told(run: Run, atlassian: DemoSite) -> None:
    for project in list(atlassian.catalog.projects.values()):
        atlassian.hide_project(project.key)
    result = by_token(run, atlassian, "demo-token")
    assert result.exit_code == 0
    assert "! No project is visible to this account" in result.stderr


def test_what_is_piped_in_is_a_secret_and_the_answer_to_no_other_question(
    run: Run, atlassian: DemoSite
) -> None:
    for words in (["--token"], ["--token", "--site", atlassian.render.base_url]):
        result = run("connect", *words, stdin="a-secret-token\n")
        assert result.exit_code == 2
        assert "is missing. Pass it with --" in result.stderr
        assert "a-secret-token" not in result.output
    assert "--email requires --token" in run("connect", "--email", "a@b.c").stderr


def test_a_gateway_that_cannot_be_reached_is_told_from_a_wrong_token(
    run: Run, atlassian: DemoSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA_API_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr("jira_assets.auth.verify.ATTEMPTS", 1)
    result = by_token(run, atlassian, "wrong-token")
    assert result.exit_code == 4
    assert "as a classic token. Whether it is a token with scopes could not be checked" in result.stderr


def test_a_captcha_is_not_taken_for_a_wrong_token(run: Run, atlassian: DemoSite) -> None:
    atlassian.faults.add(site_faults.captcha(path="/rest/api/3/myself"))
    result = by_token(run, atlassian, "demo-token")
    assert result.exit_code == 4
    assert "requires a captcha" in result.stderr
    assert "Log in to the site once in a browser" in result.stderr


def test_a_site_that_sends_strangers_to_its_login_is_a_jira_all_the_same(
    run: Run, atlassian: DemoSite
) -> None:
    atlassian.faults.add(site_faults.login_redirect(path="/rest/api/2/serverInfo"))
    assert by_token(run, atlassian, "demo-token").exit_code == 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (site_faults.ip_not_allowed(), "IP allowlist"),
        (site_faults.site_unpaid(402), "billing contact"),
        (site_faults.site_out_of_order(), "is not available"),
        (site_faults.moved_to("https://renamed.atlassian.net/"), "connect --site renamed.atlassian.net"),
        (site_faults.proxy_page(407, "Login"), "HTTPS_PROXY"),
        (site_faults.login_redirect("https://sso.acme.com/adfs/ls"), "owner of sso.acme.com"),
    ],
)
def test_what_stands_in_the_way_of_a_connection_is_named(
    run: Run, atlassian: DemoSite, fault: faults.Fault, said: str
) -> None:
    atlassian.faults.add(fault)
    result = by_token(run, atlassian, "demo-token")
    assert said in result.stderr
    assert "No Jira was found" not in result.stderr


def test_a_site_that_is_down_is_told_from_a_wrong_address(run: Run, atlassian: DemoSite) -> None:
    atlassian.faults.add(faults.answer(503, "down", path="/rest/api/2/serverInfo"))
    result = by_token(run, atlassian, "demo-token")
    assert "does not answer normally (status 503)" in result.stderr
    assert "Try again later" in result.stderr


def test_an_address_where_no_jira_is_says_so(run: Run, atlassian: DemoSite) -> None:
    atlassian.faults.add(faults.answer(404, "gone", path="/rest/api/2/serverInfo"))
    result = by_token(run, atlassian, "demo-token")
    assert f"No Jira was found at {atlassian.render.base_url} (status 404)." in result.stderr


def test_a_home_of_another_site_is_not_taken_over(run: Run, atlassian: DemoSite, state: State) -> None:
    assert by_token(run, atlassian, "demo-token").exit_code == 0
    state.projects.track([ProjectRef("1", "PAY")])
    before, site = state.credentials.current(), state.credentials.site()
    assert before is not None
    state.credentials.connect(replace(site, cloud_id="other", url="https://other.atlassian.net"), before)
    result = by_token(run, atlassian, "demo-token")
    assert result.exit_code == 1
    assert "tracks projects of https://other.atlassian.net" in result.stderr
    assert "JIRA_ASSETS_HOME" in result.stderr


def test_a_token_in_the_environment_is_mentioned_since_it_comes_first(
    run: Run, atlassian: DemoSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA_API_TOKEN", "demo-token")
    result = run("connect", "--token", "--site", atlassian.render.base_url, "--email", "demo@example.com")
    assert "! JIRA_API_TOKEN is set in the environment and overrides the stored credential" in result.stderr


@pytest.fixture
def service(atlassian: DemoSite, monkeypatch: pytest.MonkeyPatch) -> ServiceClient:
    """The OAuth 2.0 credential of a service account, whose id is set."""
    client = atlassian.oauth.add_client(atlassian.add_service_account())
    monkeypatch.setenv("JIRA_CLIENT_ID", client.client_id)
    return client


@pytest.mark.few_tables
def test_a_service_account_connects_without_a_browser_and_syncs(
    run: Run, atlassian: DemoSite, state: State, service: ServiceClient
) -> None:
    result = run("connect", "--service-account", stdin=f"{service.client_secret}\n")
    assert result.exit_code == 0, result.stderr
    told = result.stderr
    url = atlassian.render.base_url
    assert f"✓ Connected to {url} as Sync Bot ({service.account.email}), by OAuth client credentials." in told
    assert "Directory, Service accounts" in told
    assert "3 projects visible." in told
    assert "Reconnect by" not in told
    assert service.client_secret not in result.output
    assert "3 projects" in run("projects", "list").stderr
    assert run("projects", "track", "PAY").exit_code == 0
    synced = run("sync", "PAY")
    assert synced.exit_code == 0, synced.output
    credential = state.credentials.current()
    assert credential is not None
    assert service.client_secret not in credential.secrets


def test_a_revoked_service_account_stops_syncs_and_is_reported_everywhere(
    run: Run, atlassian: DemoSite, state: State, service: ServiceClient
) -> None:
    run("connect", "--service-account", stdin=f"{service.client_secret}\n")
    run("projects", "track", "PAY")
    service.is_revoked = True
    with state.credentials.exclusive() as held:
        assert held.credential is not None
        held.keep(replace(held.credential, expires_at=held.credential.consented_at))
    stopped = run("sync")
    assert stopped.exit_code == 4
    assert "`jira-assets connect --service-account`" in stopped.stderr
    status = run("status")
    assert status.exit_code == 4
    assert "! Syncs have stopped: Atlassian does not accept the client id and secret" in status.stderr
    assert "`jira-assets connect --service-account`" in run("doctor").stdout


def test_what_is_missing_of_a_service_account_is_named_with_its_flag(
    run: Run, service: ServiceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.sites = "empty"
    result = run("connect", "--service-account", stdin=f"{service.client_secret}\n")
    assert result.exit_code == 2
    assert "is missing. Pass it with --site" in result.stderr
    monkeypatch.delenv("JIRA_CLIENT_ID")
    result = run("connect", "--service-account", stdin=f"{service.client_secret}\n")
    assert "Client ID is missing. Pass it with --client-id" in result.stderr
    assert service.client_secret not in result.output


def test_at_a_terminal_the_secret_is_typed_without_echo_and_the_site_is_asked_for_last(
    atlassian: DemoSite, service: ServiceClient, home: Path
) -> None:
    service.sites = "refused"
    with at_terminal("connect", "--service-account", JIRA_ASSETS_HOME=str(home)) as terminal:
        terminal.read_until(lambda: "Client secret (hidden)" in terminal.written)
        terminal.type(service.client_secret)
        terminal.read_until(lambda: "Address of the Jira site" in terminal.written)
        terminal.type(atlassian.render.base_url)
        assert terminal.read_to_end() == 0, terminal.written
    shown = plain(terminal.written)
    assert "Atlassian does not list the sites of this service account." in shown
    assert "as Sync Bot" in shown
    assert service.client_secret not in shown


@pytest.mark.prove
def test_a_consent_that_covers_a_further_site_connects_it_without_another_one(
    run: Run, atlassian: DemoSite, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = DemoSite(generate_site(1, projects=3, issues=3, now_ms=NOON_MS))
    other.cloud_id = "the-cloud-id-of-acme"
    with DemoServer(other) as server:
        atlassian.share_consents(other, server.url)
        first = connect(run, monkeypatch, atlassian, "--site", atlassian.render.base_url)
        assert first.exit_code == 0, first.stderr
        result = run("connect", "--site-name", "acme", "--site", server.url)
        assert result.exit_code == 0, result.stderr
        assert f"covers {server.url} as well" in result.stderr
        assert "Next: jira-assets projects track acme:MOB acme:PAY" in result.stderr
        assert {site.grant_id for site in state.sites.all()} == {1}
        run("projects", "track", "PAY", "acme:PAY")
        atlassian.clock.advance(timedelta(hours=2))  # the access token of both has expired
        synced = run("sync")
        assert synced.exit_code == 0, synced.stderr
    assert state.of(state.sites.find("acme")).credentials.current() == state.credentials.current()
