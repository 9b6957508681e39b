"""The transport: never back too early, never too many at once, every request counted."""

from __future__ import annotations

import contextvars
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from jira_assets.errors import (
    AuthenticationError,
    BadQuery,
    Cancelled,
    Forbidden,
    JiraAssetsError,
    JiraUnavailable,
    NotFound,
    RateLimited,
    SettingsError,
)
from jira_assets.jira import http
from jira_assets.jira.connection import BasicToken, Bearer, Connection
from jira_assets.jira.http import ATTEMPTS, Transport
from jira_assets.jira.in_flight import ProcessLimit
from jira_assets.jira.throttle import WHOLE_SITE, MemoryPauseStore, Wait
from jira_assets_tests.jira.conftest import Ask
from jira_assets_tests.jira.scripted_site import START, Canned, ScriptedSite, VirtualClock, self_signed

GOOD = Canned({"count": 1})
HTML = "<html><head><title>Oops</title></head><body>a page</body></html>"


def too_many(**headers: str) -> Canned:
    return Canned(
        {"errorMessages": ["Rate limit exceeded."]}, 429, {k.replace("_", "-"): v for k, v in headers.items()}
    )


@pytest.mark.parametrize(
    "trouble",
    [
        Canned("", 500),
        Canned(HTML, 502, {"Content-Type": "text/html"}),
        Canned({"message": "later"}, 503),
        Canned(None, 504),
        Canned({"errorMessages": ["the response timed out"]}, 409),
        Canned(HTML, 200, {"Content-Type": "text/html"}),
        Canned("", 200),
        Canned('{"count": 1', 200),
        Canned('{"count": 1}{"count": 2}', 200),
        Canned({"count": 1}, 200, cut=5),
        Canned({"count": 1}, 200, cut=0),
        too_many(),
        Canned(HTML, 429, {"Content-Type": "text/html"}),
    ],
)
def test_what_may_pass_is_asked_again(scripted: Ask, trouble: Canned) -> None:
    client, site = scripted(trouble, trouble, GOOD)
    assert client.approximate_count("project = 1") == 1
    assert len(site.seen) == client.transport.requests == 3
    first, second = site.clock.slept
    assert 2 * 0.7 <= first <= 2 * 1.3
    assert 4 * 0.7 <= second <= 4 * 1.3


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, BadQuery), (401, AuthenticationError), (403, Forbidden), (404, NotFound), (302, SettingsError)],
)
def test_what_is_final_is_asked_once(scripted: Ask, status: int, error: type[JiraAssetsError]) -> None:
    client, site = scripted(Canned({"errorMessages": ["No."]}, status))
    with pytest.raises(error) as caught:
        client.fetch_fields()
    assert len(site.seen) == 1
    assert site.clock.slept == []
    assert caught.value.reason
    assert caught.value.instruction


def test_failing_ends_after_the_attempts_that_were_granted(scripted: Ask) -> None:
    client, site = scripted(Canned({"message": "down"}, 503), attempts=3)
    with pytest.raises(JiraUnavailable, match="down"):
        client.fetch_fields()
    assert len(site.seen) == 3


def test_rate_limits_without_end_are_an_error_of_their_own(scripted: Ask) -> None:
    client, _ = scripted(too_many(Retry_After="1"), attempts=2)
    with pytest.raises(RateLimited, match=r"with 429: .*Wait a few minutes"):
        client.fetch_fields()


def test_a_site_that_does_not_exist_is_an_error_with_its_address(free_port_url: str) -> None:
    connection = Connection(free_port_url, BasicToken("ann@example.com", "s3cret-token"))
    transport = Transport(connection, attempts=2, sleep=VirtualClock().sleep)
    with pytest.raises(JiraUnavailable, match=rf"{free_port_url} .*Connection refused"):
        transport.request("GET", "/rest/api/3/myself", params={"secret": "s3cret"})
    assert transport.requests == 2


