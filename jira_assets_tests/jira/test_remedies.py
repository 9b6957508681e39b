"""What real sites, gateways and proxies answer ends in the one thing to do, named with who can do it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from jira_assets.auth.oauth import OAuthApp
from jira_assets.demo.http import faults
from jira_assets.demo.http import site_faults as forms
from jira_assets.demo.http.faults import Fault
from jira_assets.errors import (
    AuthenticationError,
    BadQuery,
    EndpointRemoved,
    Forbidden,
    JiraAssetsError,
    JiraError,
    JiraUnavailable,
    NotFound,
    RateLimited,
    ReconnectNeeded,
    RequestTooLarge,
    ScopeMissing,
    SettingsError,
    SiteUnavailable,
    UnknownProject,
)
from jira_assets.jira.connection import BasicToken, Connection
from jira_assets.jira.http import Transport
from jira_assets.jira.throttle import MemoryPauseStore, Wait
from jira_assets_tests.jira.conftest import Ask
from jira_assets_tests.jira.scripted_site import START, Canned, ScriptedSite, VirtualClock, self_signed

TOKEN = "ATATT3xFfGF0s3cret"


@dataclass(frozen=True)
class Form:
    """A form of refusal, the error it has to end in, and words that reason and instruction have to hold."""

    name: str
    fault: Fault
    kind: type[JiraAssetsError]
    reason: str
    instruction: str
    cause: str | None = None
    gateway: bool = False


def json(status: int, body: str, **headers: str) -> Fault:
    fault = faults.answer(status, body)
    fault.headers = {**fault.headers, **headers}
    return fault


ADMIN, BILLING, PROXY = "organization admin", "billing contact", "owner of the proxy"
JIRAS_404 = json(404, '{"errorMessages": ["No project could be found with key \'X\'."], "errors": {}}')
UNTRANSLATED = ("value", "id")

FORMS = [
    Form("ip 403", forms.ip_not_allowed(), SiteUnavailable, "IP address", ADMIN, "address"),
    Form("ip 400", forms.ip_not_allowed(400), SiteUnavailable, "IP address", "allowlist", "address"),
    Form("ip gateway", forms.ip_not_allowed(), SiteUnavailable, "IP address", ADMIN, "address", gateway=True),
    Form("unpaid 402", faults.answer(402), SiteUnavailable, "402", BILLING, "suspended"),
    Form("unpaid 402 text", forms.site_unpaid(402), SiteUnavailable, "payment", BILLING, "suspended"),
    Form("unpaid 403", forms.site_unpaid(), SiteUnavailable, "payment", BILLING, "suspended"),
    Form("unpaid 404", forms.site_unpaid(404), SiteUnavailable, "payment", BILLING, "suspended"),
    Form(
        "deactivated page",
        forms.proxy_page(403, "This site has been deactivated"),
        SiteUnavailable,
        "deactivated",
        BILLING,
        "suspended",
    ),
    Form(
        "currently unavailable",
        faults.answer(403, '{"message": "Your site is currently unavailable."}'),
        SiteUnavailable,
        "currently unavailable",
        ADMIN,
        "suspended",
    ),
    Form("out of order", forms.site_out_of_order(), SiteUnavailable, "temporarily", ADMIN, "suspended"),
    Form(
        "page unavailable", forms.page_unavailable(), SiteUnavailable, "Page Unavailable", ADMIN, "suspended"
    ),
    Form("dead link", forms.dead_link(), SiteUnavailable, "dead link", "JIRA_SITE_URL", "page"),
    Form("any 404 page", faults.server_error(404), SiteUnavailable, "Oops", "JIRA_SITE_URL", "page"),
    Form("empty 404", faults.answer(404), SiteUnavailable, "no explanation", "JIRA_SITE_URL", "page"),
    Form(
        "unpaid, in jira's own shape",
        json(403, '{"errorMessages": ["Tenant is restricted: suspended-inactivity"], "errors": {}}'),
        SiteUnavailable,
        "restricted",
        BILLING,
        "suspended",
    ),
    Form(
        "out of order, in jira's own shape",
        json(404, '{"errorMessages": ["Site temporarily unavailable"], "errors": {}}'),
        SiteUnavailable,
        "temporarily",
        ADMIN,
        "suspended",
    ),
    Form(
        "a filter's bare line",
        faults.answer(403, "RBAC: access denied", content_type="text/plain"),
        SiteUnavailable,
        "RBAC: access denied",
        PROXY,
        "proxy",
    ),
    Form("edge 403", forms.edge_page(), SiteUnavailable, "edge", "5WD-17", "edge"),
    Form("edge 400", forms.edge_page(400), SiteUnavailable, "edge", "support", "edge"),
    Form("proxy 405", forms.proxy_page(), SiteUnavailable, "nginx", PROXY, "proxy"),
    Form("proxy 403", forms.proxy_page(403, "403 Blocked"), SiteUnavailable, "Blocked", PROXY, "proxy"),
    Form("proxy 407", forms.proxy_page(407, "Login"), SiteUnavailable, "proxy", "HTTPS_PROXY", "proxy"),
    Form("proxy 407 empty", faults.answer(407), SiteUnavailable, "407", "HTTPS_PROXY", "proxy"),
    Form(
        "proxy ntlm",
        json(401, "", **{"WWW-Authenticate": "NTLM"}),
        SiteUnavailable,
        "proxy",
        "HTTPS_PROXY",
        "proxy",
    ),
    Form("too large page", forms.proxy_page(413, "413 Too Large"), RequestTooLarge, "413", PROXY),
    Form("too large json", json(413, '{"message": "too large"}'), RequestTooLarge, "too large", PROXY),
    Form("xsrf", forms.xsrf_failed(), SiteUnavailable, "browser", "User-Agent", "browser"),
    Form("own login page", forms.login_redirect(), AuthenticationError, "login page", "JIRA_API_TOKEN"),
    Form(
        "secure page",
        forms.login_redirect("/secure/Dashboard.jspa"),
        AuthenticationError,
        "login page",
        "JIRA_API_TOKEN",
    ),
    Form(
        "atlassian's login",
        forms.login_redirect("https://id.atlassian.com/login?continue=x&token=s3cret"),
        AuthenticationError,
        "login page",
        "JIRA_API_TOKEN",
    ),
    Form(
        "single sign-on",
        forms.login_redirect("https://sso.acme.com/adfs/ls?wctx=s3cret"),
        SiteUnavailable,
        "sso.acme.com",
        "owner of sso.acme.com",
        "proxy",
    ),
    Form(
        "renamed",
        forms.moved_to("https://renamed.atlassian.net/rest?os_secret=s3cret"),
        SettingsError,
        "https://renamed.atlassian.net",
        "JIRA_SITE_URL to https://renamed.atlassian.net",
    ),
    Form(
        "renamed with a login in its address",
        forms.moved_to("https://ann:s3cret@renamed.atlassian.net/"),
        SettingsError,
        "(301 to https://renamed.atlassian.net)",
        "connect --site renamed.atlassian.net",
    ),
    Form("nowhere", forms.moved_to(""), SettingsError, "redirects", "JIRA_SITE_URL"),
    Form("removed", forms.api_removed(), EndpointRemoved, "removed", "Upgrade jira_assets"),
    Form("captcha", forms.captcha(), AuthenticationError, "captcha", "in a browser"),
    Form(
        "captcha page",
        forms.login_failure_page("AUTHENTICATION_DENIED", status=403),
        AuthenticationError,
        "captcha",
        "in a browser",
    ),
    Form(
        "login failure page",
        forms.login_failure_page(),
        AuthenticationError,
        "login failed",
        "JIRA_API_TOKEN",
    ),
    Form("any 401 page", faults.server_error(401), AuthenticationError, "did not accept", "JIRA_API_TOKEN"),
    Form("captcha 200", forms.captcha(200), AuthenticationError, "captcha", "in a browser"),
    Form("captcha, one header", forms.captcha(seraph=False), AuthenticationError, "captcha", "in a browser"),
    *(
        Form(
            f"project {words}", forms.unknown_project("10030", words=words), UnknownProject, "10030", "doctor"
        )
        for words in UNTRANSLATED
    ),
    *(
        Form(f"project {words}", forms.unknown_project("10030", words=words), BadQuery, "10030", "doctor")
        for words in forms.UNKNOWN_PROJECT
        if words not in UNTRANSLATED
    ),
    Form("any 400", json(400, '{"errorMessages": ["No."], "errors": {}}'), BadQuery, "No.", "doctor"),
    Form("anonymous 400", forms.taken_for_nobody(), AuthenticationError, "as anonymous", "JIRA_API_TOKEN"),
    Form(
        "anonymous 404",
        forms.taken_for_nobody(404, "Login Required"),
        AuthenticationError,
        "as anonymous",
        "JIRA_API_TOKEN",
    ),
    Form(
        "anonymous 403",
        forms.taken_for_nobody(403, "You are not authenticated. Authentication required."),
        AuthenticationError,
        "as anonymous",
        "JIRA_API_TOKEN",
    ),
    Form(
        "scope",
        json(401, '{"code": 401, "message": "Unauthorized; scope does not match"}'),
        ScopeMissing,
        "scope",
        "read:jira-work",
        gateway=True,
    ),
    Form(
        "gateway 401",
        json(401, '{"code": 401, "message": "Unauthorized"}'),
        AuthenticationError,
        "Unauthorized",
        "JIRA_CLOUD_ID",
        gateway=True,
    ),
    Form(
        "scoped token at the site",
        json(401, "Client must be authenticated to access this resource."),
        AuthenticationError,
        "must be authenticated",
        "A token with scopes also requires JIRA_CLOUD_ID",
    ),
    Form(
        "bearer at the site",
        forms.token_not_for_the_site(),
        AuthenticationError,
        "gateway",
        "connect --token",
    ),
    *(
        Form(
            f"gateway 404, {spring=}",
            forms.gateway_not_found(spring=spring),
            SiteUnavailable,
            "gateway found no Jira",
            "JIRA_CLOUD_ID",
            "gateway",
            gateway=True,
        )
        for spring in (True, False)
    ),
    Form(
        "app not installed",
        json(403, '{"code": 403, "message": "The app is not installed on this instance"}'),
        ReconnectNeeded,
        "not installed",
        "jira-assets connect",
        gateway=True,
    ),
    Form("jira's 404", JIRAS_404, NotFound, "No project", "deleted"),
    Form("jira's 403", json(403, '{"errorMessages": ["No."]}'), Forbidden, "No.", "Ask a Jira admin"),
    Form("empty 403", faults.answer(403), Forbidden, "no explanation", "Ask a Jira admin"),
    Form("burst", faults.rate_limit(1), RateLimited, "Rate limit", "Wait"),
    Form("rate limit page", faults.html_rate_limit(), RateLimited, "Oops", "Wait"),
    Form("page with 200", faults.html_page(), JiraUnavailable, "web page", "login page or a proxy"),
    Form("page with 503", faults.server_error(503), JiraUnavailable, "503", "Try again later"),
    Form(
        "plain http",
        faults.answer(400, "<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>"),
        SiteUnavailable,
        "requires https",
        "https://",
        "page",
    ),
    Form(
        "a project that is called like a cause",
        json(
            404, '{"errorMessages": ["No project with key \'SUSPENDED\', its payment page is unavailable."]}'
        ),
        NotFound,
        "SUSPENDED",
        "deleted",
    ),
]
by_name = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)


def canned(fault: Fault) -> Canned:
    return Canned(fault.body, fault.status, fault.headers_at(START))


@pytest.fixture
def refused() -> Callable[[Form], JiraAssetsError]:
    """Ask a site that answers in a form, over HTTP, and give the error."""

    def ask(form: Form) -> JiraAssetsError:
        with ScriptedSite(canned(form.fault)) as site:
            cloud_id = "cloud" if form.gateway else None
            connection = Connection(site.url, BasicToken("ann@example.com", TOKEN), cloud_id, site.url)
            transport = Transport(connection, attempts=2, clock=site.clock.now, sleep=site.clock.sleep)
            with closing(transport), pytest.raises(JiraAssetsError) as caught:
                transport.request("GET", "/rest/api/3/project/search")
        return caught.value

    return ask


@by_name
def test_each_form_ends_in_its_error(refused: Callable[[Form], JiraAssetsError], form: Form) -> None:
    error = refused(form)
    assert type(error) is form.kind
    assert form.reason in error.reason
    assert form.instruction in error.instruction
    assert error.facts.get("cause") == form.cause
    assert "s3cret" not in f"{error} {error.facts}"
    assert "please report" not in str(error)
    assert "<" not in error.reason
    if isinstance(error, SiteUnavailable):
        assert "untrack" not in str(error)
        assert "deleted" not in str(error)


@pytest.mark.parametrize(
    "fault", [forms.unknown_project("10030", "PAY", words=words) for words in UNTRANSLATED]
)
def test_the_projects_that_a_sentence_names_are_a_hint(
    refused: Callable[[Form], JiraAssetsError], fault: Fault
) -> None:
    error = refused(Form("", fault, UnknownProject, "", ""))
    assert error.facts["projects"] == ["10030", "PAY"]


@pytest.mark.parametrize(
    "said", ["Error in the JQL Query: Expecting ')'.", "Invalid request payload. Refer to the documentation."]
)
def test_only_what_jira_cannot_read_is_to_be_reported(
    refused: Callable[[Form], JiraAssetsError], said: str
) -> None:
    error = refused(Form("", json(400, f'{{"errorMessages": ["{said}"]}}'), BadQuery, "", ""))
    assert type(error) is BadQuery
    assert "please report" in error.instruction


@pytest.mark.parametrize(
    "said",
    [
        f"Bad token {TOKEN}",
        "Authorization: Bearer eyJhbGciOi.s3cret.sig",
        "Bearer abcdefgh-s3cret-ijkl",
        "Basic YWJjZGVmZ2hpams3cret=",
        "https://acme.atlassian.net/x?token=s3cret&y=1",
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 503])
def test_a_secret_that_is_repeated_is_left_out(
    refused: Callable[[Form], JiraAssetsError], said: str, status: int
) -> None:
    error = refused(Form("", json(status, f'{{"errorMessages": ["{said}"]}}'), JiraError, "", ""))
    assert "s3cret" not in str(error)


@pytest.mark.parametrize(
    ("fault", "kind", "instruction"),
    [
        (forms.oauth_refused(), ReconnectNeeded, "jira-assets connect"),
        (forms.oauth_refused(status=400), ReconnectNeeded, "jira-assets connect"),
        (forms.oauth_refused(status=200), ReconnectNeeded, "jira-assets connect"),
        (forms.oauth_refused("unauthorized_client"), ReconnectNeeded, "jira-assets connect"),
        (forms.oauth_refused("invalid_grant", ""), ReconnectNeeded, "jira-assets connect"),
        (forms.oauth_refused("access_denied", status=401), AuthenticationError, "JIRA_CLIENT_SECRET"),
        (forms.oauth_refused("Forbidden"), SiteUnavailable, "Try again later"),
        (forms.edge_page(), SiteUnavailable, "proxy"),
        (forms.edge_page(400), SiteUnavailable, "proxy"),
        (faults.answer(403), SiteUnavailable, "Try again later"),
        (faults.answer(400), SiteUnavailable, "Try again later"),
        (faults.answer(200), JiraUnavailable, "Try again later"),
        (faults.server_error(502), JiraUnavailable, "Try again later"),
        (faults.html_page(), JiraUnavailable, "Try again later"),
        (faults.rate_limit(1), RateLimited, "Wait"),
    ],
)
def test_only_a_consent_that_is_called_lost_is_lost(
    fault: Fault, kind: type[JiraAssetsError], instruction: str
) -> None:
    with ScriptedSite(canned(fault)) as site, pytest.raises(JiraAssetsError) as caught:
        OAuthApp("app", "s3cret-of-app", site.url).refresh("s3cret-refresh")
    assert type(caught.value) is kind
    assert instruction in caught.value.instruction
    assert "s3cret" not in str(caught.value)
    assert "please report" not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "whose"),
    [
        (faults.rate_limit(5), "Jira limits the request rate (429 jira-burst-based)"),
        (faults.html_rate_limit(), "Jira limits the request rate (429)"),
        (faults.server_error(503, retry_after=5), "Jira requested it (503 with Retry-After)"),
        (faults.server_error(502), "back-off after Jira answered 502"),
        (faults.html_page(), "back-off after a web page instead of data (200)"),
        (faults.answer(200, '{"count":'), "back-off after incomplete JSON (200)"),
        (faults.answer(200, ""), "back-off after incomplete JSON (200)"),
    ],
)
def test_a_wait_says_whose_pause_it_is(scripted: Ask, fault: Fault, whose: str) -> None:
    waits: list[Wait] = []
    client, _ = scripted(canned(fault), Canned([]), on_wait=waits.append)
    client.fetch_fields()
    assert [wait.reason for wait in waits] == [whose]


def test_a_connection_that_broke_off_is_waited_for_on_our_own(scripted: Ask) -> None:
    waits: list[Wait] = []
    client, _ = scripted(Canned([1, 2], cut=3), Canned([]), on_wait=waits.append)
    client.fetch_fields()
    assert [wait.reason for wait in waits] == ["back-off after an incomplete response"]


def test_a_pause_of_everybody_says_whose_it_is(scripted: Ask) -> None:
    waits: list[Wait] = []
    board = MemoryPauseStore()
    board.pause(
        datetime.fromisoformat("2026-11-23T12:01:00Z"), "the configured budget of 10 points an hour is spent"
    )
    client, _ = scripted(Canned([]), pause=board, on_wait=waits.append)
    client.fetch_fields()
    assert [wait.reason for wait in waits] == ["the configured budget of 10 points an hour is spent"]


def lost(url: str) -> JiraAssetsError:
    """Ask at an address where nothing answers as it should."""
    transport = Transport(
        Connection(url, BasicToken("ann@example.com", TOKEN)), attempts=2, sleep=VirtualClock().sleep
    )
    with closing(transport), pytest.raises(JiraAssetsError) as caught:
        transport.request("GET", "/rest/api/3/myself")
    assert "s3cret" not in str(caught.value)
    return caught.value


def https(url: str) -> str:
    return url.replace("http:", "https:")


def test_a_port_that_speaks_no_https_is_named() -> None:
    with ScriptedSite(Canned([])) as site:
        error = lost(https(site.url))
    assert type(error) is SettingsError
    assert error.reason == f"{https(site.url)} does not support https at this port."
    assert "JIRA_SITE_URL" in error.instruction


def test_a_port_that_speaks_https_only_is_named(tmp_path: Path) -> None:
    with ScriptedSite(Canned([])) as site:
        site.encrypt(self_signed(tmp_path))
        error = lost(site.url)
    assert "https" in error.instruction


def test_a_certificate_is_refused_with_its_fault(tmp_path: Path) -> None:
    with ScriptedSite(Canned([])) as site:
        site.encrypt(self_signed(tmp_path))
        error = lost(https(site.url))
    assert type(error) is SettingsError
    assert "self-signed certificate" in error.reason
    assert "REQUESTS_CA_BUNDLE" in error.instruction


def test_a_name_that_is_not_known_is_one_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    error = lost("https://no-such-host.invalid")
    assert type(error) is JiraUnavailable
    assert "the host name no-such-host.invalid cannot be resolved" in error.reason
    assert "DNS" in error.instruction


def test_an_address_where_nobody_listens_is_another(free_port_url: str) -> None:
    error = lost(free_port_url)
    assert "no server listens at this address and port (Connection refused)" in error.reason


@pytest.mark.parametrize(
    ("status", "reason", "instruction"),
    [(407, "requires a login", "HTTPS_PROXY"), (403, "403", "NO_PROXY"), (502, "502", "NO_PROXY")],
)
def test_a_proxy_that_refuses_the_tunnel_is_told_from_jira(
    monkeypatch: pytest.MonkeyPatch, status: int, reason: str, instruction: str
) -> None:
    with ScriptedSite(Canned("", status)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http://", "http://ann:s3cret@"))
        error = lost("https://acme.atlassian.net")
    assert "proxy" in error.reason
    assert reason in error.reason
    assert instruction in error.instruction


def test_a_proxy_that_is_not_there_is_told_from_jira(
    monkeypatch: pytest.MonkeyPatch, free_port_url: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", free_port_url)
    error = lost("https://acme.atlassian.net")
    assert "did not get through the proxy in HTTPS_PROXY (Connection refused)" in error.reason


def test_a_proxy_that_speaks_no_https_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedSite(Canned([])) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", https(proxy.url))
        error = lost("https://acme.atlassian.net")
    assert type(error) is SettingsError
    assert "http://" in error.instruction