def test_a_site_that_never_answered_is_given_up_early(free_port_url: str) -> None:
    clock = VirtualClock()
    connection = Connection(free_port_url, BasicToken("ann@example.com", "s3cret-token"))
    transport = Transport(connection, sleep=clock.sleep, clock=clock.now)
    with pytest.raises(JiraUnavailable, match="no server listens at this address"):
        transport.request("GET", "/rest/api/3/myself")
    assert transport.requests == 3


def test_a_site_that_answered_before_is_waited_for(scripted: Ask) -> None:
    client, site = scripted(Canned([]))
    client.fetch_fields()
    site.stop()
    with pytest.raises(JiraUnavailable, match="no server listens at this address"):
        client.fetch_fields()
    assert client.transport.requests == 1 + ATTEMPTS


def test_a_token_that_fits_into_no_header_is_not_shown() -> None:
    connection = Connection("http://127.0.0.1:9", Bearer(lambda: "s3cret\n"), "cloud", "http://127.0.0.1:9")
    with pytest.raises(SettingsError) as caught:
        Transport(connection).request("GET", "/rest/api/3/myself")
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_a_certificate_nobody_vouches_for_is_not_tried_again(tmp_path: Path) -> None:
    with ScriptedSite(GOOD) as site:
        site.encrypt(self_signed(tmp_path))
        connection = Connection(site.url.replace("http:", "https:"), BasicToken("ann@example.com", "s3cret"))
        transport = Transport(connection, sleep=site.clock.sleep)
        with pytest.raises(SettingsError, match="certificate"):
            transport.request("GET", "/rest/api/3/myself")
        transport.close()
    assert transport.requests == 1


@pytest.mark.parametrize("seconds", [0, 1, 17, 45, 3000])
@pytest.mark.parametrize("status", [429, 503])
def test_nobody_comes_back_before_retry_after(scripted: Ask, seconds: int, status: int) -> None:
    client, site = scripted(Canned({}, status, {"Retry-After": str(seconds)}), GOOD)
    assert client.approximate_count("project = 1") == 1
    waited = (site.seen[1].at - site.seen[0].at).total_seconds()
    assert waited >= max(seconds, 2 * 0.7)
    assert waited <= max(seconds, 2 * 1.3)


def test_retry_after_may_be_a_date(scripted: Ask) -> None:
    client, site = scripted(Canned({}, 429, {"Retry-After": "Mon, 23 Nov 2026 12:00:40 GMT"}), GOOD)
    client.approximate_count("project = 1")
    assert site.seen[1].at == START + timedelta(seconds=40)


def test_a_retry_after_beyond_all_patience_is_an_error_at_once(scripted: Ask) -> None:
    client, site = scripted(too_many(Retry_After="86400"))
    with pytest.raises(RateLimited, match="paused until 2026-11-24 12:00 UTC"):
        client.fetch_fields()
    with pytest.raises(RateLimited, match="2026-11-24 12:00"):
        client.fetch_fields()
    assert len(site.seen) == 1
    assert site.clock.slept == []


def test_a_burst_closes_its_endpoint_only(scripted: Ask) -> None:
    burst = too_many(Retry_After="20", RateLimit_Reason="jira-burst-based")
    client, site = scripted(burst, Canned([]), attempts=1)
    with pytest.raises(RateLimited, match="with 429: Rate limit exceeded"):
        client.fetch_fields()
    client.fetch_statuses()
    assert site.seen[1].at == START
    client.fetch_fields()
    assert site.seen[2].at == START + timedelta(seconds=20)


def test_a_burst_closes_its_endpoint_whatever_the_id(scripted: Ask) -> None:
    burst = too_many(Retry_After="20", RateLimit_Reason="jira-burst-based")
    client, site = scripted(burst, Canned({"id": 2, "name": "S", "state": "active"}), attempts=1)
    with pytest.raises(RateLimited, match="with 429: Rate limit exceeded"):
        client.fetch_sprint(1)
    client.fetch_sprint(2)
    assert site.seen[1].at == START + timedelta(seconds=20)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-RateLimit-Reset": "2026-11-23T12:30Z"},
        {"X-RateLimit-Reset": "2026-11-23T12:30:00Z", "Retry-After": "5"},
        {"Retry-After": "1800"},
        {"RateLimit": '"tenant-quota";r=500;t=60, "global-app-quota";r=0;t=1800'},
        {"X-RateLimit-Reset": "soon", "RateLimit": '"Beta-global-app-quota";t=1800'},
    ],
)
def test_a_spent_quota_pauses_everything_until_reset(scripted: Ask, headers: dict[str, str]) -> None:
    board = MemoryPauseStore()
    spent = Canned({}, 429, {"RateLimit-Reason": "jira-quota-global-based", **headers})
    client, site = scripted(spent, Canned([]), pause=board, attempts=1)
    with pytest.raises(RateLimited, match="with 429: no explanation"):
        client.fetch_fields()
    assert board.all()[WHOLE_SITE].until == START + timedelta(minutes=30)
    client.fetch_statuses()
    assert site.seen[1].at == START + timedelta(minutes=30)


def test_a_pause_that_somebody_else_put_up_is_obeyed_and_shown(scripted: Ask) -> None:
    board = MemoryPauseStore()
    waits: list[Wait] = []
    client, site = scripted(Canned([]), pause=board, on_wait=waits.append)
    board.pause(START + timedelta(seconds=90), "quota")
    client.fetch_fields()
    assert site.seen[0].at == START + timedelta(seconds=90)
    assert [(wait.endpoint, wait.seconds) for wait in waits] == [("GET /rest/api/3/field", 90)]
    assert client.transport.total.seconds_waited == 90


def test_a_clock_that_stands_still_does_not_make_us_wait_forever(scripted: Ask) -> None:
    slept: list[float] = []
    client, _ = scripted(too_many(Retry_After="7"), GOOD, sleep=slept.append)
    assert client.approximate_count("project = 1") == 1
    assert slept == [7]


@pytest.mark.parametrize("status", [200, 401, 403, 404, 503])
@pytest.mark.parametrize("login", ["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"])
def test_a_login_that_failed_is_an_authentication_error_whatever_the_status(
    scripted: Ask, status: int, login: str
) -> None:
    client, site = scripted(Canned({"issues": [], "isLast": True}, status, {"x-seraph-loginreason": login}))
    with pytest.raises(AuthenticationError) as caught:
        list(client.search("project = 1", fields=["summary"]))
    assert len(site.seen) == 1
    assert caught.value.exit_code == 4


def test_a_login_that_succeeded_is_none(scripted: Ask) -> None:
    client, _ = scripted(Canned([], 200, {"x-seraph-loginreason": "OK"}))
    assert client.fetch_fields() == []


def test_requests_carry_our_name_and_ask_for_english(scripted: Ask) -> None:
    client, site = scripted(Canned([]))
    client.fetch_fields()
    headers = site.seen[0].headers
    assert headers["accept"] == "application/json"
    assert headers["x-force-accept-language"] == "true"
    assert headers["accept-language"] == "en"
    assert headers["user-agent"].startswith("jira_assets/")
    assert headers["authorization"].startswith("Basic ")


def test_no_cookie_is_kept(scripted: Ask) -> None:
    client, site = scripted(Canned([], 200, {"Set-Cookie": "session=alive; Path=/"}))
    client.fetch_fields()
    client.fetch_fields()
    assert "cookie" not in site.seen[1].headers


def test_a_redirect_is_not_followed_but_named(scripted: Ask) -> None:
    client, site = scripted(Canned("", 302, {"Location": "https://renamed.atlassian.net/x?os_secret=1"}))
    with pytest.raises(SettingsError, match=r"renamed\.atlassian\.net") as caught:
        client.fetch_fields()
    assert len(site.seen) == 1
    assert "os_secret" not in str(caught.value)


def test_no_more_than_the_limit_are_in_flight(scripted: Ask) -> None:
    full = threading.Barrier(4)
    released = threading.Event()
    inside: list[str] = []

    def enter() -> None:
        inside.append(threading.current_thread().name)
        if not released.is_set():
            full.wait(5)
            assert released.wait(5)

    client, _ = scripted(Canned([], before=enter), max_in_flight=3)
    bystander, _ = scripted(Canned([]))
    with ThreadPoolExecutor(12) as pool:
        answers = [pool.submit(client.fetch_fields) for _ in range(12)]
        full.wait(5)
        for _ in range(20):  # time enough for a fourth to slip in, measured in requests
            bystander.fetch_fields()
        assert len(inside) == 3
        released.set()
        assert [answer.result() for answer in answers] == [[]] * 12


def test_waiting_takes_no_place_in_flight(scripted: Ask) -> None:
    asleep = threading.Event()
    awake = threading.Event()

    def sleep(seconds: float) -> None:
        asleep.set()
        assert awake.wait(5)

    burst = too_many(Retry_After="20", RateLimit_Reason="jira-burst-based")
    client, _ = scripted(burst, Canned([]), max_in_flight=1, sleep=sleep)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(client.fetch_fields)
        assert asleep.wait(5)
        assert client.fetch_statuses() == []
        awake.set()
        assert slow.result() == []


def test_a_limit_that_others_use_up_is_an_error_after_a_while(
    scripted: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "PATIENCE_FOR_A_SLOT", timedelta(0))
    limit = ProcessLimit(1)
    assert limit.acquire(0)
    client, site = scripted(Canned([]), in_flight=limit, patience=timedelta(0))
    with pytest.raises(RateLimited, match="Other processes"):
        client.fetch_fields()
    limit.release()
    client.fetch_fields()
    assert len(site.seen) == 1


def test_what_waits_for_a_slot_can_be_cancelled(scripted: Ask) -> None:
    limit = ProcessLimit(1)
    assert limit.acquire(0)
    client, site = scripted(Canned([]), in_flight=limit)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.fetch_fields)
        client.transport.cancel()
        with pytest.raises(Cancelled):
            waiting.result()
    assert site.seen == []


def test_each_part_of_a_program_counts_its_own_requests(scripted: Ask) -> None:
    client, _ = scripted(Canned([]))

    def ask(times: int) -> int:
        with client.transport.counted() as tally:
            for _ in range(times):
                client.fetch_fields()
        return tally.requests

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(ask, [1, 2, 3])) == [1, 2, 3]
    assert client.transport.requests == 6


def test_threads_that_copy_a_context_count_along(scripted: Ask) -> None:
    client, _ = scripted(Canned([]))
    with (
        client.transport.counted() as outer,
        client.transport.counted() as inner,
        ThreadPoolExecutor(2) as pool,
    ):
        contexts = [contextvars.copy_context() for _ in range(4)]
        for answer in [pool.submit(context.run, client.fetch_fields) for context in contexts]:
            answer.result()
    client.fetch_fields()
    assert (outer.requests, inner.requests, client.transport.requests) == (4, 4, 5)


def test_no_error_shows_the_token(scripted: Ask) -> None:
    client, _ = scripted(Canned({"errorMessages": ["No."]}, 401))
    with pytest.raises(AuthenticationError) as caught:
        client.fetch_fields()
    assert "s3cret-token" not in repr(caught.value) + str(caught.value) + str(caught.value.facts)
    assert "ann@example.com" in caught.value.reason


def transport_that_ends_with(event: threading.Event) -> Transport:
    token = BasicToken("ana@acme.com", "token")
    return Transport(Connection("http://127.0.0.1:9", token), cancelled=event)


def test_what_one_transport_cancels_another_one_of_the_same_starter_goes_on_with() -> None:
    ended = threading.Event()
    one, other = transport_that_ends_with(ended), transport_that_ends_with(ended)
    one.cancel()
    with pytest.raises(Cancelled):
        one.request("GET", "/rest/api/3/myself")
    assert not ended.is_set()
    with pytest.raises(JiraUnavailable):
        other.request("GET", "/rest/api/3/myself", failures=1)
    ended.set()
    with pytest.raises(Cancelled):
        other.request("GET", "/rest/api/3/myself")
